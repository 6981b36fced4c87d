"""Sentences about the conditions: what was added to the speech, and how its level is meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from asr_fair.fairness.results import ConditionInfo
from asr_fair.records import CLEAN
from asr_fair.report import wording
from asr_fair.report.model import Fact
from asr_fair.report.settings import handset_title, profile_title, room_title

SNR_MEANING = (
    "signal-to-noise ratio: the level of active speech over that of the noise while it sounds, at the point "
    f"of mixing (after the room, before the handset). At 0{wording.NBSP}dB both are equal."
)


def condition_facts(conditions: Sequence[ConditionInfo]) -> Iterator[Fact]:
    """How many conditions there are and what they are made of; unnamed parts leave no fact."""
    if not any(one.room or one.profile or one.handset for one in conditions):
        yield Fact("Conditions", "; ".join(one.title for one in conditions))
        return
    yield Fact("Conditions", _number_words(conditions))
    yield from _parts("Rooms, simulated", conditions, room_title)
    yield from _parts("Noises, added", conditions, profile_title)
    levels = sorted({one.snr_db for one in conditions if one.snr_db is not None}, reverse=True)
    if levels:
        yield Fact("SNR", f"{', '.join(map(wording.decibels, levels))}; {SNR_MEANING}")
    yield from _parts("Handsets, simulated", conditions, handset_title)


def condition_digests(conditions: Sequence[ConditionInfo]) -> Iterator[Fact]:
    """What each condition is made of, by the ids of its parts, and its digest."""
    for one in conditions:
        named = (
            ("room", one.room, one.room_version),
            ("noise", one.profile, one.profile_version),
            ("handset", one.handset, one.handset_version),
        )
        parts = [
            f"{part} {name}" + (f" (version {version})" if version else "")
            for part, name, version in named
            if name is not None
        ]
        if one.snr_db is not None:
            parts.append(f"SNR {wording.decibels(one.snr_db)}")
        if one.clipped_share:
            parts.append(f"{wording.percent(one.clipped_share)} of the samples clipped")
        if one.digest is not None:
            parts.append(f"digest {one.digest}")
        if parts:
            yield Fact(f"Condition {one.name}", ", ".join(parts))


def condition_limits(conditions: Sequence[ConditionInfo]) -> Iterator[str]:
    """What conditions made by computation cannot say."""
    if any(one.profile for one in conditions):
        yield "The noise was added by computation. Recorded noise, and people speaking in it, can differ."
    if any(one.room or one.handset for one in conditions):
        yield (
            "Rooms and handsets were simulated: echo, microphone, codec and network as their recipes say. A "
            "real room or telephone can differ."
        )
    if any(one.name != CLEAN and not (one.room or one.profile or one.handset) for one in conditions):
        yield "What each condition did to the speech is known to those who handed in the transcripts."


def _number_words(conditions: Sequence[ConditionInfo]) -> str:
    number = f"{len(conditions)}, each with the same utterances"
    clean = next((one for one in conditions if one.name == CLEAN), None)
    return number if clean is None else f"{number}; one is “{clean.title}”"


def _parts(
    name: str, conditions: Sequence[ConditionInfo], title: Callable[[ConditionInfo], str]
) -> Iterator[Fact]:
    titles = dict.fromkeys(title(one) for one in conditions if title(one))
    if titles:
        yield Fact(name, "; ".join(titles))
