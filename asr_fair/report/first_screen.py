"""What a reader sees first: what was tested on whom, the highest WER, and what the data cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import DimensionInfo, SystemInfo, Verdict
from asr_fair.records import CLEAN
from asr_fair.report import wording
from asr_fair.report.cell_links import utterances_of
from asr_fair.report.cells import WER, groups_with_rates, headline_key
from asr_fair.report.finding_texts import quoted
from asr_fair.report.model import Fact, Highest
from asr_fair.report.outcomes import declared_groups, same_outcomes
from asr_fair.report.redact import CellKey, Shown
from asr_fair.report.references import thin_reference
from asr_fair.report.settings import handset_title, profile_title, room_title
from asr_fair.report.texts import is_handed_in, size_words
from asr_fair.wording import counted

NAMES_SHOWN = 6
"""Of systems, dimensions or conditions: the sections below name them all."""


def who_and_what(shown: Shown) -> list[Fact]:
    """Systems, speakers, groups with the source of their labels, and conditions, each in a line or two."""
    systems = shown.results.systems
    collected = shown.results.manifest.collected
    speakers = size_words(shown) + (f"; collected: {collected}" if collected else "")
    return [
        Fact("System" if len(systems) == 1 else "Systems", _systems_words(systems)),
        Fact("Speakers", speakers),
        *([Fact("Groups", "; ".join(_groups(shown)))] if shown.results.dimensions else []),
        Fact("Conditions", _conditions_words(shown)),
    ]


def highest(shown: Shown) -> Highest | None:
    """The group with the highest WER under any condition and system, beside at least one other group.

    Of groups with enough speakers and words, where there are any; else of those whose rates are indicative.
    """
    found = [
        (is_full, figure.value, dimension, key)
        for dimension, key, is_full in _told_rates(shown)
        if (figure := shown.figure(key, WER)) is not None and figure.value is not None
    ]
    if not found:
        return None
    is_full, value, dimension, key = max(found, key=lambda one: one[:2])
    figure = shown.figures[key, WER, None]
    title = next(one.title for one in shown.results.conditions if one.name == key.condition)
    known = [wording.figure_interval(figure, wording.percent_number).strip("[]")]
    known.append("speakers not known" if figure.n_speakers is None else counted(figure.n_speakers, "speaker"))
    indicative = "" if is_full else ", indicative: too few speakers or words for a verdict"
    return Highest(
        f"{quoted(key.group)} ({dimension.title}) under {quoted(title)}: {key.system} got "
        f"{wording.percent(value)} of words wrong, missing or added "
        f"[{'; '.join(filter(None, known))}]{indicative}.",
        utterances_of(shown.results, dimension, key),
    )


def cannot_say(shown: Shown) -> list[str]:
    """The two or three limits that weigh most on these results; the section on limits holds all."""
    return list(_cannot_say(shown))


def _told_rates(shown: Shown) -> Iterator[tuple[DimensionInfo, CellKey, bool]]:
    """Cells of declared groups of plain dimensions that have two or more to show, and whether in full."""
    for dimension in shown.results.dimensions:
        groups = [name for name in groups_with_rates(shown, dimension) if not dimension.is_reserved(name)]
        if dimension.parts or len(groups) < 2:
            continue
        for group in groups:
            is_full = shown.visibility[dimension.name][group] is Visibility.FULL
            for condition in shown.results.conditions:
                for system in shown.results.systems:
                    yield (
                        dimension,
                        headline_key(shown, dimension, group, condition.name, system.name),
                        is_full,
                    )


def _systems_words(systems: Sequence[SystemInfo]) -> str:
    """Their names, with engine and model where these are known."""
    if all(map(is_handed_in, systems)):
        return f"{_some([one.name for one in systems])} (transcripts that were handed in)"
    made = [" ".join(filter(None, (one.engine, one.model))) or "transcripts" for one in systems]
    return _some([f"{one.name} ({words})" for one, words in zip(systems, made, strict=True)])


def _groups(shown: Shown) -> Iterator[str]:
    """Dimensions with the number of their groups, by the source of their labels."""
    plain = [dimension for dimension in shown.results.dimensions if not dimension.parts]
    for source in dict.fromkeys(dimension.source for dimension in plain):
        names = [
            f"{dimension.title} ({len(declared_groups(shown, dimension))})"
            for dimension in plain
            if dimension.source == source
        ]
        yield f"{_some(names)}: {wording.SOURCE_WORDS.get(source, source)}"
    n_combined = len(shown.results.dimensions) - len(plain)
    if n_combined:
        yield f"with {counted(n_combined, 'combination')} of these"


def _conditions_words(shown: Shown) -> str:
    """How many, and what they are made of; without parts, their titles."""
    conditions = shown.results.conditions
    if not any(one.room or one.profile or one.handset for one in conditions):
        return _some([one.title for one in conditions])
    noises, rooms, handsets = (
        _some(list(dict.fromkeys(filter(None, map(title, conditions)))))
        for title in (profile_title, room_title, handset_title)
    )
    levels = sorted({one.snr_db for one in conditions if one.snr_db is not None}, reverse=True)
    if levels:
        noises += f" at {', '.join(map(wording.decibels, levels))} SNR"
    clean = "clean" if any(one.name == CLEAN for one in conditions) else ""
    parts = "; ".join(filter(None, (clean, noises, rooms, handsets)))
    return f"{len(conditions)}, the same utterances in each: {parts}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def _cannot_say(shown: Shown) -> Iterator[str]:
    cases = [
        case.comparison.verdict
        for dimension in shown.results.dimensions
        for system in shown.results.systems
        for same in same_outcomes(shown, dimension, system.name)
        for case in same
    ]
    n_unclear = cases.count(Verdict.CANNOT_TELL)
    if n_unclear:
        yield (
            f"In {n_unclear:,} of {counted(len(cases), 'comparison')} this data cannot tell whether the two "
            "sides differ. That is no evidence of fairness."
        )
    yield from filter(None, (thin_reference(shown, one) for one in shown.results.dimensions))
    plain = [dimension for dimension in shown.results.dimensions if not dimension.parts]
    seen = [
        shown.visibility[dimension.name][name]
        for dimension in plain
        for name in declared_groups(shown, dimension)
    ]
    n_small = sum(level is not Visibility.FULL for level in seen)
    if n_small:
        yield f"{n_small:,} of {counted(len(seen), 'group')} have too few speakers or words for a verdict."
    yield (
        "The speakers are those who could be recorded. Nothing here speaks for groups that are not in the "
        "data, and no cause is shown."
    )
