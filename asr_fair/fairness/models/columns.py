"""A variable as columns of a design matrix: a dummy for each level but one, or a standardised number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asr_fair.fairness.counting.strata import Integers, Mask
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.model_status import ModelStatus
from asr_fair.fairness.models.table import Categorical, Covariate, Numeric

LEAST_RELATIVE_SD = 1e-9
"""A number whose standard deviation is smaller, relative to its size, is constant but for rounding."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One term, its reference and its column; without a column there is no ratio, and the status says why.

    A number's `versus` is None: its ratio is per standard deviation.
    """

    term: str
    versus: str | None
    column: int | None = None
    status: ModelStatus = ModelStatus.OK


@dataclass(frozen=True, eq=False)
class Encoding:
    """A variable's terms, and its columns for all rows.

    Attributes
    ----------
    terms
        With their position among this variable's columns.
    columns
        Shape (n, m).
    leaving
        Rows of levels without errors, which the fit leaves out, shape (n,).
    """

    terms: tuple[Coefficient, ...]
    columns: Reals
    leaving: Mask


def encode(variable: Covariate, errors: Integers, usable: Mask) -> Encoding:
    """Columns of a variable; `errors` and `usable` of shape (n,)."""
    if isinstance(variable, Numeric):
        return _encode_number(variable, usable)
    return _encode_levels(variable, errors, usable)


def level_statuses(variable: Categorical, errors: Integers, usable: Mask) -> list[ModelStatus]:
    """Of each level: OK, NO_REFERENCE_WORDS (no usable row) or NO_ERRORS."""
    codes = variable.codes[usable]
    rows_of = np.bincount(codes, minlength=len(variable.levels))
    errors_of = np.bincount(codes, weights=errors[usable], minlength=len(variable.levels))
    return [
        ModelStatus.OK if wrong else ModelStatus.NO_ERRORS if rows else ModelStatus.NO_REFERENCE_WORDS
        for rows, wrong in zip(rows_of, errors_of, strict=True)
    ]


def _encode_number(variable: Numeric, usable: Mask) -> Encoding:
    """(x − mean)/SD over the usable rows; a constant becomes zeros, which no fit can tell."""
    values = np.where(usable, variable.values, 0.0)
    centred = np.where(usable, values - values[usable].mean(), 0.0)
    sd = float(centred[usable].std())
    varies = sd > LEAST_RELATIVE_SD * float(np.abs(values).max())
    column = centred / sd if varies else np.zeros_like(centred)
    return Encoding((Coefficient(variable.name, None, 0),), column[:, None], np.zeros_like(usable))


def _encode_levels(variable: Categorical, errors: Integers, usable: Mask) -> Encoding:
    """Dummies of all levels with errors, against the reference or, if that has none, the first that has."""
    statuses = level_statuses(variable, errors, usable)
    present = [code for code, status in enumerate(statuses) if status is ModelStatus.OK]
    reference = variable.reference_code
    baseline = reference if reference in present else next(iter(present), None)
    shown = [code for code in present if code != baseline]
    versus = None if baseline is None else variable.levels[baseline]
    terms = [
        Coefficient(level, versus, shown.index(code) if code in shown else None, statuses[code])
        for code, level in enumerate(variable.levels)
        if code != baseline
    ]
    errorless = np.array([*(status is ModelStatus.NO_ERRORS for status in statuses), False])
    return Encoding(
        terms=tuple(terms),
        columns=(variable.codes[:, None] == np.array(shown, np.int64)).astype(np.float64),
        leaving=errorless[variable.codes],  # code −1, not known, picks the False at the end
    )
