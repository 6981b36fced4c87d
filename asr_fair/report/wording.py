"""How numbers, statuses and verdicts are written, alike in the report, the card and the plots."""

from __future__ import annotations

import math
from collections.abc import Callable

from asr_fair.fairness.results import Comparison, Figure, Status, SystemComparison, Verdict
from asr_fair.records import REST, Decibels, Seconds
from asr_fair.wording import listed as listed

NBSP = "\u00a0"
MINUS = "\u2212"
NOT_COMPUTED = "not computed"
SHORT_DIGEST_LENGTH = 12
SMALLEST_P = 0.001
LARGEST_RATE = 10.0
LARGEST_RATIO = 100.0
"""Bounds of a few speakers can be astronomical; digits beyond these say nothing. Tables in CSV keep them."""

STATUS_WORDS = {
    Status.OK: "",
    Status.NO_REFERENCE_WORDS: "no reference words",
    Status.NO_HYPOTHESIS_WORDS: "nothing was recognised",
    Status.NO_ERRORS: "no errors",
    Status.ONE_SPEAKER: "one speaker: no interval",
    Status.NO_SPEAKERS: "no speaker labels: no interval",
    Status.NO_COMPARISON: "no comparison possible",
    Status.NO_INTERVAL: "spread cannot be estimated: no interval",
    Status.BELOW_RANGE: "below the lowest SNR heard",
    Status.ABOVE_RANGE: "above the highest SNR heard",
    Status.OPEN_INTERVAL: "interval reaches beyond the SNRs heard",
    Status.SKIPPED: "skipped: too many transcripts",
    Status.NO_SPREAD: "no spread to compare",
    Status.NO_UTTERANCES: "no such recording",
    Status.NO_DURATION: "length not known",
}

SOURCE_WORDS = {
    "self_report": "reported by the speakers themselves",
    "corpus_metadata": "taken from the corpus's metadata",
    "annotator": "perceived by annotators, not stated by the speakers",
    "device_log": "read from device logs",
    "synthetic": "settings of a synthesiser or a simulation, not people",
}

Formatter = Callable[[float], str]


def percent_number(value: float) -> str:
    """A fraction as a number of percent with one decimal: 0.1234 → '12.3'; from 10 on 'over 1000'."""
    return "over 1000" if value >= LARGEST_RATE else _signed_zero_removed(f"{100 * value:.1f}")


def percent(value: float) -> str:
    """A fraction in percent: 0.1234 → '12.3 %'."""
    return f"{percent_number(value)}{NBSP}%"


def points_number(value: float) -> str:
    """A difference of fractions as signed percentage points: 0.042 → '+4.2'."""
    return _signed_zero_removed(f"{100 * value:+.1f}")


def points(value: float) -> str:
    """A difference of fractions with its unit: 0.042 → '+4.2 points'."""
    return f"{points_number(value)}{NBSP}points"


def ratio_number(value: float) -> str:
    """A ratio with two decimals: 1.312 → '1.31'; 'over 100' and 'under 0.01' beyond these."""
    if value >= LARGEST_RATIO:
        return f"over {LARGEST_RATIO:g}"
    return f"{value:.2f}" if value >= 1 / LARGEST_RATIO else f"under {1 / LARGEST_RATIO:g}"


def ratio(value: float) -> str:
    """A ratio with its sign: 1.312 → '1.31×'."""
    return f"{ratio_number(value)}×"


def p_value(value: float) -> str:
    """A p-value with three decimals: 0.0412 → 'p = 0.041'; 'p < 0.001' below."""
    shown = p_number(value) if value < SMALLEST_P else f"={NBSP}{p_number(value)}"
    return f"p{NBSP}{shown}"


def p_number(value: float) -> str:
    """A p-value by itself, as in a column of them: 0.0412 → '0.041'; '< 0.001' below."""
    return f"{value:.3f}" if value >= SMALLEST_P else f"<{NBSP}{SMALLEST_P:g}"


def count(value: int | None) -> str:
    """An integer with thousands separated: 12345 → '12,345'."""
    return "not known" if value is None else f"{value:,}"


def hours(duration_s: Seconds | None) -> str:
    """A duration in hours with two decimals."""
    return "not known" if duration_s is None else f"{duration_s / 3600:.2f}"


def decibels(value: Decibels) -> str:
    """A level with its unit: -2.5 → '−2.5 dB'."""
    return f"{value:g}".replace("-", MINUS) + f"{NBSP}dB"


def tenths(value: float) -> str:
    """A number with one decimal and a true minus sign: -2.54 → '−2.5'."""
    return _signed_zero_removed(f"{value:.1f}")


def signed_tenths(value: float) -> str:
    """The same with either sign: 3.14 → '+3.1'."""
    return _signed_zero_removed(f"{value:+.1f}")


def interval(low: float | None, high: float | None, number: Formatter) -> str:
    """An interval in brackets, '[1.1 to 7.3]'; one-sided as 'at most 7.3'; empty where there is none."""
    if low is not None and high is not None:
        return f"[{number(low)} to {number(high)}]".replace(" ", NBSP)
    if high is not None:
        return f"at most{NBSP}{number(high)}"
    if low is not None:
        return f"at least{NBSP}{number(low)}"
    return ""


def figure_interval(figure: Figure, number: Formatter) -> str:
    """The interval of a figure, or in words why there is none."""
    if figure.status == Status.NO_ERRORS:
        bound = "" if figure.high is None else f"; {interval(None, figure.high, number)}"
        return STATUS_WORDS[figure.status] + bound
    return interval(figure.low, figure.high, number) or STATUS_WORDS[figure.status]


def short_digest(digest: str | None) -> str:
    """The first characters of a digest, enough to recognise it."""
    return "not recorded" if digest is None else digest[:SHORT_DIGEST_LENGTH]


def versus_words(versus: str) -> str:
    """The other side of a comparison, as it is named in a sentence."""
    return "all other groups" if versus == REST else versus


def verdict_words(comparison: Comparison, *, margin: str) -> str:
    """A verdict as it stands in a table: what is said, about which pair, in which direction."""
    other, label = versus_words(comparison.versus), exploratory_label(comparison)
    match comparison.verdict:
        case Verdict.EQUIVALENT:
            return f"equivalent{label} to {other} (within {margin})"
        case Verdict.DISPARITY:
            direction = "higher" if (comparison.ratio or math.inf) > 1 else "lower"
            return f"disparity{label}: {direction} WER than {other}"
        case Verdict.CANNOT_TELL:
            return f"cannot tell{label}"


def exploratory_label(comparison: Comparison | SystemComparison) -> str:
    """What stands after a verdict that was not declared before the first count."""
    return " (exploratory)" if comparison.exploratory else ""


def _signed_zero_removed(text: str) -> str:
    """'+0.0' and '-0.0' say more than is known; a true minus sign reads better than a hyphen."""
    is_zero = not any(digit in text for digit in "123456789")
    return text.lstrip("+-") if is_zero else text.replace("-", MINUS)
