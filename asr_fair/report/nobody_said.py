"""Words that nobody said, and words that nobody heard: signs that an error rate hides."""

from __future__ import annotations

from asr_fair.fairness.counting.hallucination import RUNAWAY_RATIO, RUNAWAY_WORDS
from asr_fair.fairness.results import DimensionInfo
from asr_fair.report import wording
from asr_fair.report.cells import CAPPED_WER, WER
from asr_fair.report.measure_tables import CellMaker, MeasureColumn, measures_table, number
from asr_fair.report.model import Table, TableCell
from asr_fair.report.redact import CellKey, Shown
from asr_fair.report.settings import Setting


def nobody_said_table(shown: Shown, dimension: DimensionInfo, system: str, setting: Setting) -> Table | None:
    """The signs that were found, each in a column; None where there is none."""
    return measures_table(
        shown,
        dimension,
        system,
        setting,
        what="Words nobody said",
        fixed=_RATES,
        optional=(*_SIGNS, _empty_references(shown.results.normalisers[0]), *_EMPTY),
    )


def _count(measure: str, share: str | None = None, of: str | None = None) -> CellMaker:
    """Makes cells of a count; below it its share, and the count that this is a share of."""

    def cell(shown: Shown, key: CellKey) -> TableCell:
        count, rate, whole = (shown.figure(key, name) if name else None for name in (measure, share, of))
        if count is None or count.value is None:
            return TableCell(wording.NOT_COMPUTED)
        parts = [wording.percent(rate.value)] if rate is not None and rate.value is not None else []
        if whole is not None and whole.value is not None:
            parts.append(f"of {wording.count(round(whole.value))}")
        return TableCell(wording.count(round(count.value)), " ".join(parts))

    return cell


def _empty_references(normaliser: str) -> MeasureColumn:
    return MeasureColumn(
        "Empty references",
        "empty_references",
        _count("empty_references"),
        f"Empty reference: an utterance whose reference holds no words after {normaliser}; words put into it "
        "count as insertions, and it adds no reference words.",
    )


_RATES = (
    MeasureColumn("WER", WER, number(WER, wording.percent)),
    MeasureColumn(
        "Capped WER",
        CAPPED_WER,
        number(CAPPED_WER, wording.percent),
        "Capped WER: no utterance counts for more errors than it has words. Where it is much lower than the "
        "WER, a few transcripts with many words that nobody said make the difference.",
    ),
    MeasureColumn("Insertions", "insertion_rate", number("insertion_rate", wording.percent)),
)
_SIGNS = (
    MeasureColumn(
        "WER over 100\u00a0%",
        "n_above_one",
        _count("n_above_one", "share_above_one"),
        "WER over 100\u00a0%: utterances with more errors than words; the share is of those with words.",
    ),
    MeasureColumn(
        "Ran away",
        "n_runaway",
        _count("n_runaway", "share_runaway"),
        f"Ran away: at least {RUNAWAY_WORDS} words recognised, and more than {RUNAWAY_RATIO} times as many "
        "as were said; the share is of all utterances.",
    ),
    MeasureColumn(
        "Wrong language",
        "n_language_detected",
        _count("n_wrong_language", "share_wrong_language", "n_language_detected"),
        "Wrong language: utterances taken for another language than the one spoken, of those whose language "
        "was detected.",
    ),
)
_EMPTY = (
    MeasureColumn("Words put into them", "empty_reference_insertions", _count("empty_reference_insertions")),
    MeasureColumn(
        "… per minute",
        "empty_insertions_per_minute",
        number("empty_insertions_per_minute", "{:.1f}".format),
    ),
    MeasureColumn(
        "Empty transcripts",
        "empty_transcripts",
        _count("empty_transcripts"),
        "Empty transcript: nothing was recognised where something was said; all words count as deletions.",
    ),
)
