"""Cells that the report's tables, the card and the plots share: which groups, which figure, which words."""

from __future__ import annotations

from collections.abc import Iterable

from asr_fair.fairness import display
from asr_fair.fairness.display import Visibility
from asr_fair.fairness.planning.power import POWER
from asr_fair.fairness.results import DimensionInfo, Figure, GroupInfo, Robustness, Verdict
from asr_fair.records import EVERYONE, OVERALL, RAW, REST
from asr_fair.report import wording
from asr_fair.report.model import Column, TableCell
from asr_fair.report.plan_texts import limits_for, margin_words
from asr_fair.report.redact import CellKey, Shown

WER = "wer"
ERROR_RATES = ("substitution_rate", "deletion_rate", "insertion_rate")
SPEAKER_MEAN_WER = "speaker_mean_wer"
UTTERANCE_MEAN_WER = "utterance_mean_wer"
CAPPED_WER = "capped_wer"
CER = "cer"
CER_RATIO = "cer_ratio"
CER_GAP = "cer_gap"
DESIGN_EFFECT = "design_effect"
OTHER_MEASURES = ("mer", "wil", "word_precision", "word_recall", "word_f1")
RATIO = "wer_ratio"
GAP = "wer_gap"
SIGN_COUNTS = (
    "n_above_one",
    "n_runaway",
    "empty_references",
    "empty_reference_insertions",
    "empty_transcripts",
    "n_language_detected",
    "n_wrong_language",
)
SHARE_ABOVE_ONE, SHARE_RUNAWAY = "share_above_one", "share_runaway"
SIGN_RATES = (SHARE_ABOVE_ONE, SHARE_RUNAWAY, "empty_insertions_per_minute", "share_wrong_language")
"""Signs of words that nobody said, and of words that nobody heard."""
NOISE_RATIO = "noise_ratio"
NOISE_GAP = "noise_gap"
EXCESS_NOISE_GAP = "did"
RATIO_OF_RATIOS = "ratio_of_ratios"
RETENTION = "retention"
RELATIVE_RETENTION = "relative_retention"
AREA = "area"
AREA_DIFFERENCE = "area_difference"
TOLERANCE = "tolerance_db"
TOLERANCE_DIFFERENCE = "tolerance_difference_db"
NORMALISER_SHIFT = "normaliser_shift"
NORMALISER_SHIFT_DIFFERENCE = "normaliser_shift_difference"

VERDICT_DEPENDS = "verdict depends on the normaliser"

NO_FIGURE = TableCell(wording.NOT_COMPUTED)
SMALLEST_RATIO_COLUMN = Column("Could be seen")
SMALLEST_RATIO_NOTE = (
    "Could be seen: the smallest ratio, or its inverse, that these speakers would mostly show as a disparity "
    f"(with a chance of {100 * POWER:.0f}{wording.NBSP}%); below it, the gap that it is."
)
COUNT_COLUMNS = (Column("Speakers"), Column("Utterances"), Column("Words"))


def group_names(shown: Shown, dimension: DimensionInfo) -> list[str]:
    """All groups, hidden ones too, in the order of the results; `declined` and `unknown` come last."""
    return sorted(shown.visibility[dimension.name], key=dimension.is_reserved)


def groups_with_rates(shown: Shown, dimension: DimensionInfo) -> list[str]:
    """Groups whose rates may be shown, in the order of `group_names`."""
    return [name for name in group_names(shown, dimension) if shown.has_rates(dimension.name, name)]


def group_info(dimension: DimensionInfo, name: str) -> GroupInfo | None:
    """A group's counts, or None where they are hidden."""
    return next((group for group in dimension.groups if group.name == name), None)


def other_side(dimension: DimensionInfo) -> str:
    """What the groups of a dimension are compared with: the declared reference, or the rest."""
    return REST if dimension.reference is None else dimension.reference


def everyone_or(group: str) -> str:
    """A group's name as a row header."""
    return "Everyone" if group == EVERYONE else group


def is_compared(dimension: DimensionInfo, group: str) -> bool:
    """Whether a group is compared at all: the reference and the reserved groups are not."""
    return group != dimension.reference and not dimension.is_reserved(group)


def headline_key(shown: Shown, dimension: DimensionInfo, group: str, condition: str, system: str) -> CellKey:
    """The key under the headline normaliser."""
    return CellKey(dimension.name, group, condition, system, shown.results.normalisers[0])


def everyone_key(shown: Shown, condition: str, system: str) -> CellKey:
    """The key of all speakers together under the headline normaliser."""
    return CellKey(OVERALL, EVERYONE, condition, system, shown.results.normalisers[0])


def figure_cell(
    figure: Figure | None, value: wording.Formatter, bound: wording.Formatter | None = None
) -> TableCell:
    """A figure's value, and below it the interval (bounds written by `bound`) or why there is none."""
    if figure is None:
        return NO_FIGURE
    if figure.value is None:
        return TableCell(wording.STATUS_WORDS[figure.status] or wording.NOT_COMPUTED)
    return TableCell(value(figure.value), "" if bound is None else wording.figure_interval(figure, bound))


def count_cells(counts: Figure | GroupInfo | None) -> list[TableCell]:
    """Speakers, utterances and reference words behind a figure, or of a group."""
    if counts is None:
        return [NO_FIGURE] * len(COUNT_COLUMNS)
    numbers = (counts.n_speakers, counts.n_utterances, counts.n_words)
    return [TableCell(wording.count(number)) for number in numbers]


def rate_columns(shown: Shown) -> tuple[Column, ...]:
    """Headings of the cells that `rate_cells` makes."""
    level = f"{100 * shown.results.plan.thresholds.confidence:g}{wording.NBSP}% interval"
    return (Column(f"WER [{level}]"), Column("S"), Column("D"), Column("I"), Column("Speaker mean"))


def rate_cells(shown: Shown, key: CellKey) -> list[TableCell]:
    """WER with its interval, the three kinds of error, and the mean of the speakers' own rates."""
    return [
        figure_cell(shown.figure(key, WER), wording.percent, wording.percent_number),
        *(figure_cell(shown.figure(key, measure), wording.percent_number) for measure in ERROR_RATES),
        figure_cell(shown.figure(key, SPEAKER_MEAN_WER), wording.percent),
    ]


def verdict_cell(shown: Shown, key: CellKey, dimension: DimensionInfo) -> TableCell:
    """The verdict in words and the reason it rests on."""
    if key.group == dimension.reference:
        return TableCell("the declared reference")
    if not is_compared(dimension, key.group):
        return TableCell("not compared")
    comparison = shown.comparison(key, other_side(dimension))
    if comparison is None:
        return TableCell("no verdict")
    if shown.visibility[key.dimension][key.group] < Visibility.FULL:
        return TableCell("no verdict", comparison.reason)
    margin = margin_words(limits_for(shown.results, dimension))
    return TableCell(wording.verdict_words(comparison, margin=margin), comparison.reason)


def smallest_ratio_cell(shown: Shown, key: CellKey, dimension: DimensionInfo) -> TableCell:
    """The ratio from which on a disparity would be found, and the gap; empty where none can be judged."""
    versus = other_side(dimension)
    comparison = shown.comparison(key, versus) if is_compared(dimension, key.group) else None
    is_judged = shown.visibility[key.dimension][key.group] is Visibility.FULL
    if comparison is None or comparison.smallest_ratio is None or not is_judged:
        return TableCell("")
    rate, gap = shown.figure(key, WER), shown.figure(key, GAP, versus)
    detail = ""
    if rate is not None and gap is not None and rate.value is not None and gap.value is not None:
        # The rest has no rate of its own in the results; the gap is the difference of the two.
        detail = wording.points((comparison.smallest_ratio - 1) * (rate.value - gap.value))
    return TableCell(wording.ratio(comparison.smallest_ratio), detail)


def flag_words(shown: Shown, group: GroupInfo) -> str:
    """What a reader must know before relying on a group's figures."""
    return "; ".join(display.flags(group, shown.results.plan.thresholds))


def flag_cell(shown: Shown, key: CellKey, dimension: DimensionInfo, group: GroupInfo) -> TableCell:
    """What a reader must know before relying on the figures and the verdict of one row."""
    words = flag_words(shown, group)
    if shown.visibility[key.dimension][key.group] >= Visibility.FULL and other_outcomes(
        shown.robust(key, other_side(dimension))
    ):
        words = "; ".join(filter(None, (words, VERDICT_DEPENDS)))
    return TableCell("", words)


def other_outcomes(found: Robustness | None) -> dict[str, str]:
    """Normalisers under which a verdict does not hold, and what it is there, in words.

    Which of two rates is higher is part of a disparity only: nothing else says so.
    """
    if found is None or found.robust is not False:
        return {}
    headline = found.verdicts[found.normaliser]
    others = {name: verdict.in_words for name, verdict in found.verdicts.items() if verdict is not headline}
    if headline is Verdict.DISPARITY:
        side = _is_higher(found, found.normaliser)
        others |= {
            name: "disparity the other way"
            for name, verdict in found.verdicts.items()
            if verdict is headline and _is_higher(found, name) is not side
        }
    return others


def _is_higher(found: Robustness, normaliser: str) -> bool:
    return (found.ratios[normaliser] or 0.0) > 1.0


def hidden_words(shown: Shown, dimension: str, group: str) -> str:
    """Why a group's rates are not shown."""
    thresholds = shown.results.plan.thresholds
    counts_only = shown.visibility[dimension][group] == Visibility.COUNTS_ONLY
    what = "counts only" if counts_only else "hidden"
    if (dimension, group) in shown.silent:
        return f"{what}: no reference words"
    if shown.is_hidden_by_losses(dimension, group):
        return f"{what}: too few transcripts left"
    fewest = thresholds.min_speakers_shown if counts_only else thresholds.min_speakers_counted
    which = " with reference words" if shown.is_hidden_by_silence(dimension, group) else ""
    return f"{what}: fewer than {fewest} speakers{which}"


def tolerable_wer(shown: Shown) -> float | None:
    """The limit that tolerances were read off at; None where there are none (before schema 1.3)."""
    return shown.results.plan.thresholds.tolerable_wer if TOLERANCE in shown.measures else None


def too_few_words(shown: Shown, dimension: DimensionInfo) -> str:
    """The groups without rates in a few words, where a row for each would be too many; empty for none."""
    names = [name for name in group_names(shown, dimension) if not shown.has_rates(dimension.name, name)]
    if not names:
        return ""
    fewest = shown.results.plan.thresholds.min_speakers_shown
    which = f"fewer than {fewest} speakers with reference words and a transcript"
    return f"without rates, with {which}: {', '.join(names)}"


def normaliser_figures(shown: Shown, key: CellKey) -> list[Figure]:
    """WER of a key under every normaliser that has a value, but for one that no verdict is made under."""
    headline, *others = shown.results.normalisers
    figures = (
        shown.figure(key._replace(normaliser=normaliser), WER)
        for normaliser in (headline, *(name for name in others if name != RAW))
    )
    return [figure for figure in figures if figure is not None and figure.value is not None]


def normaliser_range(figures: Iterable[Figure]) -> str:
    """Lowest and highest WER over the normalisers: '10.5 to 14.1 %'."""
    values = [figure.value for figure in figures if figure.value is not None]
    if not values:
        return wording.NOT_COMPUTED
    low, high = min(values), max(values)
    return f"{wording.percent_number(low)} to {wording.percent(high)}"
