"""Bootstrap draws of contrasts, each measured in its own standard error: t* = (θ* − θ) / SE*.

SE* is the linearised one of the draw (`estimates.linearised`): a jackknife within every draw would need
every speaker again, and differs from it in order 1/K.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np

from asr_fair.fairness.counting.alignment import speakers_of
from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.counting.strata import Integers
from asr_fair.fairness.estimates.contrasts import Scale, Term
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.estimates.linearised import gradient, pairs, quadratic, studentise
from asr_fair.fairness.resampling.bootstrap import N_DRAWS, Amount, resample

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
    scales: Sequence[Scale],
    blocks: Sequence[Integers],
    *,
    n_draws: int = N_DRAWS,
    seed: int,
    purpose: str,
) -> list[Draws]:
    """Draw all contrasts of a family together, and take them on each scale; blocks as in `resample`."""
    sums = _Sums()
    contrasts = _Contrasts.of(family, sums, scales)
    observed = np.array([float(amount.values.sum()) for amount in sums.amounts])
    theta, variance = contrasts.evaluate(observed[:, None])

    def draw(totals: Reals) -> tuple[Reals, Reals]:
        drawn, its_variance = contrasts.evaluate(totals)
        return drawn, studentise(drawn - theta, its_variance)

    found = resample(draw, sums.amounts, blocks, n_draws=n_draws, seed=seed, purpose=purpose)
    theta_star, t_star = (np.concatenate(each, axis=-1) for each in zip(*found, strict=True))
    return [
        Draws(theta[number, :, 0], np.sqrt(variance[number, :, 0]), theta_star[number], t_star[number])
        for number in range(len(scales))
    ]


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
            self.places[key] = len(self.amounts)
            self.amounts.append(_product(self.amounts[first], self.amounts[second]))
        return self.places[key]


def _product(one: Amount, two: Amount) -> Amount:
    """The product of two amounts, speaker by speaker."""
    if np.array_equal(one.speakers, two.speakers):
        return Amount(one.speakers, one.values * two.values)
    speakers, left, right = np.intersect1d(
        one.speakers, two.speakers, assume_unique=True, return_indices=True
    )
    return Amount(speakers, one.values[left] * two.values[right])


class _Part(NamedTuple):
    """Terms whose speakers are counted together in the variance; parts are independent of each other.

    `errors`, `words` and `products` are places among the amounts; `correction` is K/(K − 1).
    """

    weights: tuple[float, ...]
    errors: tuple[int, ...]
    words: tuple[int, ...]
    products: tuple[int, ...]
    correction: float

    @classmethod
    def of(cls, terms: Sequence[Term], sums: _Sums) -> _Part:
        counts = [sums.counts_of(term.cell) for term in terms]
        vectors = [place for both in counts for place in both]
        n_speakers = len(_speakers(terms))
        return cls(
            weights=tuple(term.weight for term in terms),
            errors=tuple(errors for errors, _ in counts),
            words=tuple(words for _, words in counts),
            products=tuple(sums.product_of(vectors[i], vectors[j]) for i, j in pairs(len(vectors))),
            correction=n_speakers / max(n_speakers - 1, 1),
        )


@dataclass(frozen=True, eq=False)
class _Alike:
    """Parts with the same number of terms, m parts of T terms, evaluated at once.

    Attributes
    ----------
    numbers
        Which of all parts they are, shape (m,).
    weights, errors, words
        Shape (T, m).
    products
        Shape (T(2T + 1), m).
    corrections
        Shape (m,).
    """

    numbers: Integers
    weights: Reals
    errors: Integers
    words: Integers
    products: Integers
    corrections: Reals

    @classmethod
    def of(cls, parts: Mapping[_Part, int]) -> _Alike:
        weights, errors, words, products, corrections = (
            np.array(each).T for each in zip(*parts, strict=True)
        )
        return cls(np.array(list(parts.values())), weights, errors, words, products, corrections)

    def evaluate(self, totals: Reals, scales: Sequence[Scale]) -> Iterator[tuple[Reals, Reals]]:
        """Values and variances on each scale from totals (n_amounts, n), each (m, n)."""
        terms = [
            (weights, totals[errors], np.where(totals[words] > 0, totals[words], np.nan))
            for weights, errors, words in zip(self.weights[..., None], self.errors, self.words, strict=True)
        ]
        products = totals[self.products]
        for scale in scales:
            theta = np.zeros((len(self.numbers), totals.shape[1]))
            gradients: list[Reals] = []
            for weights, made, spoken in terms:
                theta += weights * scale.forward(made / spoken)
                gradients += gradient(weights, made, spoken, scale)
            yield theta, self.corrections[:, None] * quadratic(np.array(gradients), products)


@dataclass(frozen=True, eq=False)
class _Contrasts:
    """Contrasts on each of the scales, all of them sums of some of the parts.

    A part of several contrasts is evaluated once, and its sums over speakers serve all scales.
    """

    members: Sequence[Sequence[int]]
    n_parts: int
    by_size: Sequence[_Alike]
    scales: Sequence[Scale]

    @classmethod
    def of(cls, family: Sequence[Sides], sums: _Sums, scales: Sequence[Scale]) -> _Contrasts:
        numbers: dict[_Part, int] = {}
        members = [
            [numbers.setdefault(_Part.of(terms, sums), len(numbers)) for terms in _apart(sides)]
            for sides in family
        ]
        by_size: dict[int, dict[_Part, int]] = {}
        for part, number in numbers.items():
            by_size.setdefault(len(part.weights), {})[part] = number
        return cls(members, len(numbers), [_Alike.of(parts) for parts in by_size.values()], scales)

    def evaluate(self, totals: Reals) -> tuple[Reals, Reals]:
        """Values and variances from totals (n_amounts, n), each (n_scales, n_contrasts, n)."""
        both = np.empty((2, len(self.scales), self.n_parts, totals.shape[1]))
        with np.errstate(divide="ignore", invalid="ignore"):
            for alike in self.by_size:
                for number, found in enumerate(alike.evaluate(totals, self.scales)):
                    both[:, number, alike.numbers] = found
            theta, variance = np.stack([both[:, :, own].sum(axis=2) for own in self.members], axis=2)
        return theta, variance


def _apart(sides: Sides) -> Sides:
    """The sides where they share no speaker, else all terms as one: as the jackknife tells them apart."""
    shared = len(sides) == 2 and np.isin(_speakers(sides[0]), _speakers(sides[1])).any()
    return [[term for side in sides for term in side]] if shared else sides


def _speakers(terms: Sequence[Term]) -> Integers:
    return speakers_of([term.cell for term in terms])
