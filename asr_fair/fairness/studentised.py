"""Bootstrap draws of contrasts, each measured in its own standard error: t* = (θ* − θ) / SE*.

SE* is the linearised one of the draw (`fairness.linearised`): a jackknife within every draw would need
every speaker again, and differs from it in order 1/K.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from asr_fair.fairness.bootstrap import N_DRAWS, Amount, resample
from asr_fair.fairness.contrasts import Scale, Term
from asr_fair.fairness.jackknife import Reals
from asr_fair.fairness.linearised import gradient, pairs, quadratic, studentise
from asr_fair.fairness.slices import Cell
from asr_fair.fairness.strata import Integers

Sides: TypeAlias = Sequence[Sequence[Term]]
"""A contrast: the weighted cells of each side, as `contrasts.contrast` takes them."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Contrasts, n of them, in B draws.

    Attributes
    ----------
    theta, se
        In the data: value and linearised standard error, shape (n,).
    theta_star, t_star
        In each draw, shape (n, B); NaN where a cell has no words there.
    """

    theta: Reals
    se: Reals
    theta_star: Reals
    t_star: Reals


def studentised_draws(
    family: Sequence[Sides],
    scale: Scale,
    blocks: Sequence[Integers],
    *,
    n_draws: int = N_DRAWS,
    seed: int,
    purpose: str,
) -> Draws:
    """Draw all contrasts of a family together, on one scale; blocks as in `bootstrap.resample`."""
    sums = _Sums()
    contrasts = [[_Part.of(terms, sums, scale) for terms in _apart(sides)] for sides in family]
    observed = np.array([float(amount.values.sum()) for amount in sums.amounts])
    theta, variance = _evaluate(contrasts, observed[:, None])

    def draw(totals: Reals) -> tuple[Reals, Reals]:
        drawn, its_variance = _evaluate(contrasts, totals)
        return drawn, studentise(drawn - theta, its_variance)

    found = resample(draw, sums.amounts, blocks, n_draws=n_draws, seed=seed, purpose=purpose)
    theta_star, t_star = zip(*found, strict=True)
    return Draws(
        theta=theta[:, 0],
        se=np.sqrt(variance[:, 0]),
        theta_star=np.concatenate(theta_star, axis=1),
        t_star=np.concatenate(t_star, axis=1),
    )


@dataclass(eq=False)
class _Sums:
    """The amounts whose totals are needed, each once: counts of cells, and products of two counts."""

    amounts: list[Amount] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    places: dict[tuple[int, int], int] = field(default_factory=dict)

    def counts_of(self, cell: Cell) -> tuple[int, int]:
        """Places of a cell's errors and words; the cell is kept, so that its identity stays its own."""
        key = (-1, id(cell))
        if key not in self.places:
            self.cells.append(cell)
            self.places[key] = len(self.amounts)
            self.amounts += [Amount(cell.speakers, cell.errors), Amount(cell.speakers, cell.words)]
        return self.places[key], self.places[key] + 1

    def product_of(self, first: int, second: int) -> int:
        """Place of the product, speaker by speaker, of two amounts."""
        key = (min(first, second), max(first, second))
        if key not in self.places:
            one, two = self.amounts[first], self.amounts[second]
            speakers, left, right = np.intersect1d(
                one.speakers, two.speakers, assume_unique=True, return_indices=True
            )
            self.places[key] = len(self.amounts)
            self.amounts.append(Amount(speakers, one.values[left] * two.values[right]))
        return self.places[key]


@dataclass(frozen=True, eq=False)
class _Part:
    """Terms whose speakers are counted together in the variance; parts are independent of each other."""

    weights: tuple[float, ...]
    counts: tuple[tuple[int, int], ...]
    products: tuple[int, ...]
    correction: float
    scale: Scale

    @classmethod
    def of(cls, terms: Sequence[Term], sums: _Sums, scale: Scale) -> _Part:
        counts = tuple(sums.counts_of(term.cell) for term in terms)
        vectors = [place for both in counts for place in both]
        n_speakers = len(_speakers(terms))
        return cls(
            weights=tuple(term.weight for term in terms),
            counts=counts,
            products=tuple(sums.product_of(vectors[i], vectors[j]) for i, j in pairs(len(vectors))),
            correction=n_speakers / max(n_speakers - 1, 1),
            scale=scale,
        )

    def evaluate(self, totals: Reals) -> tuple[Reals, Reals]:
        """Value and variance from totals (n_amounts, n), each (n,)."""
        theta = np.zeros(totals.shape[1])
        gradients: list[Reals] = []
        for weight, (errors, words) in zip(self.weights, self.counts, strict=True):
            spoken = np.where(totals[words] > 0, totals[words], np.nan)
            theta += weight * self.scale.forward(totals[errors] / spoken)
            gradients += gradient(weight, totals[errors], spoken, self.scale)
        squares = quadratic(np.array(gradients), totals[list(self.products)])
        return theta, self.correction * squares


def _evaluate(contrasts: Sequence[Sequence[_Part]], totals: Reals) -> tuple[Reals, Reals]:
    """Values and variances of all contrasts, each (n_contrasts, n)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = [[part.evaluate(totals) for part in parts] for parts in contrasts]
    theta = np.array([sum(part[0] for part in parts) for parts in found])
    variance = np.array([sum(part[1] for part in parts) for parts in found])
    return theta, variance


def _apart(sides: Sides) -> Sides:
    """The sides where they share no speaker, else all terms as one: as the jackknife tells them apart."""
    shared = len(sides) == 2 and np.isin(_speakers(sides[0]), _speakers(sides[1])).any()
    return [[term for side in sides for term in side]] if shared else sides


def _speakers(terms: Sequence[Term]) -> Integers:
    return np.unique(np.concatenate([term.cell.speakers for term in terms]))
