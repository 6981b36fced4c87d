"""A profile with all its recordings and voices, ready to sound."""

from __future__ import annotations

from collections.abc import Sequence

from asr_fair.errors import Fault, FaultsError
from asr_fair.noise.babble_bank import Voice, open_babble
from asr_fair.noise.clips import ClipBank
from asr_fair.noise.recording_bank import open_recordings
from asr_fair.noise.synth import NoiseBed
from asr_fair.recipes.library import Found
from asr_fair.recipes.profile import Profile
from asr_fair.recipes.sources import Babble, NoiseSource, Recording

__all__ = ["Voice", "needs_voices", "open_bed"]


def needs_voices(profile: Profile) -> bool:
    """Whether a profile is made of the manifest's own speakers."""
    return any(isinstance(source, Babble) for source in profile.sources)


def open_bed(found: Found[Profile], voices: Sequence[Voice]) -> NoiseBed:
    """A profile with its banks; `voices` are what babble may be made of.

    Raises FaultsError with all faults of all sources, AudioError for a voice that cannot be read any more.
    """
    faults: list[Fault] = []
    banks: list[ClipBank | None] = []
    for number, source in enumerate(found.recipe.sources):
        try:
            banks.append(_open_bank(source, found, voices, f"sources.{number}"))
        except FaultsError as error:
            faults.extend(error.faults)
    if faults:
        raise FaultsError(faults)
    return NoiseBed(found.recipe, tuple(banks))


def _open_bank(
    source: NoiseSource, found: Found[Profile], voices: Sequence[Voice], place: str
) -> ClipBank | None:
    """The bank of one source; None where it is made from figures."""
    match source:
        case Recording():
            return open_recordings(source, found.path.parent, profile=str(found.path), place=place)
        case Babble():
            return open_babble(source, voices, profile=str(found.path), place=place)
        case _:
            return None
