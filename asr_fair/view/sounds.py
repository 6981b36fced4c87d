"""What a system heard: the recording under a condition, rendered again by the code that the run used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from asr_fair.asr.base import EngineInfo
from asr_fair.audio.decode import load_audio
from asr_fair.audio.wav import wav_bytes
from asr_fair.conditions.plan import Condition, Outline, condition_of, outlines_of
from asr_fair.conditions.render import render
from asr_fair.config import RunConfig
from asr_fair.errors import AsrFairError, ConfigError
from asr_fair.manifest.sidecar import Use
from asr_fair.noise.bed import Voice, needs_voices
from asr_fair.pipeline.held import Held
from asr_fair.pipeline.prepare import probe_all
from asr_fair.pipeline.sounds import ready_conditions, speakers_of, voices_of
from asr_fair.recipes.recipe import Recipe
from asr_fair.records import CLEAN, SAMPLE_RATE_HZ, AudioFacts, AudioSource, Samples
from asr_fair.run.batch import cache_key
from asr_fair.validation import validate_mapping
from asr_fair.view import wave
from asr_fair.view.browser import Browser

BYTES_HELD = 64 * 2**20
"""Of sounds: half an hour."""


class SoundError(AsrFairError):
    """A sound that cannot be played, and why."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A WAV file and its outline."""

    wav: bytes
    outline: wave.Outline


class Sounds:
    """The sounds of a run; each call may take seconds, and no two may run at once (torch's threads)."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._run = browser.run
        self._held = Held[Sound](BYTES_HELD, lambda sound: len(sound.wav))
        self._conditions: dict[str, Condition] = {}

    def refusal(self) -> str | None:
        """Why nothing at all may be played, None where it may.

        Consent is asked for each time: it may be withdrawn while the server runs.
        """
        try:
            self._run.require(Use.PLAY_AUDIO, why="the browser would play what people said")
        except AsrFairError as error:
            return str(error)
        return None

    def check(self, number: int, condition: str) -> AudioSource:
        """Where a recording lies, after all checks that take no time. Raises SoundError saying why not."""
        if refusal := self.refusal():
            raise SoundError(refusal)
        if self._run.record.kind == "score" and condition != CLEAN:
            msg = "these transcripts were handed in: how this condition was made to sound is not known"
            raise SoundError(msg)
        source = self._sources.get(str(self._browser.catalogue.utterance_ids[number]))
        if source is None:
            msg = "the manifest names no recording of this utterance"
            raise SoundError(msg)
        return source

    def sound(self, number: int, condition: str) -> Sound:
        """The sound of an utterance (by number) under a condition of the run.

        Raises AsrFairError where it may not be played, where the recording is gone or another one, and where
        today's recipe would sound otherwise than the run's.
        """
        source = self.check(number, condition)
        return self._held.get(
            (number, condition, _state_of(source.path)),
            lambda: _sound_of(self._samples(source, number, condition)),
        )

    def try_one(self) -> None:
        """Make one sound, so that libraries are loaded; whether it succeeds does not matter."""
        with suppress(AsrFairError, OSError):
            self.sound(0, CLEAN)

    def _samples(self, source: AudioSource, number: int, name: str) -> Samples:
        samples = load_audio(source)
        if self._run.record.kind == "score":
            return samples
        condition = self._condition(name)
        speaker = self._speakers.get(source.utterance_id)
        self._refuse_another_recording(samples, number, condition, speaker)
        rendered, _ = render(samples, source.utterance_id, condition, self._config.seed, speaker)
        return rendered

    def _condition(self, name: str) -> Condition:
        """The condition with its sounds, opened once. ConfigError where it is not the run's any more."""
        digest = self._run.record.conditions[name]
        if name == CLEAN:  # the recording as it is, whatever renders today
            return replace(condition_of(Outline(), None, None), digest=str(digest))
        if name not in self._conditions:
            outline = self._outlines[name]
            (condition,) = ready_conditions([outline], self._voices(outline))
            if condition.digest != digest:
                raise ConfigError(self._difference(outline))
            self._conditions[name] = condition
        return self._conditions[name]

    def _difference(self, outline: Outline) -> str:
        """Which part of a condition is not what it was, as far as the run's record tells."""
        then = {each["id"]: each for each in self._run.record.recipes}
        found = (outline.room, outline.profile, outline.handset)
        recipes: list[Recipe] = [each.recipe for each in found if each is not None]
        changed = [each for each in recipes if then.get(each.id, {}).get("digest") != each.digest]
        why = (
            ", ".join(f"{each.noun} {each.id!r} is not the one of the run any more" for each in changed)
            or "its recordings, its voices, or what renders it are not those of the run any more"
        )
        return (
            f"{outline.name}: {why}, so it would sound otherwise than what was transcribed. "
            "Put back what the run used, or run again"
        )

    def _voices(self, outline: Outline) -> list[Voice]:
        """What babble is made of; every recording is decoded once for it."""
        if outline.profile is None or not needs_voices(outline.profile.recipe):
            return []
        manifest = self._run.manifest
        return voices_of(manifest, {facts.utterance_id: facts for facts in probe_all(manifest)})

    def _refuse_another_recording(
        self, samples: Samples, number: int, condition: Condition, speaker: str | None
    ) -> None:
        """Raise SoundError unless recording, recipe, seed and model give the key that the run stored."""
        stored, system = self._stored_key(number, condition.name)
        content = hashlib.sha256(samples.astype("<f4", copy=False).tobytes()).hexdigest()
        utterance_id = str(self._browser.catalogue.utterance_ids[number])
        facts = AudioFacts(utterance_id, len(samples) / SAMPLE_RATE_HZ, content)
        seed = self._config.seed
        if stored != cache_key(facts, condition, speaker=speaker, seed=seed, system_digest=system):
            msg = (
                f"utterance {utterance_id!r}: the recording is not the one that was transcribed. "
                "Restore the file, or run again"
            )
            raise SoundError(msg)

    def _stored_key(self, number: int, condition: str) -> tuple[str, str]:
        """The key of an outcome of the utterance under the condition, and the digest of its system."""
        for info in self._run.record.systems:
            outcome = self._browser.outcome(self._browser.catalogue.row(number, condition, info.name))
            if outcome is not None:
                engine = EngineInfo(
                    str(info.engine), str(info.model), str(info.model_digest), dict(info.settings)
                )
                return str(outcome["cache_key"]), engine.text_key
        msg = "nothing was transcribed of this utterance under this condition"
        raise SoundError(msg)

    @cached_property
    def _config(self) -> RunConfig:
        record = self._run.record
        return validate_mapping(RunConfig, record.configuration, name=str(self._run.folder / "run.json"))

    @cached_property
    def _outlines(self) -> Mapping[str, Outline]:
        return {outline.name: outline for outline in outlines_of(self._config)}

    @cached_property
    def _sources(self) -> Mapping[str, AudioSource]:
        return {source.utterance_id: source for source in self._run.manifest.sources()}

    @cached_property
    def _speakers(self) -> Mapping[str, str]:
        return speakers_of(self._run.manifest)


def _sound_of(samples: Samples) -> Sound:
    return Sound(wav_bytes(samples), wave.outline_of(samples))


def _state_of(path: str) -> tuple[Any, ...]:
    """What changes when a file changes; empty for a URL or a file that is gone."""
    try:
        found = Path(path).stat()
    except OSError:
        return ()
    return (found.st_size, found.st_mtime_ns)
