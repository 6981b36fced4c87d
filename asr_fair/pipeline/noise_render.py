"""One utterance under one condition, or a noise alone, as a sound to listen to, a picture and a record."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import wavfile

from asr_fair import __version__
from asr_fair.audio.decode import load_audio
from asr_fair.audio.level import active_speech, rms_db
from asr_fair.audio.reasons import AudioReason
from asr_fair.conditions.plan import RENDER_VERSION, Condition, Outline, expand_conditions
from asr_fair.conditions.render import render
from asr_fair.config import Grid
from asr_fair.errors import AudioError, ConfigError, did_you_mean
from asr_fair.files import replacing, write_text
from asr_fair.handsets.chain import record_directly
from asr_fair.manifest.check import read_manifest
from asr_fair.manifest.model import Manifest
from asr_fair.manifest.sidecar import Use
from asr_fair.noise.bed import Voice, needs_voices, open_bed
from asr_fair.noise.clips import STRANGER
from asr_fair.noise.synth import NoiseBed, synthesise
from asr_fair.pipeline.prepare import probe_all
from asr_fair.pipeline.sound_picture import write_picture
from asr_fair.pipeline.sounds import ready_conditions, speakers_of, voices_of
from asr_fair.recipes.library import Found, find_recipe, folders
from asr_fair.recipes.profile import Profile
from asr_fair.records import (
    NONE,
    SAMPLE_RATE_HZ,
    AudioSource,
    Decibels,
    RenderRecord,
    Samples,
    Seconds,
)
from asr_fair.rooms.reverberate import reverberate
from asr_fair.validation import validate_mapping

NOISE_LEVEL_DB: Decibels = -26.0
"""dBFS of the sounding part of a noise alone: the usual level of speech, so that it is easy to listen to."""

EXAMPLE_ID = "example"
"""Utterance whose noise is drawn where none is named."""


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """What to render; the names are those of the command's options.

    With `speech`, or an `utterance_id` of `manifest`, that recording is put under the condition of `profile`
    at `snr`, `room` and `handset`; else `profile` is rendered alone, for `duration` seconds.
    """

    out: Path
    profile: str | None = None
    snr: Decibels | None = None
    room: str | None = None
    handset: str | None = None
    speech: Path | None = None
    manifest: Path | None = None
    utterance_id: str | None = None
    profiles: Path | None = None
    seed: int = 1
    duration: Seconds = 10.0

    @property
    def has_speech(self) -> bool:
        """Whether there is a recording to be put under the condition."""
        return self.speech is not None or (self.manifest is not None and self.utterance_id is not None)

    @property
    def drawn_id(self) -> str:
        """Utterance that all draws belong to."""
        return self.utterance_id or (self.speech.stem if self.speech else EXAMPLE_ID)

    @property
    def command(self) -> str:
        """The command that renders the same again."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        profile = [given.pop("profile")] if self.profile else []
        if self.has_speech:
            del given["duration"]
        options = [
            part
            for name, value in given.items()
            if value is not None
            for part in (f"--{name.replace('_', '-')}", str(value))
        ]
        return shlex.join(["asr-fair", "noise", "render", *profile, *options])


@dataclass(frozen=True)
class Sounds:
    """A finished render: its samples, what was done, and the titled sounds that its picture shows."""

    samples: Samples
    record: RenderRecord
    title: str
    shown: Mapping[str, Samples]


@dataclass(frozen=True, slots=True)
class RenderedFiles:
    """What was written, and what was done."""

    wav: Path
    picture: Path
    json: Path
    record: RenderRecord


def render_to_files(request: RenderRequest) -> RenderedFiles:
    """Render, and write `<condition>.wav`, `.png` and `.json` into `request.out`; files there are replaced.

    The WAV holds the very samples that a run hands to a recogniser, as 32-bit floats.

    Raises what `expand_conditions` raises for the recipes, AudioError for silent or unusable sound,
    ConfigError for babble without a manifest, AsrFairError for a manifest that does not permit listening.
    """
    where = folders(request.profiles)
    manifest = _listenable(request.manifest)
    if request.has_speech:
        outline = _outline(request, where)
        samples = _speech(request, manifest)
        (condition,) = ready_conditions([outline], _voices(outline.profile, manifest))
        sounds = speech_under(condition, samples, request, _speaker(condition, request, manifest))
    else:
        profile = find_recipe(Profile, request.profile or NONE, where)
        outline = Outline(profile=profile)
        sounds = noise_alone(open_bed(profile, _voices(profile, manifest)), request)
    return _write(sounds, outline, request)


def speech_under(
    condition: Condition, samples: Samples, request: RenderRequest, speaker: str | None = None
) -> Sounds:
    """Speech, shape (n_samples,), under a condition, as a run renders it."""
    result, record = render(samples, request.drawn_id, condition, request.seed, speaker)
    shown = {"Speech as recorded": samples}
    heard = samples
    if condition.room is not None and record.response is not None:
        heard = reverberate(samples, condition.room.responses[record.response])
        shown[f"Speech in the room: {condition.room.room.title}"] = heard
    if condition.noise is not None and record.noise_gain_db is not None:
        active = active_speech(heard, SAMPLE_RATE_HZ).mask
        noise = synthesise(
            condition.noise, active, seed=request.seed, utterance_id=request.drawn_id, speaker=speaker
        )
        gain = np.float32(10 ** (record.noise_gain_db / 20))
        shown[f"Noise alone: {condition.noise.profile.title}"] = noise.samples * gain
    shown[f"Result: {condition.title}"] = result
    return Sounds(result, record, condition.title, shown)


def noise_alone(bed: NoiseBed, request: RenderRequest) -> Sounds:
    """The noise that speech without any pause would meet, its sounding part at `NOISE_LEVEL_DB`."""
    speech = np.ones(round(request.duration * SAMPLE_RATE_HZ), dtype=bool)
    noise = synthesise(bed, speech, seed=request.seed, utterance_id=request.drawn_id, speaker=STRANGER)
    level_db = rms_db(noise.samples[noise.sounding])
    if not np.isfinite(level_db):
        problem = f"noise profile {bed.profile.id!r}: is silent for {request.duration:g} s"
        raise AudioError(
            AudioReason.SILENT.value, f"{problem}. Give a longer --duration, or mend the profile"
        )
    gain_db = NOISE_LEVEL_DB - level_db
    captured = record_directly(noise.samples * np.float32(10 ** (gain_db / 20)))
    record = RenderRecord(
        request.drawn_id,
        bed.profile.id,
        bed.digest,
        profile=bed.profile.id,
        clips="; ".join(f"{each.clip.name} from {each.offset_s:.3f} s" for each in noise.clips) or None,
        offset_s=noise.onset_s,
        noise_gain_db=gain_db,
        clipped_share=captured.clipped_share,
    )
    title = f"Noise alone: {bed.profile.title}, {NOISE_LEVEL_DB:g} dBFS while it sounds"
    return Sounds(captured.samples, record, title, {title: captured.samples})


def _listenable(path: Path | None) -> Manifest | None:
    """The manifest, whose people have agreed that they are listened to."""
    if path is None:
        return None
    manifest, _ = read_manifest(path)
    manifest.require(Use.PLAY_AUDIO, why="a render is made to be listened to")
    return manifest


def _outline(request: RenderRequest, where: tuple[Path, ...]) -> Outline:
    axes = {
        "profile": request.profile,
        "snr_db": request.snr,
        "room": request.room,
        "handset": request.handset,
    }
    given = {name: value for name, value in axes.items() if value is not None}
    place = "noise render"
    (outline,) = expand_conditions([validate_mapping(Grid, given, name=place)], where, place=place)
    return outline


def _voices(profile: Found[Profile] | None, manifest: Manifest | None) -> list[Voice]:
    """What babble is made of, as in a run; every recording of the manifest is decoded once for it."""
    if profile is None or not needs_voices(profile.recipe):
        return []
    if manifest is None:
        name = profile.recipe.id
        msg = f"noise profile {name!r}: babble is made of a manifest's voices. Name one with --manifest"
        raise ConfigError(msg)
    return voices_of(manifest, {facts.utterance_id: facts for facts in probe_all(manifest)})


def _speech(request: RenderRequest, manifest: Manifest | None) -> Samples:
    if request.speech is not None:
        return load_audio(AudioSource(request.drawn_id, str(request.speech)))
    sources = {} if manifest is None else {each.utterance_id: each for each in manifest.sources()}
    if request.drawn_id not in sources:
        otherwise = "Take an id of its table, or name a file with --speech"
        hint = did_you_mean(request.drawn_id, sources, otherwise=otherwise)
        msg = f"{request.manifest}: holds no utterance {request.drawn_id!r}. {hint}"
        raise ConfigError(msg)
    return load_audio(sources[request.drawn_id])


def _speaker(condition: Condition, request: RenderRequest, manifest: Manifest | None) -> str | None:
    """Whose voice babble leaves out; None where it does not matter."""
    if not condition.hears_speakers:
        return None
    own = "so that babble could hold their own voice"
    if request.speech is not None:
        msg = (
            f"{request.speech}: nobody knows who speaks there, {own}. Name an utterance of the manifest with"
        )
        raise ConfigError(f"{msg} --utterance-id instead of --speech")
    speaker = None if manifest is None else speakers_of(manifest).get(request.drawn_id)
    if speaker is None:
        msg = f"{request.manifest}: does not say who speaks in {request.drawn_id!r}, {own}"
        raise ConfigError(f"{msg}. Name another one with --utterance-id")
    return speaker


def _write(sounds: Sounds, outline: Outline, request: RenderRequest) -> RenderedFiles:
    request.out.mkdir(parents=True, exist_ok=True)
    wav, picture, record = (
        request.out / f"{sounds.record.condition}.{suffix}" for suffix in ("wav", "png", "json")
    )
    with replacing(wav) as temporary:
        # Not soundfile: its float WAV holds the time of writing, and would differ from one call to the next.
        wavfile.write(temporary, SAMPLE_RATE_HZ, sounds.samples.astype("<f4", copy=False))
    write_picture(picture, sounds.shown)
    content = _description(sounds, outline, request)
    write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", record)
    return RenderedFiles(wav, picture, record, sounds.record)


def _description(sounds: Sounds, outline: Outline, request: RenderRequest) -> dict[str, Any]:
    return {
        "asr_fair_version": __version__,
        "render_version": RENDER_VERSION,
        "title": sounds.title,
        "repeat": request.command,
        "seed": request.seed,
        "speech": None if request.speech is None else str(request.speech),
        "recipes": list(_recipes(outline)),
        "record": asdict(sounds.record),
        "sound": {
            "sample_rate_hz": SAMPLE_RATE_HZ,
            "duration_s": len(sounds.samples) / SAMPLE_RATE_HZ,
            "samples_sha256": hashlib.sha256(sounds.samples.astype("<f4", copy=False).tobytes()).hexdigest(),
        },
    }


def _recipes(outline: Outline) -> Iterator[dict[str, str]]:
    for found in (outline.room, outline.profile, outline.handset):
        if found is not None:
            recipe = found.recipe
            yield {
                "kind": recipe.noun,
                "id": recipe.id,
                "version": recipe.version,
                "licence": recipe.licence,
                "digest": recipe.digest,
                "file": str(found.path),
            }
