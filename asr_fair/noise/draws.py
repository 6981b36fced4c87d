"""Which recordings and voices an utterance meets: for the plan, without making a sound."""

from __future__ import annotations

from collections.abc import Mapping

from asr_fair.noise.clips import draw_clips
from asr_fair.noise.synth import NoiseBed, source_rng
from asr_fair.recipes.sources import Babble, Recording


def drawn_clips(
    bed: NoiseBed, *, seed: int, utterance_id: str, speaker: str | None
) -> Mapping[int, tuple[str, ...]]:
    """Names of the clips that an utterance meets, by the number of the source.

    Only sources with a bank stand there; babble does not where the speaker is unknown: it is an error.
    """
    drawn: dict[int, tuple[str, ...]] = {}
    for number, (source, bank) in enumerate(zip(bed.profile.sources, bed.banks, strict=True)):
        if bank is None or not isinstance(source, Recording | Babble):
            continue
        if isinstance(source, Babble) and speaker is None:
            continue
        rng = source_rng(bed.profile, number, seed, utterance_id)
        drawn[number] = tuple(clip.name for clip in draw_clips(source, bank.without(speaker), rng))
    return drawn
