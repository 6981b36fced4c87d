"""Measures beside the word error rate, for readers who compare with figures from elsewhere."""

from __future__ import annotations

from asr_fair.fairness.results import DimensionInfo
from asr_fair.records import RESERVED_GROUPS, REST
from asr_fair.report import wording
from asr_fair.report.cells import (
    CER,
    CER_RATIO,
    DESIGN_EFFECT,
    GAP,
    SPEAKER_MEAN_WER,
    UTTERANCE_MEAN_WER,
    WER,
    figure_cell,
    is_compared,
    other_side,
)
from asr_fair.report.measure_tables import MeasureColumn, measures_table, number
from asr_fair.report.model import Table, TableCell
from asr_fair.report.redact import CellKey, Shown
from asr_fair.report.settings import Setting

_POOLED = MeasureColumn(
    "WER, pooled",
    WER,
    number(WER, wording.percent),
    "Pooled counts every word alike, the speaker mean every speaker, the utterance mean every utterance, "
    "however short; so they differ, and can rank groups differently. The pooled WER leads. The utterance "
    "mean is for comparison with published figures only: one transcript of a single word can carry it.",
)
_MEANS = (
    MeasureColumn("Speaker mean", SPEAKER_MEAN_WER, number(SPEAKER_MEAN_WER, wording.percent)),
    MeasureColumn("Utterance mean", UTTERANCE_MEAN_WER, number(UTTERANCE_MEAN_WER, wording.percent)),
)
_CER = MeasureColumn(
    "CER",
    CER,
    number(CER, wording.percent, wording.percent_number),
    "CER: the same as the WER with characters, spaces among them, for words.",
)
_OTHERS = (
    MeasureColumn(
        "MER",
        "mer",
        number("mer", wording.percent),
        "MER: errors in percent of errors and hits.",
    ),
    MeasureColumn(
        "WIL",
        "wil",
        number("wil", wording.percent),
        "WIL: word information lost, 1 less precision times recall.",
    ),
    MeasureColumn(
        "Precision",
        "word_precision",
        number("word_precision", wording.percent),
        "Precision: hits in percent of the words recognised; recall: of the words said; F1: their harmonic "
        "mean.",
    ),
    MeasureColumn("Recall", "word_recall", number("word_recall", wording.percent)),
    MeasureColumn("F1", "word_f1", number("word_f1", wording.percent)),
    MeasureColumn(
        "Design effect",
        DESIGN_EFFECT,
        number(DESIGN_EFFECT, "{:.1f}".format),
        "Design effect: how many times larger the variance of the WER is because one person's utterances "
        "resemble each other; intervals here take it into account.",
    ),
)


REST_NOTE = (
    "Gap to the rest: WER of the group less that of all other groups together, the reference among them."
)


def further_table(shown: Shown, dimension: DimensionInfo, system: str, setting: Setting) -> Table | None:
    """WER pooled and as two means, CER with its comparison, and what else the four counts give."""

    def cer_ratio(shown: Shown, key: CellKey) -> TableCell:
        if key.dimension != dimension.name or not is_compared(dimension, key.group):
            return TableCell("")
        found = shown.figure(key, CER_RATIO, other_side(dimension))
        return figure_cell(found, wording.ratio, wording.ratio_number)

    def gap_to_rest(shown: Shown, key: CellKey) -> TableCell:
        if key.dimension != dimension.name or key.group in RESERVED_GROUPS:
            return TableCell("")
        return figure_cell(shown.figure(key, GAP, REST), wording.points, wording.points_number)

    # Without a declared reference it is the gap that leads, and stands in the table of rates.
    told = dimension.reference is not None and any(
        (key.dimension, measure, versus) == (dimension.name, GAP, REST)
        for key, measure, versus in shown.figures
    )
    to_rest = (MeasureColumn("Gap to the rest", WER, gap_to_rest, REST_NOTE),) if told else ()
    return measures_table(
        shown,
        dimension,
        system,
        setting,
        what="Further measures",
        fixed=(_POOLED,),
        optional=(*_MEANS, *to_rest, _CER, MeasureColumn("CER ratio", CER, cer_ratio), *_OTHERS),
    )
