"""From the recording of a place to a noise profile in a file, and how far their sounds are apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from pydantic import ValidationError

from asr_fair import __version__
from asr_fair.audio.decode import decode_audio
from asr_fair.audio.reasons import AudioReason
from asr_fair.audio.resample import resample
from asr_fair.errors import AudioError, ConfigError, Fault, FaultsError
from asr_fair.files import write_text
from asr_fair.fitting.doubts import clipping_doubt
from asr_fair.fitting.fit import Fit, fit
from asr_fair.fitting.spectrum import band_powers, levels_db
from asr_fair.fitting.swells import Swell, missing_swells
from asr_fair.noise.synth import NoiseBed, synthesise
from asr_fair.recipes.library import parse_recipe
from asr_fair.recipes.profile import Profile
from asr_fair.recipes.recipe import Recipe
from asr_fair.records import SAMPLE_RATE_HZ, AudioSource, Decibels, Samples, Seconds, Waveform

SHORTEST_S: Seconds = 1.0
LONGEST_S: Seconds = 600.0
SEED = 1
REMEDY = "Export it again from its origin, or take another recording"
NO_LICENCE = "unknown: ask whoever made the recording"

COMPARED_DB: Decibels = -30.0
"""Bands that are fainter than this in both, relative to the recording's loudest band, are not compared."""
FAR_DB: Decibels = 3.0

SWELLS_NAMED = 3
SLOW_HZ = 0.95
"""What swells more slowly has its period named, not its rate."""


@dataclass(frozen=True)
class Resemblance:
    """Thirds of an octave, profile less recording at equal power: mean magnitude, and the largest."""

    mean_db: Decibels
    largest_db: Decibels
    largest_at_hz: float


@dataclass(frozen=True)
class FittedProfile:
    """A profile, its YAML text, and recording and profile as sounds of one length and power."""

    profile: Profile
    text: str
    fit: Fit
    resemblance: Resemblance
    recording: Samples
    rendered: Samples
    warnings: tuple[str, ...]
    """Where the profile does not describe the recording well."""


def fit_recording(
    path: Path, *, profile_id: str, title: str | None = None, licence: str | None = None
) -> FittedProfile:
    """The noise profile of a recording.

    Raises AudioError for a recording that cannot be read, is silent, shorter than 1 s or longer than 10 min;
    FaultsError for an id that a profile cannot have.
    """
    waveform = _read(path)
    samples = resample(waveform.samples, waveform.sample_rate_hz, SAMPLE_RATE_HZ)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    found = fit(samples, measured_from=f"{path.name}, sha256 {sha256}")
    content = {
        "id": profile_id,
        "version": "1.0",
        "title": title or f"Fitted to {path.name}",
        "description": (
            f"Fitted to {path.name} ({found.duration_s:.1f} s, analysed as mono at 16 kHz) by asr-fair "
            f"{__version__}. Made from figures: what does not repeat in the recording is not in it."
        ),
        "licence": licence or NO_LICENCE,
        "tags": ["fitted"],
        "sources": [_plain(source.model_dump(mode="json", exclude_unset=True)) for source in found.sources],
    }
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)
    profile = parse_recipe(Profile, text, name=f"profile fitted to {path}", stem=profile_id)
    rendered = render(profile, len(samples))
    rendered *= np.sqrt(np.mean(samples**2) / max(float(np.mean(rendered**2)), 1e-20)).astype(np.float32)
    alike = compare(samples, rendered)
    doubts = [clipping_doubt(waveform.samples), *found.warnings, *_differences(samples, rendered, alike)]
    warnings = tuple(each for each in doubts if each is not None)
    text = "".join(f"# {line}\n" for line in _comments(path, warnings)) + text
    return FittedProfile(profile, text, found, alike, samples, rendered, warnings)


def render(profile: Profile, n_samples: int) -> Samples:
    """What a profile made from figures sounds like, at any level."""
    bed = NoiseBed(profile, (None,) * len(profile.sources))
    everywhere = np.ones(n_samples, dtype=bool)
    return synthesise(bed, everywhere, seed=SEED, utterance_id=profile.id, speaker=None).samples


def compare(recording: Samples, rendered: Samples) -> Resemblance:
    """How far the long-term spectra of two sounds of equal power are apart."""
    powers = [band_powers(each) for each in (recording, rendered)]
    loudest = max(powers[0].values())
    one, other = (levels_db(each, loudest) for each in powers)
    away_db = {
        centre_hz: max(other[centre_hz], COMPARED_DB) - max(level, COMPARED_DB)
        for centre_hz, level in one.items()
        if max(level, other[centre_hz]) > COMPARED_DB
    }
    largest_at_hz = max(away_db, key=lambda centre_hz: abs(away_db[centre_hz]))
    mean_db = float(np.mean(np.abs(list(away_db.values()))))
    return Resemblance(mean_db, away_db[largest_at_hz], largest_at_hz)


def refuse_id(profile_id: str) -> None:
    """Raise FaultsError for an id that a profile cannot have."""
    named = {"id": profile_id, "version": "1.0", "title": "-", "description": "-", "licence": NO_LICENCE}
    try:
        Recipe.model_validate(named)
    except ValidationError as error:
        problem = "is none that a profile can have"
        remedy = "Name another by --id or --out: small letters, digits, '-' and '_'; no condition's name"
        fault = Fault(file="profile", field="id", problem=problem, value=profile_id, remedy=remedy)
        raise FaultsError([fault]) from error


def refuse_existing(out: Path) -> None:
    """Raise ConfigError where a file is there already: a profile may hold what its owner knows better."""
    if out.exists():
        msg = f"{out}: is there already. Name another file, or replace it with --force"
        raise ConfigError(msg)


def write_profile(fitted: FittedProfile, out: Path) -> None:
    """Write the YAML file; one that is there is replaced."""
    out.parent.mkdir(parents=True, exist_ok=True)
    write_text(fitted.text, out)


def write_comparison(fitted: FittedProfile, picture: Path) -> None:
    """Draw recording and profile, one above the other."""
    from asr_fair.pipeline.sound_picture import write_picture

    picture.parent.mkdir(parents=True, exist_ok=True)
    write_picture(picture, {"Recording": fitted.recording, "Profile": fitted.rendered})


def _read(path: Path) -> Waveform:
    try:
        waveform = decode_audio(AudioSource(path.stem, str(path)))
    except AudioError as error:
        raise _audio_error(path, error) from error
    if waveform.duration_s < SHORTEST_S:
        msg = f"{path}: lasts {waveform.duration_s:.2f} s; a profile needs {SHORTEST_S:g} s"
        raise AudioError("too_short", f"{msg}. Record the place for longer, 10 s or more")
    if waveform.duration_s > LONGEST_S:
        msg = f"{path}: lasts {waveform.duration_s / 60:.1f} min; at most {LONGEST_S / 60:g} min are analysed"
        raise AudioError("too_long", f"{msg}. Cut out a part in which the place sounds as it does")
    return waveform


def _audio_error(path: Path, error: AudioError) -> AudioError:
    """What the decoder says of an utterance of a manifest, said of a recording by itself."""
    problem, _, _ = str(error).removeprefix(f"utterance {path.stem!r}: ").rpartition(". ")
    if error.reason == AudioReason.SILENT:
        problem, _, _ = problem.partition(": no speech")
    remedy = "Check the path" if error.reason == AudioReason.MISSING else REMEDY
    return AudioError(error.reason, f"{problem}. {remedy}")


def _differences(recording: Samples, rendered: Samples, alike: Resemblance) -> Iterator[str]:
    """How the profile's sound differs from the recording's, in words."""
    for swell in missing_swells(recording, rendered)[:SWELLS_NAMED]:
        yield f"the level around {swell.centre_hz:g} Hz {_swells(swell)}, which the profile does not"
    if alike.mean_db > FAR_DB:
        far = f"its bands differ from the recording's by {alike.mean_db:.1f} dB in the mean"
        yield f"{far}: listen before you use it"


def _swells(swell: Swell) -> str:
    if swell.rate_hz < SLOW_HZ:
        return f"swells every {1 / swell.rate_hz:.1f} s"
    return f"swells {swell.rate_hz:.1f} times a second"


def _comments(path: Path, warnings: Sequence[str]) -> Iterator[str]:
    yield f"Fitted to {path.name} by `asr-fair noise fit`."
    yield "Change what you know better, and say so in `evidence`."
    for warning in warnings:
        yield f"Mind: {warning}."


def _plain(source: dict[str, Any]) -> dict[str, Any]:
    """A source as people write it: its kind first, its evidence last, whole numbers without '.0'."""
    evidence = [
        {key: value for key, value in each.items() if value is not None} for each in source.pop("evidence")
    ]
    return {"kind": source.pop("kind"), **{key: _short(value) for key, value in source.items()}} | {
        "evidence": evidence
    }


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {_short(float(key)): _short(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_short(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
