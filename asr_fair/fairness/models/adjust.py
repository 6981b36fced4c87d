"""The same models without and with nuisance covariates, side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from asr_fair.fairness.models.design import Design, build_design
from asr_fair.fairness.models.table import Observations

Fitted = TypeVar("Fitted")
"""One `Fit`, or those of several models."""


class SideBySide(NamedTuple, Generic[Fitted]):
    """Two fits of the same rows: what adjusting changes is not a change of rows."""

    unadjusted: Fitted
    adjusted: Fitted | None
    """None where there is nothing to adjust for."""


def unadjusted_and_adjusted(
    observations: Observations, fit: Callable[[Design], Fitted]
) -> SideBySide[Fitted]:
    """Fit the groups alone and, if there are covariates, again with all of them."""
    unadjusted = fit(build_design(observations, adjusted=False))
    adjusted = fit(build_design(observations, adjusted=True)) if observations.covariates else None
    return SideBySide(unadjusted, adjusted)
