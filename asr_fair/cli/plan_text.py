"""What `asr-fair plan` prints: for the person who decides whom to record next."""

from __future__ import annotations

import math
from collections.abc import Iterator
from textwrap import wrap

from asr_fair.cli.terminal import aligned
from asr_fair.fairness.display import Flag, Visibility, flags, visibility
from asr_fair.fairness.planning.outlook import DimensionOutlook, GroupOutlook, Need
from asr_fair.fairness.planning.power import LARGEST_RATIO, MOST_SPEAKERS
from asr_fair.pipeline.plan_ahead import Crossing, Outlook
from asr_fair.records import REST
from asr_fair.wording import counted

LINES_SHOWN = 12
"""Of sentences of one kind; `--json` holds all."""

NOTABLE_V = 0.3
"""A medium association of two tags with two groups each (Cohen 1988)."""

WIDTH = 100


def in_words(outlook: Outlook) -> Iterator[str]:
    """The whole text, line by line."""
    yield f"{outlook.title} ({outlook.manifest})"
    people = "speakers not known" if outlook.n_speakers is None else counted(outlook.n_speakers, "speaker")
    yield (
        f"{people}, {counted(outlook.n_utterances, 'utterance')}, "
        f"{counted(outlook.n_words, 'reference word')} ({outlook.normaliser})"
    )
    for dimension in outlook.dimensions:
        yield ""
        yield from _cells(dimension, outlook)
    for crossing in outlook.intersections:
        yield ""
        yield from _cells(crossing.outlook, outlook)
        yield from _empty(crossing)
    if outlook.n_speakers is None:
        yield ""
        yield "Without speakers there are rates, but no intervals and no verdicts: nothing to plan with."
        return
    for section in (_power, _confounding, _advice):
        if lines := list(section(outlook)):
            yield ""
            yield from lines


def _cells(dimension: DimensionOutlook, outlook: Outlook) -> Iterator[str]:
    yield f"{dimension.name}: {dimension.title} (varies by {dimension.level})"
    rows = [("group", "speakers", "utterances", "words", "")]
    for group in dimension.groups:
        info = group.info
        speakers = "?" if info.n_speakers is None else f"{info.n_speakers:,}"
        note = "; ".join(_notes(group, outlook))
        rows.append((info.name, speakers, f"{info.n_utterances:,}", f"{info.n_words:,}", note))
    yield from aligned(rows, left=(0, 4))


def _empty(crossing: Crossing) -> Iterator[str]:
    """The combinations that nobody is in: a finding about the design."""
    groups, empty = crossing.outlook.groups, crossing.empty
    n_there = sum(group.info.kind == "declared" for group in groups)
    shown = ", ".join(empty[:LINES_SHOWN]) + (", ... (--json FILE holds all)" if empty[LINES_SHOWN:] else "")
    names = f": {shown}" if empty else ""
    yield from _paragraph(f"{len(empty):,} of {n_there + len(empty):,} combinations are empty{names}")


def _notes(group: GroupOutlook, outlook: Outlook) -> Iterator[str]:
    """What there is too little of in a cell, and what stands out."""
    info, limits = group.info, outlook.thresholds
    if info.kind == "reserved":
        yield "in no comparison"
        return
    if info.n_utterances == 0:
        yield "empty"
        return
    if info.n_heard is None:
        return
    speakers = "speakers" if info.n_heard == info.n_speakers else "speakers with reference words"
    seen = visibility(info.n_heard, info.n_words, limits)
    if seen is Visibility.HIDDEN:
        yield f"fewer than {limits.min_speakers_counted} {speakers}: not shown in any report"
    elif seen is Visibility.COUNTS_ONLY:
        yield f"fewer than {limits.min_speakers_shown} {speakers}: counts only, no rates"
    elif info.n_heard < limits.min_speakers_full:
        yield f"fewer than {limits.min_speakers_full} {speakers}: rates, no verdict"
    elif seen is Visibility.INDICATIVE:
        yield f"fewer than {limits.min_words_full:,} words: rates, no verdict"
    if seen >= Visibility.INDICATIVE:
        told = (
            {Flag.INDICATIVE} if info.n_words >= limits.min_words_full else {Flag.INDICATIVE, Flag.FEW_WORDS}
        )
        yield from (each.value for each in flags(info, limits) if each not in told)


def _power(outlook: Outlook) -> Iterator[str]:
    limits = outlook.thresholds
    yield f"What this data could show, with a chance of {outlook.power:.0%}"
    yield from _assumed(outlook)
    for dimension in (*outlook.dimensions, *(each.outlook for each in outlook.intersections)):
        yield ""
        yield from _forecast(dimension, outlook)
    yield ""
    yield from _paragraph(
        "smallest ratio: from this true ratio on, the "
        f"{limits.confidence:.0%} interval, widened for all comparisons declared together, excludes 1",
        "gap: the same in points of the word error rate",
        "more for ...: speakers still to be recorded to find such a ratio; after + those in what the group "
        "is compared with, where that is too small",
        "more for equivalent: to find groups without a difference to be within the margin, which needs "
        f"{limits.min_speakers_equivalent} speakers on both sides",
    )


def _assumed(outlook: Outlook) -> Iterator[str]:
    given = outlook.assumptions
    low, high = (math.exp(sign * given.speaker_sigma) for sign in (-1, 1))
    yield from wrap(f"Assumed ({given.source}):", WIDTH, subsequent_indent="    ")
    yield from _paragraph(
        f"word error rate {given.wer:.1%} in what a group is compared with",
        f"speakers of one group differ: two in three have {low:.2f} to {high:.2f} times the middle one's "
        f"rate (σ = {given.speaker_sigma:.2f} in ln(rate))",
        f"one speaker's errors vary {given.dispersion:.1f} times as much as unrelated ones would (φ)",
        "words per speaker as they are in the group; with fewer than "
        f"{outlook.thresholds.min_speakers_counted} speakers, as in all groups",
    )
    if any(each.level == "utterance" for each in outlook.dimensions):
        yield from _paragraph(
            "whoever is in two groups of a tag does alike in both, with correlation "
            f"{given.shared_correlation:g}"
        )


def _paragraph(*items: str) -> Iterator[str]:
    for item in items:
        yield from wrap(item, WIDTH, initial_indent="  ", subsequent_indent="    ")


def _forecast(dimension: DimensionOutlook, outlook: Outlook) -> Iterator[str]:
    versus = "the rest" if dimension.reference is None else f'"{dimension.reference.group}"'
    comparisons = counted(dimension.family_size, "comparison")
    conditions = counted(outlook.n_conditions, "condition")
    others = "" if outlook.family.across == "groups" else ", with those of the other dimensions"
    # Of an intersection most cells are small, and need more than a line each says.
    is_crossing = any(dimension is each.outlook for each in outlook.intersections)
    yield (
        f"{dimension.name}, each group against {versus}: {comparisons} in {conditions}"
        f"{'' if is_crossing else others}; margin {_margin(dimension)}"
    )
    compared = [
        group
        for group in dimension.groups
        if group.versus is not None and (group.verdict_possible or not is_crossing)
    ]
    if not compared:
        yield "  no combination has enough for a verdict" if is_crossing else "  nothing to compare"
        return
    targets = list(compared[0].for_ratio)
    rows: list[tuple[str, ...]] = [
        ("group", "smallest ratio", "gap", *(f"more for {each}" for each in targets), "more for equivalent")
    ]
    for group in compared:
        needs = [*(group.for_ratio[each] for each in targets), group.for_equivalence]
        rows.append((group.info.name, *_smallest(group), *(_need(each) for each in needs if each)))
    yield from aligned(rows, left=(0,))


def _margin(dimension: DimensionOutlook) -> str:
    points = dimension.margin_points
    in_points = "" if points is None else f" and {points:g} points"
    return f"{dimension.margin_ratio:g} times{in_points}"


def _smallest(group: GroupOutlook) -> tuple[str, str]:
    if not group.verdict_possible:
        return "no verdict", ""
    if group.smallest_ratio is None or group.smallest_gap is None:
        return f"over {LARGEST_RATIO:g}", ""
    return f"{group.smallest_ratio:.2f}", f"{100 * group.smallest_gap:.1f} points"


def _need(need: Need) -> str:
    if need.n_more is None:
        return f"over {MOST_SPEAKERS:,}"
    if need.n_more == 0 and need.n_more_versus == 0:
        return "enough"
    return f"{need.n_more:,} + {need.n_more_versus:,}" if need.n_more_versus else f"{need.n_more:,}"


def _confounding(outlook: Outlook) -> Iterator[str]:
    if not outlook.associations:
        return
    yield "Tags that go together"
    for each in outlook.sentences[:LINES_SHOWN]:
        yield from _paragraph(each)
    if len(outlook.sentences) > LINES_SHOWN:
        yield f"  ... and {len(outlook.sentences) - LINES_SHOWN} more: --json FILE holds all"
    if not outlook.sentences:
        yield "  no group lies wholly inside one group of another tag"
    fewest = outlook.thresholds.min_speakers_full
    rows: list[tuple[str, ...]] = [
        ("two tags", "Cramér's V", "combinations", "empty", f"under {fewest} speakers")
    ]
    for pair in outlook.associations[:LINES_SHOWN]:
        strength = "-" if pair.cramers_v is None else f"{pair.cramers_v:.2f}"
        sizes = (f"{size:,}" for size in (pair.n_cells, pair.n_empty, pair.n_thin))
        rows.append((f"{pair.first} × {pair.second}", strength, *sizes))
    yield from aligned(rows, left=(0,))
    yield from _paragraph(
        "Cramér's V over speakers, corrected for chance: 0 unrelated, 1 one tag decides the other"
    )
    if outlook.sentences or any((each.cramers_v or 0.0) >= NOTABLE_V for each in outlook.associations):
        yield from _paragraph(
            "Where tags go together, a difference between groups of one may be one between groups of the "
            "other, and no analysis can tell which: record the combinations that are missing."
        )


def _advice(outlook: Outlook) -> Iterator[str]:
    """What is missing first: groups without a verdict, then the nearest target of the others."""
    yield "Whom to record next"
    missing = [
        (rank, line)
        for dimension in outlook.dimensions
        for group in dimension.groups
        if group.versus is not None or group.info.name == _reference_name(dimension)
        for rank, line in _missing(group, dimension, outlook)
    ]
    for _, line in sorted(missing)[:LINES_SHOWN]:
        yield from _paragraph(line)
    if len(missing) > LINES_SHOWN:
        yield f"  ... and {len(missing) - LINES_SHOWN} more groups: --json FILE holds all"
    if not missing:
        yield "  nobody is missing for ratios down to the margin"
    yield from _paragraph(_words_or_people(outlook))


def _reference_name(dimension: DimensionOutlook) -> str | None:
    return dimension.reference.group if dimension.reference else None


def _missing(
    group: GroupOutlook, dimension: DimensionOutlook, outlook: Outlook
) -> Iterator[tuple[tuple[bool, int], str]]:
    """Rank and sentence of the next aim that a group has too few people for; nothing where it has enough."""
    limits, info = outlook.thresholds, group.info
    name = f'"{info.name}" ({dimension.name})'
    n_speakers = info.n_speakers or 0
    has = f"has {counted(n_speakers, 'speaker')}" if n_speakers else "is empty"
    if (short := limits.min_speakers_full - n_speakers) > 0:
        yield (False, short), f"{name} {has}: {short} more for any verdict"
        return
    if info.n_words < limits.min_words_full:
        yield (
            (False, 0),
            f"{name} has {counted(info.n_words, 'word')}: {limits.min_words_full:,} for a verdict",
        )
        return
    for target, need in group.for_ratio.items():
        if need.n_more is not None and (need.n_more or need.n_more_versus):
            more = f"{need.n_more:,} more" + (" in both" if dimension.level == "utterance" else "")
            if need.n_more_versus:
                versus = "the rest" if group.versus == REST else f'"{group.versus}"'
                more += f", and {need.n_more_versus:,} in {versus},"
            yield (True, need.n_more + need.n_more_versus), f"{name} {has}: {more} for a ratio of {target}"
            return


def _words_or_people(outlook: Outlook) -> str:
    """Whether more words of the same people would do as well as more people."""
    each, balance = outlook.n_words / max(outlook.n_speakers or 0, 1), outlook.assumptions.balanced_words
    said = f"Speakers said {each:,.0f} words each on average"
    if math.isinf(balance):
        return (
            f"{said}. Speakers are assumed not to differ: more words of anybody help as much as more people"
        )
    if each < balance:
        return f"{said}: up to about {balance:,.0f}, more words of the same people help more than more people"
    return (
        f"{said}, beyond the {balance:,.0f} or so up to which more words help most: only more people do now"
    )
