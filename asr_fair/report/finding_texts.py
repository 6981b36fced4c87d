"""Sentences about what comparisons came to: what went wrong for whom, how sure that is, and no cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from asr_fair.fairness.display import Flag, flags
from asr_fair.fairness.planning.power import POWER
from asr_fair.fairness.results import Comparison, Control, DimensionInfo, GroupInfo, Verdict
from asr_fair.records import REST
from asr_fair.report import wording
from asr_fair.report.cells import GAP, group_info, headline_key, other_outcomes
from asr_fair.report.models.texts import adjusting_words
from asr_fair.report.noise.scales import disagreement_words, readings_of
from asr_fair.report.outcomes import Case, compared_groups, declared_groups, judged_groups
from asr_fair.report.redact import Shown
from asr_fair.wording import counted

NEARLY_ALL = 0.95
"""Of both sides' words: a figure with the same mix that rests on less says so."""


def outcome_text(
    shown: Shown, dimension: DimensionInfo, system: str, cases: Sequence[Case]
) -> tuple[str, str]:
    """What cases of one outcome came to: the first with its figures; then the others, and caveats."""
    lead = cases[0]
    other = _other_group(shown, dimension, lead.comparison)
    other_words = wording.versus_words(REST) if other is None else quoted(other)
    told = (
        f"{dimension.title}, {quoted(lead.comparison.group)}: {_rates_words(lead, system, other_words)}"
        f"{_verdict_words(lead, is_alone=len(cases) == 1)}."
    )
    more = [
        _could_be_seen_words(lead),
        _others_words(shown, cases),
        _normaliser_words(cases),
        _scales_words(shown, dimension, system, cases),
        adjusting_words(shown, dimension.name, lead.comparison.group, lead.condition.name, system),
        *_same_mix_words(shown, dimension, lead, system),
        *_caveats(shown, dimension, lead.comparison.group, other),
    ]
    return told, " ".join(filter(None, more))


def too_few_text(shown: Shown, dimension: DimensionInfo, groups: Sequence[GroupInfo]) -> str:
    """Which groups hold too little for a verdict while others of their dimension hold enough."""
    limits = shown.results.plan.thresholds
    named = [
        f"{quoted(group.name)} ({_speakers_words(group.n_heard)}, {counted(group.n_words, 'word')})"
        for group in groups
    ]
    # Of an intersection there may be dozens.
    which = (
        counted(len(groups), "combination") if len(groups) > 1 and dimension.parts else wording.listed(named)
    )
    return (
        f"{dimension.title}: nothing can be said yet about {which}; a verdict needs "
        f"{limits.min_speakers_full} speakers and {limits.min_words_full:,} words."
    )


def nothing_text(shown: Shown, dimension: DimensionInfo) -> str:
    """That nothing can be said about a dimension, and why."""
    why = _why_nothing(shown, dimension)
    return f"{dimension.title}: {why}, so nothing can be said about differences between groups yet."


def unclear_levels_text(control: Control, system: str, *, n_unclear: int, n_all: int) -> str:
    """Of how many comparisons within levels nothing can be told: one sentence for what may be dozens."""
    return (
        f"{control.title}: this data cannot tell whether the groups differ in {n_unclear:,} of "
        f"{counted(n_all, 'comparison')} of {system}."
    )


def no_level_text(shown: Shown, control: Control) -> str:
    """That no level of a control holds enough for a verdict."""
    limits = shown.results.plan.thresholds
    return (
        f"{control.title}: in no level a group that may be shown and is compared has "
        f"{limits.min_speakers_full} speakers and {limits.min_words_full:,} words, so nothing can be said "
        "about differences within levels yet."
    )


def quoted(name: str) -> str:
    """A name as it stands in a sentence."""
    return f"“{name}”"


def _rates_words(case: Case, system: str, other: str) -> str:
    """What the system got wrong for the group, and for what it is compared with."""
    where, rate = quoted(case.condition.title), case.rate
    if rate is None or rate.value is None:
        status = wording.NOT_COMPUTED if rate is None else wording.STATUS_WORDS[rate.status]
        return f"no rate of {system} under {where} ({status}), so compared with {other} "
    bounds = wording.figure_interval(rate, wording.percent_number).strip("[]")
    known = "; ".join(filter(None, (bounds, _speakers_words(rate.n_speakers))))
    words = (
        f"{system} got {wording.percent(rate.value)} of words wrong, missing or added under {where} [{known}]"
    )
    if case.gap is None:
        return f"{words}; compared with {other} "
    # The rest has no rate of its own in the results; the gap is the difference of the two.
    return f"{words}, against {wording.percent(rate.value - case.gap)} for {other}: "


def _verdict_words(case: Case, *, is_alone: bool) -> str:
    """The ratio, its interval, the verdict and why; no second interval where the reason names one."""
    one = case.comparison
    whole_reason = is_alone or one.verdict is Verdict.EQUIVALENT
    reason = one.reason if whole_reason else case.common_reason
    times = "" if one.ratio is None else f"{wording.ratio_number(one.ratio)} times as many"
    if times and (one.verdict is Verdict.DISPARITY or reason == case.common_reason):
        times = f"{times} {wording.interval(one.low, one.high, wording.ratio_number)}".strip()
    label = wording.exploratory_label(one)
    match one.verdict:
        case Verdict.DISPARITY:
            return ", ".join(filter(None, (times, f"a disparity{label}")))
        case Verdict.EQUIVALENT:
            return ", ".join(filter(None, (times, f"equivalent{label} ({reason})")))
        case Verdict.CANNOT_TELL:
            unknown = f"this data cannot tell whether the two differ{label} ({reason})"
            return ", but ".join(filter(None, (times, unknown)))


def _others_words(shown: Shown, cases: Sequence[Case]) -> str:
    """The conditions after the first that came to the same; the exceptions where these are fewer."""
    others = cases[1:]
    if not others:
        return ""
    start, every = {
        Verdict.DISPARITY: ("A disparity, too, under", "every"),
        Verdict.CANNOT_TELL: ("Nor can it tell under", "any"),
        Verdict.EQUIVALENT: ("Equivalent, too, under", "every"),
    }[cases[0].comparison.verdict]
    start = start.replace(",", f"{wording.exploratory_label(cases[0].comparison)},", 1)
    told = {case.condition.name for case in cases}
    exceptions = [quoted(one.title) for one in shown.results.conditions if one.name not in told]
    if len(others) >= 2 and len(exceptions) < len(others):
        where = f"{every} other condition" + (f" but {wording.listed(exceptions)}" if exceptions else "")
    else:
        where = wording.listed([quoted(case.condition.title) for case in others])
    return f"{start} {where}{_span_words([case.comparison for case in others])}."


def _could_be_seen_words(case: Case) -> str:
    """From which ratio on a disparity would be found under the condition that is told, where none was."""
    smallest = case.comparison.smallest_ratio
    if case.comparison.verdict is not Verdict.CANNOT_TELL or smallest is None:
        return ""
    return (
        f"Only a ratio of {wording.ratio_number(smallest)} or more would mostly "
        f"({100 * POWER:.0f}{wording.NBSP}%) be found with these speakers."
    )


def _span_words(comparisons: Sequence[Comparison]) -> str:
    """From the lowest to the highest ratio of several conditions, and how far their intervals reach."""
    ratios = [one.ratio for one in comparisons if one.ratio is not None]
    if not ratios:
        return ""
    ends = dict.fromkeys(wording.ratio_number(ratio) for ratio in (min(ratios), max(ratios)))
    times = f"{' to '.join(ends)} times as many"
    lows = [one.low for one in comparisons if one.low is not None]
    highs = [one.high for one in comparisons if one.high is not None]
    if len(lows) < len(comparisons) or len(highs) < len(comparisons):
        return f" ({times})"
    reach = wording.interval(min(lows), max(highs), wording.ratio_number)
    return f" ({times} {reach})" if len(comparisons) == 1 else f" ({times}, intervals within {reach})"


def _normaliser_words(cases: Sequence[Case]) -> str:
    """Under which normalisers the verdict is another one, and in how many of several conditions."""
    found = [others for case in cases if (others := other_outcomes(case.robustness))]
    if not found:
        return ""
    outcomes: dict[str, list[str]] = {}
    for name, outcome in chain.from_iterable(others.items() for others in found):
        if outcome not in outcomes.setdefault(name, []):
            outcomes[name].append(outcome)
    named = [f"{name} ({' or '.join(several)})" for name, several in outcomes.items()]
    where = "" if len(cases) == 1 else f" in {len(found):,} of these {len(cases):,} conditions"
    return f"Does not hold{where} when words are counted under {wording.listed(named)}."


def _scales_words(shown: Shown, dimension: DimensionInfo, system: str, cases: Sequence[Case]) -> str:
    """Where scales disagree on what a condition adds to a disparity: of several the one with the largest gap.

    A gap that is larger than in clean speech is no more than one of three scales.
    """
    if cases[0].comparison.verdict is not Verdict.DISPARITY:
        return ""
    for case in sorted(cases, key=lambda case: -abs(case.gap or 0.0)):
        group, versus = case.comparison.group, case.comparison.versus
        key = headline_key(shown, dimension, group, case.condition.name, system)
        words = disagreement_words(readings_of(shown, key, versus), case.condition.title, group, versus)
        if words:
            return words
    return ""


def _same_mix_words(shown: Shown, dimension: DimensionInfo, case: Case, system: str) -> Iterator[str]:
    """The gap with the same mix of each control's levels, beside the gap as it is."""
    key = headline_key(shown, dimension, case.comparison.group, case.condition.name, system)
    titles = {one.name: one.title for one in shown.results.dimensions}
    for control in shown.results.controls:
        found = shown.standardised.get((key, control.within, GAP))
        if control.dimension != dimension.name or found is None or found.value is None or case.gap is None:
            continue
        bounds = wording.interval(found.low, found.high, wording.points_number)
        share = found.n_words / (found.n_words + found.n_words_left_out)
        part = f", on {wording.percent(share)} of their words" if share < NEARLY_ALL else ""
        turned = ", the other way round" if found.value * case.gap < 0 else ""
        yield (
            f"With the same mix of {titles[control.within]} on both sides the gap is "
            f"{' '.join(filter(None, (wording.points(found.value), bounds)))} instead of "
            f"{wording.points_number(case.gap)}{turned}{part}."
        )


def _caveats(shown: Shown, dimension: DimensionInfo, name: str, other: str | None) -> Iterator[str]:
    """What a reader must know of either side before relying on the figures."""
    limits = shown.results.plan.thresholds
    sides = [group for group in dimension.groups if group.name in (name, other)]
    sides.sort(key=lambda group: group.name != name)
    few = [group for group in sides if Flag.FEW_WORDS in flags(group, limits)]
    if [group.name for group in few] == [name]:
        yield f"Few words: {wording.count(few[0].n_words)}."
    elif few:
        named = [f"{wording.count(group.n_words)} for {quoted(group.name)}" for group in few]
        yield f"Few words: {wording.listed(named)}."
    for group in sides:
        if Flag.DOMINANT_SPEAKER in flags(group, limits):
            share = f"{100 * limits.dominant_speaker_share:g}{wording.NBSP}%"
            yield f"One speaker said over {share} of the words of {quoted(group.name)}."


def _why_nothing(shown: Shown, dimension: DimensionInfo) -> str:
    limits = shown.results.plan.thresholds
    declared = declared_groups(shown, dimension)
    found = (group_info(dimension, name) for name in compared_groups(shown, dimension))
    groups = [group for group in found if group is not None]
    if len(declared) < 2:
        return "there are no two groups"
    if not groups:
        return "no group that is compared has enough speakers to be shown"
    if any(group.n_speakers is None for group in groups):
        return "speakers are not known"
    if judged_groups(shown, dimension):
        has_hidden = any(
            not shown.has_rates(dimension.name, name) for name in shown.visibility[dimension.name]
        )
        return "a comparison would tell of a hidden group" if has_hidden else "no group was compared"
    # Of hidden groups nothing is told, not even that they, too, are small.
    is_whole = all(shown.has_rates(dimension.name, name) for name in declared)
    kind = "group" if is_whole else "group that may be shown"
    subject = f"no {kind}" if dimension.reference is None else f"no {kind} beside the reference"
    if all((group.n_heard or 0) < limits.min_speakers_full for group in groups):
        return f"{subject} has {limits.min_speakers_full} speakers"
    return f"{subject} has both {limits.min_speakers_full} speakers and {limits.min_words_full:,} words"


def _other_group(shown: Shown, dimension: DimensionInfo, comparison: Comparison) -> str | None:
    """The group on the other side; None where that is several together."""
    if comparison.versus != REST:
        return comparison.versus
    others = [name for name in declared_groups(shown, dimension) if name != comparison.group]
    return others[0] if len(others) == 1 else None


def _speakers_words(n_speakers: int | None) -> str:
    return "speakers not known" if n_speakers is None else counted(n_speakers, "speaker")
