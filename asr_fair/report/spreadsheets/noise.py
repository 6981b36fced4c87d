"""Tables for a spreadsheet: what each condition does to each group, and figures of whole curves."""

from __future__ import annotations

from collections.abc import Iterator

from asr_fair.fairness.results import Figure
from asr_fair.report.cells import (
    AREA,
    AREA_DIFFERENCE,
    EXCESS_NOISE_GAP,
    NOISE_GAP,
    NOISE_RATIO,
    RATIO_OF_RATIOS,
    RELATIVE_RETENTION,
    RETENTION,
    TOLERANCE,
    TOLERANCE_DIFFERENCE,
    tolerable_wer,
)
from asr_fair.report.redact import Shown
from asr_fair.report.settings import noise_axes
from asr_fair.report.spreadsheets.cells import KEY_COLUMNS, Record, Value, cell_keys, with_bounds

AGAINST_CLEAN = (NOISE_RATIO, NOISE_GAP, RETENTION)
BEYOND_ANOTHER = (EXCESS_NOISE_GAP, RATIO_OF_RATIOS, RELATIVE_RETENTION)
NOISE_COLUMNS = (
    *KEY_COLUMNS,
    "versus",
    *(
        f"{measure}{bound}"
        for measure in (*AGAINST_CLEAN, *BEYOND_ANOTHER)
        for bound in ("", "_low", "_high")
    ),
)
OWN_CURVE, CURVE_BEYOND_ANOTHER = (AREA, TOLERANCE), (AREA_DIFFERENCE, TOLERANCE_DIFFERENCE)
CURVE_COLUMNS = (
    *("noise" if name == "condition" else name for name in KEY_COLUMNS),
    "lowest_snr_db",
    "highest_snr_db",
    "tolerable_wer",
    "versus",
    *(
        f"{measure}{part}"
        for measure in (*OWN_CURVE, *CURVE_BEYOND_ANOTHER)
        for part in ("", "_low", "_high", "_method", "_status", "_censored_at")
    ),
)


def noise_records(shown: Shown) -> Iterator[Record]:
    """What each condition does to each group, on every scale."""
    for key, versus in cell_keys(shown):
        if shown.figure(key, NOISE_GAP) is None:
            continue
        record: dict[str, Value] = key._asdict()
        for measure in AGAINST_CLEAN:
            record |= with_bounds(measure, shown.figure(key, measure))
        if versus is not None:
            for measure in BEYOND_ANOTHER:
                record |= with_bounds(measure, shown.figure(key, measure, versus))
            record["versus"] = versus if shown.figure(key, EXCESS_NOISE_GAP, versus) else None
        yield record


def curve_records(shown: Shown) -> Iterator[Record]:
    """Area and tolerance of each group on each noise that was heard at several SNRs."""
    axes = {axis.name: axis for axis in noise_axes(shown.results.conditions)}
    for key, versus in cell_keys(shown, list(axes)):
        if shown.figure(key, AREA) is None:
            continue
        snrs_db = axes[key.condition].snrs_db
        record: dict[str, Value] = {
            "noise" if name == "condition" else name: value for name, value in key._asdict().items()
        }
        record |= {"lowest_snr_db": snrs_db[0], "highest_snr_db": snrs_db[-1]}
        record["tolerable_wer"] = tolerable_wer(shown)
        for measure in OWN_CURVE:
            record |= _whole(measure, shown.figure(key, measure))
        if versus is not None:
            for measure in CURVE_BEYOND_ANOTHER:
                record |= _whole(measure, shown.figure(key, measure, versus))
            record["versus"] = versus if shown.figure(key, AREA_DIFFERENCE, versus) else None
        yield record


def _whole(measure: str, figure: Figure | None) -> Record:
    """A figure with all that is known of it: bounds, method, status, where it is censored."""
    if figure is None:
        return {}
    return {
        **with_bounds(measure, figure),
        f"{measure}_method": figure.method,
        f"{measure}_status": figure.status.value,
        f"{measure}_censored_at": figure.censored_at,
    }
