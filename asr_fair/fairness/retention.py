"""Two more scales for what noise does to one group beyond another, and a word where scales disagree.

In points (`robustness.difference_in_differences`), as a ratio of ratios, and as retention of word accuracy
one and the same change can point in different directions; no claim may rest on one of them (methods
section 6). Accuracy is 1 − W, so that insertions count against it.
"""

from __future__ import annotations

from asr_fair.fairness.contrasts import LOG, LOG_ACCURACY, Contrast, Term, contrast
from asr_fair.fairness.intervals import Interval
from asr_fair.fairness.slices import Cell


def ratio_of_ratios(noisy: Cell, clean: Cell, other_noisy: Cell, other_clean: Cell) -> Contrast:
    """[W_g(c) / W_g(clean)] / [W_r(c) / W_r(clean)], interval on the log; above 1: more errors added to g."""
    return contrast(_sides(noisy, clean, other_noisy, other_clean), LOG)


def retention(noisy: Cell, clean: Cell) -> Contrast:
    """(1 − W_g(c)) / (1 − W_g(clean)): how much of its word accuracy a group keeps, interval on the log."""
    return contrast([[Term(+1, noisy), Term(-1, clean)]], LOG_ACCURACY)


def relative_retention(noisy: Cell, clean: Cell, other_noisy: Cell, other_clean: Cell) -> Contrast:
    """Retention of one group over that of another, interval on the log; below 1: g keeps less."""
    return contrast(_sides(noisy, clean, other_noisy, other_clean), LOG_ACCURACY)


def disagreement(
    group: str, versus: str, difference: Interval, ratio: Interval, retained: Interval
) -> str | None:
    """A sentence where the scales point in different directions, else None.

    `difference`: in points as a fraction (DiD); `ratio`: of ratios; `retained`: relative retention. A scale
    without a value has no say.
    """
    readings = [
        (_direction(difference.value, 0.0), _points(difference.value)),
        (_direction(ratio.value, 1.0), _times("its WER grew", ratio.value)),
        (-_direction(retained.value, 1.0), _times("it kept", retained.value, " of its word accuracy")),
    ]
    if not {+1, -1} <= {direction for direction, _ in readings}:
        return None
    told = [text for _, text in readings if text]
    clear = _excludes(difference, 0.0) or _excludes(ratio, 1.0) or _excludes(retained, 1.0)
    unsure = "" if clear else " None of these differences is distinguishable from none."
    return (
        f"The scales disagree on what this noise does to {group} compared with {versus}: "
        f"{', '.join(told[:-1])} and {told[-1]}. "
        f"One scale alone does not show that it does more to either.{unsure}"
    )


def _sides(noisy: Cell, clean: Cell, other_noisy: Cell, other_clean: Cell) -> list[list[Term]]:
    return [[Term(+1, noisy), Term(-1, clean)], [Term(-1, other_noisy), Term(+1, other_clean)]]


def _direction(value: float | None, null: float) -> int:
    return 0 if value is None else (value > null) - (value < null)


def _points(value: float | None) -> str:
    if value is None:
        return ""
    return f"it lost {100 * abs(value):.1f} points {'more' if value > 0 else 'less'}"


def _times(start: str, value: float | None, end: str = "") -> str:
    return "" if value is None else f"{start} {value:.2f} times as much{end}"


def _excludes(interval: Interval, null: float) -> bool:
    low, high = interval.low, interval.high
    return low is not None and high is not None and not low <= null <= high
