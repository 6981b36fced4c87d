"""Tables for a spreadsheet: one row per group and setting, numbers unrounded, none for hidden groups."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from asr_fair.fairness.results import Comparison, ConditionInfo, Figure
from asr_fair.report.cells import (
    CAPPED_WER,
    CER,
    CER_GAP,
    CER_RATIO,
    DESIGN_EFFECT,
    ERROR_RATES,
    GAP,
    OTHER_MEASURES,
    RATIO,
    SIGN_COUNTS,
    SIGN_RATES,
    SPEAKER_MEAN_WER,
    UTTERANCE_MEAN_WER,
    WER,
    flag_words,
    group_info,
    group_names,
)
from asr_fair.report.made_up import MADE_UP_COLUMNS, made_up_records
from asr_fair.report.models.tables import MODEL_COLUMNS, model_records
from asr_fair.report.redact import Shown
from asr_fair.report.spreadsheets.cells import KEY_COLUMNS, Record, Value, cell_keys, harmless, with_bounds
from asr_fair.report.spreadsheets.noise import CURVE_COLUMNS, NOISE_COLUMNS, curve_records, noise_records
from asr_fair.report.spreadsheets.normalisers import (
    SHIFT_COLUMNS,
    TRACE_COLUMNS,
    shift_records,
    trace_records,
)
from asr_fair.report.spreadsheets.systems import (
    MATCHED_COLUMNS,
    SYSTEM_COLUMNS,
    matched_records,
    system_records,
)
from asr_fair.report.summaries import SUMMARY_COLUMNS, summary_records
from asr_fair.report.within import WITHIN_COLUMNS, within_records

GROUP_COLUMNS = (
    "dimension",
    "group",
    "shown",
    "n_speakers",
    "n_speakers_with_words",
    "n_utterances",
    "n_words",
    "duration_s",
    "flags",
)
VALUES = (
    UTTERANCE_MEAN_WER,
    CAPPED_WER,
    *OTHER_MEASURES,
    DESIGN_EFFECT,
    *SIGN_RATES,
)
WITH_BOUNDS = (CER, *ERROR_RATES, SPEAKER_MEAN_WER)
BOUNDS = ("", "_low", "_high")
AGAINST_ANOTHER = (RATIO, GAP, CER_RATIO, CER_GAP)
RATE_COLUMNS = (
    *KEY_COLUMNS,
    "n_speakers",
    "n_utterances",
    "n_words",
    WER,
    "wer_low",
    "wer_high",
    "wer_method",
    "wer_status",
    *(f"{measure}{bound}" for measure in WITH_BOUNDS for bound in BOUNDS),
    *VALUES,
    *SIGN_COUNTS,
    "versus",
    *(f"{measure}{bound}" for measure in AGAINST_ANOTHER for bound in BOUNDS),
    "verdict",
    "verdict_reason",
    "simultaneous_low",
    "simultaneous_high",
    "simultaneous_method",
    "wer_gap_simultaneous_low",
    "wer_gap_simultaneous_high",
    "wer_gap_simultaneous_method",
    "p_value",
    "p_method",
    "p_adjusted",
    "p_adjustment",
    "exploratory",
    "smallest_ratio",
)
CONDITION_COLUMNS = tuple(ConditionInfo.model_fields)
LOSS_COLUMNS = ("dimension", "group", "condition", "system", "n_expected", "n_errors", "n_missing", "reasons")


def csv_tables(shown: Shown) -> dict[str, str]:
    """File name → text of each table; a table without rows still has its heading."""
    return {
        "conditions.csv": to_csv(CONDITION_COLUMNS, (one.model_dump() for one in shown.results.conditions)),
        "groups.csv": to_csv(GROUP_COLUMNS, _group_records(shown)),
        "rates.csv": to_csv(RATE_COLUMNS, _rate_records(shown)),
        "noise.csv": to_csv(NOISE_COLUMNS, noise_records(shown)),
        "noise_curves.csv": to_csv(CURVE_COLUMNS, curve_records(shown)),
        "normalisers.csv": to_csv(SHIFT_COLUMNS, shift_records(shown)),
        "normaliser_traces.csv": to_csv(TRACE_COLUMNS, trace_records(shown)),
        "summaries.csv": to_csv(SUMMARY_COLUMNS, summary_records(shown)),
        "models.csv": to_csv(MODEL_COLUMNS, model_records(shown)),
        "within.csv": to_csv(WITHIN_COLUMNS, within_records(shown)),
        "systems.csv": to_csv(SYSTEM_COLUMNS, system_records(shown)),
        "matched_pairs.csv": to_csv(MATCHED_COLUMNS, matched_records(shown)),
        "losses.csv": to_csv(LOSS_COLUMNS, loss_records(shown)),
        "made_up.csv": to_csv(MADE_UP_COLUMNS, made_up_records(shown)),
    }


def to_csv(columns: Sequence[str], records: Iterator[Record]) -> str:
    """CSV text: None is an empty cell, text that a spreadsheet would run gets an apostrophe in front."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    for record in records:
        writer.writerow({name: harmless(value) for name, value in record.items()})
    return buffer.getvalue()


def _group_records(shown: Shown) -> Iterator[Record]:
    for dimension in shown.dimensions_and_levels:
        for name in group_names(shown, dimension):
            seen = shown.visibility[dimension.name][name]
            record: dict[str, Value] = {
                "dimension": dimension.name,
                "group": name,
                "shown": seen.name.lower(),
            }
            group = group_info(dimension, name)
            if group is not None:
                counts = {"n_speakers", "n_speakers_with_words", "n_utterances", "n_words", "duration_s"}
                record |= group.model_dump(include=counts)
                record["flags"] = flag_words(shown, group) if shown.has_rates(dimension.name, name) else None
            yield record


def _rate_records(shown: Shown) -> Iterator[Record]:
    for key, versus in cell_keys(shown):
        figure = shown.figure(key, WER)
        if figure is None:
            continue
        record: dict[str, Value] = key._asdict()
        record |= {name: getattr(figure, name) for name in ("n_speakers", "n_utterances", "n_words")}
        record |= with_bounds(WER, figure)
        record |= {"wer_method": figure.method, "wer_status": figure.status.value}
        for measure in WITH_BOUNDS:
            record |= with_bounds(measure, shown.figure(key, measure))
        for measure in VALUES:
            record[measure] = _value_of(shown.figure(key, measure))
        for measure in SIGN_COUNTS:
            record[measure] = _count_of(shown.figure(key, measure))
        if versus is not None:
            for measure in AGAINST_ANOTHER:
                record |= with_bounds(measure, shown.figure(key, measure, versus))
            record["versus"] = versus if shown.figure(key, RATIO, versus) else None
            record |= _verdict(shown.comparison(key, versus))
        yield record


def loss_records(shown: Shown) -> Iterator[Record]:
    """Missing and failed outcomes of groups that may be counted."""
    for loss in shown.results.losses:
        reasons = "; ".join(f"{reason}: {count}" for reason, count in sorted(loss.reasons.items()))
        yield loss.model_dump(exclude={"reasons"}) | {"reasons": reasons}


def _value_of(figure: Figure | None) -> float | None:
    return None if figure is None else figure.value


def _count_of(figure: Figure | None) -> int | None:
    return None if figure is None or figure.value is None else round(figure.value)


def _verdict(comparison: Comparison | None) -> Record:
    if comparison is None:
        return {}
    return {
        "verdict": comparison.verdict.value,
        "verdict_reason": comparison.reason,
        "simultaneous_low": comparison.low,
        "simultaneous_high": comparison.high,
        "simultaneous_method": comparison.method,
        "wer_gap_simultaneous_low": comparison.gap_low,
        "wer_gap_simultaneous_high": comparison.gap_high,
        "wer_gap_simultaneous_method": comparison.gap_method,
        "exploratory": comparison.exploratory,
        **comparison.model_dump(
            include={"p_value", "p_method", "p_adjusted", "p_adjustment", "smallest_ratio"}
        ),
    }
