"""From the run configuration to named conditions; the same utterances go through all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asr_fair.conditions.profile import Profile, find_profile
from asr_fair.config import ConditionConfig, NoiseAt
from asr_fair.errors import ConfigError, UnknownNameError
from asr_fair.records import CLEAN, Decibels
from asr_fair.validation import digest_of

RENDER_VERSION = 1
"""Part of every digest: raise it when a change of the code changes a sample of any render."""

SNR_RANGE_DB: tuple[Decibels, Decibels] = (-50.0, 100.0)
"""Beyond these a number is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A named recipe; `clean` has neither profile nor SNR. `digest` covers all that shapes the sound."""

    name: str
    title: str
    digest: str
    profile: Profile | None = None
    snr_db: Decibels | None = None


def expand_conditions(config_conditions: Sequence[ConditionConfig], folder: Path) -> tuple[Condition, ...]:
    """The conditions of a run, in the configuration's order; noise profiles come from `folder`.

    Raises UnknownNameError for a profile that is not there, ConfigError for a condition named twice or an
    SNR out of range, and what a faulty profile raises.
    """
    conditions: list[Condition] = []
    for entry in config_conditions:
        if isinstance(entry, NoiseAt):
            profile = _find_profile(folder, entry.profile)
            conditions.extend(noise_condition(profile, snr_db) for snr_db in entry.snr_db)
        else:
            conditions.append(clean_condition())
    names = [condition.name for condition in conditions]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        msg = f"conditions: {', '.join(twice)} stands there more than once. Remove the others"
        raise ConfigError(msg)
    return tuple(conditions)


def _find_profile(folder: Path, profile_id: str) -> Profile:
    try:
        return find_profile(folder, profile_id)
    except UnknownNameError as error:
        error.args = (f"conditions: {error}",)  # the key to mend; the profile itself knows nothing of it
        raise


def clean_condition() -> Condition:
    """The recording as it is."""
    digest = digest_of({"render_version": RENDER_VERSION})
    return Condition(CLEAN, "Clean: the recording as it is", digest)


def noise_condition(profile: Profile, snr_db: Decibels) -> Condition:
    """A profile's noise at one SNR. Raises ConfigError for an SNR out of range."""
    low_db, high_db = SNR_RANGE_DB
    if not low_db <= snr_db <= high_db:
        msg = f"conditions: {profile.id}: snr_db must lie in [{low_db:g}, {high_db:g}] dB, got {snr_db:g}"
        raise ConfigError(msg)
    snr = f"{snr_db + 0.0:g}"  # + 0.0: minus zero is zero
    recipe = {"render_version": RENDER_VERSION, "profile": profile.digest, "snr_db": float(snr_db) + 0.0}
    title = f"{profile.title}, {snr} dB SNR"
    return Condition(f"{profile.id}@{snr}dB", title, digest_of(recipe), profile, snr_db)
