"""Weighted sums of rates over cells: every ratio, gap, interaction and area is one, on some scale.

θ = Σ a·f(W_cell) with f = ln W, ln(1 − W) or W; the figure is exp(θ) or θ. A rate is the sum of one term.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.intervals import Interval, t_bounds
from asr_fair.fairness.estimates.jackknife import Estimate, Reals, jackknife
from asr_fair.fairness.results import Status


class Scale(NamedTuple):
    """Where a contrast is formed and its error estimated, how it is carried back, and its plain value."""

    prefix: str
    forward: Callable[[Reals], Reals]
    slope: Callable[[Reals], Reals]
    """Derivative of `forward` by the rate."""
    back: Callable[[float], float]
    value: Callable[[Reals, Reals], np.floating[Any]]
    """Weights and rates to the figure, without the rounding of a way through the logarithm."""


LOG = Scale(
    "jackknife-log",
    forward=np.log,
    slope=lambda rates: 1.0 / rates,
    back=math.exp,
    value=lambda weights, rates: np.prod(rates**weights),
)
LOG_ACCURACY = Scale(
    "jackknife-log-accuracy",
    forward=lambda rates: np.log(1.0 - rates),
    slope=lambda rates: -1.0 / (1.0 - rates),
    back=math.exp,
    value=lambda weights, rates: np.prod((1.0 - rates) ** weights),
)
"""Of word accuracy 1 − W, which is not positive where insertions make W reach 1."""
LINEAR = Scale("jackknife", forward=np.asarray, slope=np.ones_like, back=float, value=np.dot)


class Term(NamedTuple):
    """One cell of a contrast and its weight: +1 where it is added, −1 where it is taken away."""

    weight: float
    cell: Cell


@dataclass(frozen=True, slots=True)
class Contrast:
    """A contrast whose interval can be asked for at any confidence."""

    value: float | None
    status: Status
    scale: Scale
    estimate: Estimate | None = None

    @property
    def method(self) -> str | None:
        """How the interval is made; None where there is none."""
        return None if self.estimate is None else f"{self.scale.prefix}-{self.estimate.design}"

    def bounds(self, confidence: float) -> tuple[float, float] | None:
        """Lower and upper bound at `confidence` (0 to 1), or None."""
        return None if self.estimate is None else t_bounds(self.estimate, confidence, self.scale.back)

    def at(self, confidence: float) -> Interval:
        """Value and interval at `confidence` (0 to 1)."""
        bounds = self.bounds(confidence)
        if bounds is None:
            status = Status.NO_INTERVAL if self.status is Status.OK else self.status
            return Interval(self.value, status=status)
        return Interval(self.value, *bounds, self.method, self.status)


def contrast(sides: Sequence[Sequence[Term]], scale: Scale) -> Contrast:
    """The contrast of the terms of each side; a side holds the cells of one group.

    Undefined (None) without words in a cell, and where a rate is not on the scale: no errors in a cell (LOG),
    no word accuracy left in one (LOG_ACCURACY). Without errors a cell shows no spread, so a contrast over it
    on another scale has a value and no interval.
    """
    terms = [term for side in sides for term in side]
    if any(term.cell.n_words == 0 for term in terms):
        own = terms[0].cell.n_words == 0
        return Contrast(None, Status.NO_REFERENCE_WORDS if own else Status.NO_COMPARISON, scale)
    rates = np.array([term.cell.n_errors / term.cell.n_words for term in terms])
    weights = np.array([term.weight for term in terms], float)
    with np.errstate(divide="ignore", invalid="ignore"):
        on_scale = np.isfinite(scale.forward(rates)).all()
    if not on_scale:
        return Contrast(None, Status.NO_COMPARISON, scale)
    value = float(scale.value(weights, rates))
    if not all(term.cell.identified for term in terms):
        return Contrast(value, Status.NO_SPEAKERS, scale)
    if any(term.cell.n_speakers == 1 for term in terms):
        return Contrast(value, Status.ONE_SPEAKER, scale)

    if any(term.cell.n_errors == 0 for term in terms):
        return Contrast(value, Status.NO_INTERVAL, scale)

    def weighted_sum(errors: Reals, words: Reals) -> Reals:
        # Row by row: a matrix product would hang, in its last digit, on the number of threads.
        rows = zip(weights.tolist(), scale.forward(errors / words), strict=True)
        theta: Reals = sum((weight * row for weight, row in rows), start=np.zeros(errors.shape[1]))
        return theta

    estimate = jackknife(weighted_sum, [[term.cell for term in side] for side in sides])
    return Contrast(value, Status.OK if estimate else Status.NO_INTERVAL, scale, estimate)
