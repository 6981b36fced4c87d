"""Sentences about two systems: which made fewer errors, for whom it is otherwise, whose gap differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from asr_fair.fairness.results import SystemComparison, Verdict
from asr_fair.report import wording
from asr_fair.report.finding_texts import quoted
from asr_fair.report.redact import Shown
from asr_fair.report.systems.rows import ConditionRows, Pair, gap_excludes_zero, is_judged, pairs_of
from asr_fair.wording import counted

MOST_NAMED = 3
"""Groups that one sentence names; the tables hold them all."""


def pair_sentences(shown: Shown) -> list[str]:
    """One finding for each two systems, in the order of the results."""
    return [" ".join(_sentences(shown, pair)) for pair in pairs_of(shown)]


def pairs_words(shown: Shown) -> list[str]:
    """What was compared, and how the tables of two systems are read; empty where nothing was."""
    rows = shown.system_comparisons
    if not rows:
        return []
    confidence = f"{100 * shown.results.plan.thresholds.confidence:g}{wording.NBSP}%"
    return [
        *_which_pairs(shown),
        "Only utterances that both transcribed count, so both heard the same people say the same words: the "
        "rates here may differ from those of each system by itself. A difference is the WER of the first "
        "system less that of the second; below zero the first makes fewer errors.",
        f"Brackets: {confidence} interval with whole speakers left out in turn; tables/systems.csv holds the "
        "bootstrap beside it. p: how often differences as large come about where, for each speaker, chance "
        "alone decides which system had which errors (signs flipped by speaker), adjusted by Holm over all "
        "groups and conditions. Verdicts are made from the ratio, as between groups.",
        "“Gap, first less second”: how far a group is from what it is compared with under the first system, "
        "less the same under the second. Above zero the group fares worse, beside the others, under the "
        "first. “Differs” stands where the interval that holds for all groups and conditions together "
        "excludes zero.",
    ]


def _which_pairs(shown: Shown) -> Iterator[str]:
    pairs = {(row.system, row.other_system) for row in shown.system_comparisons}
    systems = [system.name for system in shown.results.systems]
    firsts = {one for one, _ in pairs}
    if len(pairs) < len(systems) * (len(systems) - 1) // 2 and len(firsts) == 1:
        yield (
            f"{firsts.pop()} is compared with each of the {len(pairs)} other systems, not every two with "
            "each other; the analysis plan can name another one (baseline_system)."
        )


def _sentences(shown: Shown, pair: Pair) -> Iterator[str]:
    first = pair.conditions[0]
    if first.everyone is not None:
        yield _everyone_words(shown, pair, first, first.everyone)
        yield from _other_conditions(shown, pair, first.everyone)
    yield from _otherwise_words(shown, pair, first)
    yield from _gap_words(shown, pair, first)


def _everyone_words(shown: Shown, pair: Pair, where: ConditionRows, row: SystemComparison) -> str:
    label = wording.exploratory_label(row)
    start = f"{pair.system} and {pair.other_system} under {quoted(where.condition.title)}{label}, everyone"
    if row.wer is None or row.other_wer is None or row.difference.value is None:
        return f"{start}: no rates to compare."
    rates = (
        f"{wording.percent(row.wer)} and {wording.percent(row.other_wer)} of words wrong, missing or added"
    )
    value, is_told = row.difference.value, is_judged(shown, row) and row.verdict is Verdict.DISPARITY
    # Where it is told who makes fewer errors, the bounds are of how many fewer.
    bounds = _bounds(row.difference.low, row.difference.high, flip=is_told and value < 0)
    known = "; ".join(filter(None, (bounds, _speakers_words(row), _unpaired_words(row))))
    if is_told:
        better, other = _ordered(pair, value)
        return f"{start}: {rates}; {better} makes {_size(value)} fewer errors than {other} [{known}]."
    points = f"{start}: {rates}, a difference of {wording.points(value)} [{known}]"
    if row.verdict is Verdict.EQUIVALENT:
        return f"{points}: equivalent ({row.reason})."
    return f"{points}: this data cannot tell whether the two differ ({row.reason})."


def _size(value: float) -> str:
    """A difference without its sign, where words say in which direction."""
    return f"{wording.percent_number(abs(value))}{wording.NBSP}points"


def _bounds(low: float | None, high: float | None, *, flip: bool) -> str:
    """Both bounds, or nothing; of the difference taken the other way where it is flipped."""
    if low is None or high is None:
        return ""
    ends = (-high, -low) if flip else (low, high)
    return wording.interval(*ends, wording.percent_number).strip("[]")


def _speakers_words(row: SystemComparison) -> str:
    if row.n_speakers is None:
        return "speakers not known"
    return (
        f"{counted(row.n_speakers, 'speaker')}, fewer errors with {row.system} for "
        f"{row.n_speakers_fewer:,} and with {row.other_system} for {row.n_speakers_more:,}"
    )


def _unpaired_words(row: SystemComparison) -> str:
    return f"{counted(row.n_unpaired, 'utterance')} of one system only left out" if row.n_unpaired else ""


def _other_conditions(shown: Shown, pair: Pair, lead: SystemComparison) -> Iterator[str]:
    """How many of the other conditions came to what."""
    others = [each.everyone for each in pair.conditions[1:] if each.everyone is not None]
    if others:
        found = Counter(_outcome(pair, row) for row in others)
        if len(found) == 1:
            where = "the other condition" if len(others) == 1 else f"all {len(others)} other conditions"
            yield f"Under {where}: {next(iter(found))}."
        else:
            told = [f"{outcome} under {n}" for outcome, n in found.most_common()]
            yield f"Of {len(others)} other conditions: {wording.listed(told)}."


def _outcome(pair: Pair, row: SystemComparison) -> str:
    label = wording.exploratory_label(row)
    if row.verdict is Verdict.DISPARITY and row.ratio is not None:
        return f"fewer errors with {_ordered(pair, row.ratio - 1)[0]}{label}"
    return f"equivalent{label}" if row.verdict is Verdict.EQUIVALENT else f"cannot tell{label}"


def _otherwise_words(shown: Shown, pair: Pair, where: ConditionRows) -> Iterator[str]:
    """Groups for which it is told who makes fewer errors, and for which that is not told of everyone."""
    lead = where.everyone
    told = None if lead is None or lead.verdict is not Verdict.DISPARITY else _better(pair, lead)
    by_better: dict[str, list[SystemComparison]] = {}
    for row in where.rows:
        if row is not lead and is_judged(shown, row) and row.verdict is Verdict.DISPARITY:
            by_better.setdefault(_better(pair, row), []).append(row)
    for better, rows in by_better.items():
        if better == told:
            continue
        named = [
            f"{_group_words(shown, row)} ({wording.points(row.difference.value or 0.0)})"
            for row in rows[:MOST_NAMED]
        ]
        start = "Fewer errors with" if told is None else "It is the other way round, fewer errors with"
        yield f"{start} {better} for {wording.listed([*named, *_more(rows)])}."


def _better(pair: Pair, row: SystemComparison) -> str:
    """The system with fewer errors in a group."""
    return _ordered(pair, row.difference.value or 0.0)[0]


def _gap_words(shown: Shown, pair: Pair, where: ConditionRows) -> Iterator[str]:
    """Whose gap differs between the two, the largest difference first."""
    judged = [row for row in where.rows if is_judged(shown, row) and row.gap_difference is not None]
    found = [row for row in judged if gap_excludes_zero(row)]
    found.sort(key=lambda row: -abs(row.gap_difference.value or 0.0) if row.gap_difference else 0.0)
    named = [words for row in found[:MOST_NAMED] if (words := _one_gap(shown, pair, row))]
    if named:
        yield f"The gap differs: {'; '.join([*named, *_more(found)])}."
    elif judged:
        yield "For no group can this data tell whether its gap to the others differs between the two."


def _one_gap(shown: Shown, pair: Pair, row: SystemComparison) -> str:
    gap = row.gap_difference
    if gap is None or gap.value is None:
        return ""
    better, worse = _ordered(pair, gap.value)
    bounds = _bounds(gap.simultaneous_low, gap.simultaneous_high, flip=gap.value < 0)
    return (
        f"{_group_words(shown, row)} fares {_size(gap.value)} worse under {worse} than under {better} "
        f"[{bounds}], beside {wording.versus_words(gap.versus)}"
    )


def _group_words(shown: Shown, row: SystemComparison) -> str:
    titles = {dimension.name: dimension.title for dimension in shown.results.dimensions}
    return f"{quoted(row.group)} ({titles.get(row.dimension, row.dimension)})"


def _more(found: Sequence[SystemComparison]) -> list[str]:
    left = len(found) - MOST_NAMED
    return [f"{counted(left, 'more group')}"] if left > 0 else []


def _ordered(pair: Pair, difference: float) -> tuple[str, str]:
    """The system with fewer errors first, from first less second."""
    names = (pair.system, pair.other_system)
    return names if difference < 0 else names[::-1]
