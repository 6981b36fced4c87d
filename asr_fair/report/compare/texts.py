"""The first screen of a comparison, in sentences: is B better, for whom not, and what is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from asr_fair.fairness.display import Visibility
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report import wording
from asr_fair.report.compare.gaps import NARROWED, TURNED, WIDENED, gap_changes, gap_sentence, has_gaps
from asr_fair.report.compare.model import Told
from asr_fair.report.compare.outcomes import Found, Outcome, all_found, of_groups
from asr_fair.report.finding_texts import quoted
from asr_fair.report.plan_texts import margin_words
from asr_fair.report.redact import Shown
from asr_fair.wording import counted

MOST_NAMED = 6
"""Groups that one sentence names; the tables hold them all."""
MOST_NAMED_EACH = 3
"""The same under each of several conditions: their first screen must stay one."""
MOST_THIN = 3
"""The same of groups without a verdict."""
NOTHING = "Nothing may be shown of this comparison: too few people are in what both have transcribed."


def all_told(shown: Shown) -> list[Told]:
    """Everyone; for whom more errors, fewer, as many; gaps; what cannot be told. In this order."""
    found = all_found(shown)
    if not found:
        return [Told("Nothing to be told", [NOTHING])]
    parts = [
        _everyone(found),
        _groups(shown, found, Outcome.MORE),
        _groups(shown, found, Outcome.FEWER),
        _groups(shown, found, Outcome.ALIKE),
        _gaps(shown, found),
        _not_told(shown, found),
    ]
    return [part for part in parts if part.sentences]


def _everyone(found: Sequence[Sequence[Found]]) -> Told:
    rows = [one for of_condition in found for one in of_condition if one.is_everyone]
    sentences = [_everyone_words(one, with_condition=len(found) > 1) for one in rows]
    title = _everyone_title(rows)
    return Told(title, sentences)


def _everyone_title(rows: Sequence[Found]) -> str:
    outcomes = Counter(one.outcome for one in rows)
    titles = {
        Outcome.MORE: "Over all, B makes more errors than A",
        Outcome.FEWER: "Over all, B makes fewer errors than A",
        Outcome.ALIKE: "Over all, A and B are equivalent",
    }
    if len(outcomes) == 1:
        return titles.get(next(iter(outcomes)), "Over all, it cannot be told which makes fewer errors")
    told = [f"{one.value} under {counted(n, 'condition')}" for one, n in outcomes.items()]
    return f"Over all: {', '.join(told)}" if told else "Everyone"


def _everyone_words(one: Found, *, with_condition: bool) -> str:
    row = one.row
    start = f"Under {quoted(one.condition.title)}: " if with_condition else ""
    if row.wer is None or row.other_wer is None or row.difference.value is None:
        return f"{start}no rates to compare."
    rates = f"{_rates(one)}: {one.outcome.value}{wording.exploratory_label(row)}"
    reason = f" ({row.reason})" if one.outcome not in (Outcome.MORE, Outcome.FEWER) else ""
    return f"{start}{rates}{reason}. {_speakers(one)}"


def _rates(one: Found) -> str:
    row = one.row
    before, after = (
        wording.NOT_COMPUTED if rate is None else wording.percent(rate) for rate in (row.other_wer, row.wer)
    )
    return f"WER from {before} with A to {after} with B, {_change(one)}"


def _change(one: Found) -> str:
    part = one.row.difference
    if part.value is None:
        return wording.NOT_COMPUTED
    bounds = wording.interval(part.low, part.high, wording.points_number)
    return f"{wording.points(part.value)} {bounds}".strip()


def _speakers(one: Found) -> str:
    row = one.row
    if row.n_speakers is None or row.n_speakers_fewer is None or row.n_speakers_more is None:
        return "Speakers are not known, so there is no interval and no verdict."
    alike = row.n_speakers - row.n_speakers_fewer - row.n_speakers_more
    return (
        f"Of {counted(row.n_speakers, 'speaker')}, {row.n_speakers_fewer:,} had fewer errors with B, "
        f"{row.n_speakers_more:,} more, {alike:,} as many."
    )


def _groups(shown: Shown, found: Sequence[Sequence[Found]], outcome: Outcome) -> Told:
    """The groups that came to one outcome, condition by condition; of the others a count."""
    titles = {
        Outcome.MORE: "For whom B makes more errors",
        Outcome.FEWER: "For whom B makes fewer errors",
        Outcome.ALIKE: f"For whom both are equivalent (within {margin_words(shown.results.plan.thresholds)})",
    }
    if outcome is Outcome.ALIKE and len(found) > 1:
        return Told(titles[outcome], _counted_alike(found))
    sentences = []
    for of_condition in found:
        chosen = of_groups(of_condition, outcome)
        # What got worse is told in full; of the rest, a sentence for each condition must stay readable.
        words = _group_words if len(found) == 1 or outcome is Outcome.MORE else _short_words
        most = _most_named(found)
        named = [words(shown, one) for one in _by_size(chosen)[:most]] + _more(len(chosen), most)
        if len(found) == 1:
            sentences += [f"{each}." for each in named]
        elif named:
            unit = "" if outcome is Outcome.MORE else " (change in points)"
            where = f"Under {quoted(chosen[0].condition.title)}{unit}"
            sentences.append(f"{where}: {'; '.join(named)}.")
    if not sentences and outcome is Outcome.MORE and _judged(found):
        sentences = ["This is shown for no group. That is no evidence that there is none: see below."]
    return Told(titles[outcome], sentences)


def _counted_alike(found: Sequence[Sequence[Found]]) -> list[str]:
    """One sentence over all conditions: what stayed as it was needs no list on the first screen."""
    alike = [len(of_groups(of_condition, Outcome.ALIKE)) for of_condition in found]
    if not any(alike):
        return []
    each = [
        f"{n:,} of {len(_judged([of_condition])):,} under {quoted(of_condition[0].condition.title)}"
        for n, of_condition in zip(alike, found, strict=True)
        if n
    ]
    return [f"Of the judged groups {wording.listed(each)}: the tables name them."]


def _judged(found: Sequence[Sequence[Found]]) -> list[Found]:
    told = (Outcome.MORE, Outcome.FEWER, Outcome.ALIKE, Outcome.CANNOT_TELL)
    return [one for each in found for one in each if one.outcome in told and not one.is_everyone]


def _by_size(found: Sequence[Found]) -> list[Found]:
    return sorted(found, key=lambda one: -abs(one.row.difference.value or 0.0))


def _group_words(shown: Shown, one: Found) -> str:
    row = one.row
    before, after = (
        wording.NOT_COMPUTED if rate is None else wording.percent(rate) for rate in (row.other_wer, row.wer)
    )
    label = wording.exploratory_label(row)
    return f"{_place(shown, one)}, {before} to {after}, {_change(one)}{label}"


def _short_words(shown: Shown, one: Found) -> str:
    change = wording.points_number(one.row.difference.value or 0.0)
    return f"{quoted(one.row.group)} {change}{wording.exploratory_label(one.row)}"


def _place(shown: Shown, one: Found) -> str:
    titles = {dimension.name: dimension.title for dimension in shown.results.dimensions}
    return f"{quoted(one.row.group)} ({titles.get(one.row.dimension, one.row.dimension)})"


def _most_named(found: Sequence[Sequence[Found]]) -> int:
    return MOST_NAMED if len(found) == 1 else MOST_NAMED_EACH


def _more(number: int, most: int) -> list[str]:
    left = number - most
    return [f"{counted(left, 'more group')}: see the tables"] if left > 0 else []


def _gaps(shown: Shown, found: Sequence[Sequence[Found]]) -> Told:
    changes = [change for each in found for change in gap_changes(shown, each)]
    if not changes:
        judged = any(has_gaps(shown, each) for each in found)
        nothing = ["For no group can this data tell whether its gap to the others narrowed or widened."]
        return Told("Gaps between groups", nothing if judged else [])
    sentences = []
    most = _most_named(found)
    for change in changes[:most]:
        place = _place(shown, change.found) + _where(change.found, found)
        sentences.append(gap_sentence(change, place))
    left = len(changes) - most
    sentences += [f"{counted(left, 'more gap')} changed: see the tables."] if left > 0 else []
    kinds = {change.kind for change in changes}
    words = wording.listed([kind for kind in (NARROWED, WIDENED, TURNED) if kind in kinds])
    return Told(f"Gaps that {words}", sentences)


def _not_told(shown: Shown, found: Sequence[Sequence[Found]]) -> Told:
    return Told("What this data cannot tell", list(_not_told_words(shown, found)))


def _not_told_words(shown: Shown, found: Sequence[Sequence[Found]]) -> Iterator[str]:
    if open_ := [words for of_condition in found if (words := _open_words(shown, of_condition, found))]:
        yield (
            f"Whether errors became fewer or more for {'; '.join(open_)}. That is no evidence that nothing "
            "changed for them."
        )
    if thin := _largest_each([one for each in found for one in of_groups(each, Outcome.TOO_FEW)]):
        limits = shown.results.plan.thresholds
        each = [f"{_place(shown, one)}{_where(one, found)}, {_change(one)}" for one in thin[:MOST_THIN]]
        left = [f"{len(thin) - MOST_THIN:,} more"] if len(thin) > MOST_THIN else []
        yield (
            f"Too few people for a verdict, which needs {limits.min_speakers_full} speakers and "
            f"{limits.min_words_full:,} words in what both transcribed (changes are indicative only"
            f"{', the largest of each group' if len(found) > 1 else ''}): {'; '.join([*each, *left])}."
        )
    if n_hidden := _n_hidden(shown, found):
        yield (
            f"{counted(n_hidden, 'group')} with too few speakers to show any rate. Hidden does not mean that "
            "all is well."
        )


def _open_words(shown: Shown, of_condition: Sequence[Found], found: Sequence[Sequence[Found]]) -> str:
    """For how many groups a condition leaves it open, named where it is the only one; empty for none."""
    open_ = of_groups(of_condition, Outcome.CANNOT_TELL)
    if not open_:
        return ""
    words = f"{len(open_):,} of {counted(len(_judged([of_condition])), 'judged group')}"
    if len(found) > 1:
        return f"{words}{_where(open_[0], found)}"
    named = wording.listed([_place(shown, one) for one in open_[:MOST_NAMED]])
    rest = f" and {len(open_) - MOST_NAMED} more" if len(open_) > MOST_NAMED else ""
    return f"{words}: {named}{rest}"


def _largest_each(found: Sequence[Found]) -> list[Found]:
    """Of each group the condition with its largest change; the largest of all first."""
    first: dict[tuple[str, str], Found] = {}
    for one in _by_size(found):
        first.setdefault((one.row.dimension, one.row.group), one)
    return list(first.values())


def _where(one: Found, found: Sequence[Sequence[Found]]) -> str:
    return f" under {quoted(one.condition.title)}" if len(found) > 1 else ""


def _n_hidden(shown: Shown, found: Sequence[Sequence[Found]]) -> int:
    told = {(one.row.dimension, one.row.group) for each in found for one in each}
    names = [(one.name, group) for one in shown.results.dimensions for group in shown.visibility[one.name]]
    return sum(name not in told for name in names)


def left_out_words(shown: Shown) -> str:
    """Whether anything was left out of both, in a few words."""
    if shown.expected[OVERALL][EVERYONE] is Visibility.HIDDEN:
        return "Too few known speakers to tell."
    if not shown.results.losses:
        return "Nothing: both have transcribed all that either manifest holds."
    return (
        "Only utterances with the same id and the same reference text in both, and a text from both, are "
        "compared. What is not is left out of both sides, and is counted here by group. Groups too small to "
        "be counted are in the numbers of everyone only."
    )
