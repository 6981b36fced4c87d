"""Which models are fitted, and to what.

For each dimension with a declared reference, under the headline normaliser, for each system: one fit for each
condition, and one over all conditions. The first say what a reader of one condition asks; the last is an
average over the conditions that the run happens to have, the loud ones weighing most. The condition is no
covariate in it: all conditions hold the same utterances by design, so that it cannot lie behind a ratio
between groups, and would cost one of K − rank degrees of freedom each without changing anything. A
dimension without a reference has no model: a model needs a group that ratios are against, and none is picked
here.

The primary model is always fitted. Those with a random intercept per speaker need every speaker to be in one
group: between the rows of one speaker they know of Poisson chance only, and errors come in bursts far beyond
it, so that what differs within speakers would look certain. They are fitted up to `MOST_SPEAKERS` speakers:
at 10,000 they take forty times as long as the primary model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from asr_fair.config import Plan
from asr_fair.fairness.counting.slices import Column, Tally
from asr_fair.fairness.counting.strata import Mask, Strata
from asr_fair.fairness.model_status import ModelName, ModelStatus
from asr_fair.fairness.models.adjust import unadjusted_and_adjusted
from asr_fair.fairness.models.design import Design
from asr_fair.fairness.models.figures import RowMaker
from asr_fair.fairness.models.fit import Fit
from asr_fair.fairness.models.gamma import fit_poisson_gamma
from asr_fair.fairness.models.normal import fit_poisson_normal
from asr_fair.fairness.models.poisson import fit_poisson
from asr_fair.fairness.models.rows import (
    Counted,
    ModelRows,
    counted_totals,
    counted_utterances,
    needs_utterances,
)
from asr_fair.fairness.models.table import Observations
from asr_fair.fairness.results import ModelRow

MOST_SPEAKERS = 1_000
"""Of models with a random intercept, unless the plan asks for more."""

PRIMARY: dict[ModelName, Callable[[Design], Fit]] = {ModelName.CLUSTERED: fit_poisson}
MIXED: dict[ModelName, Callable[[Design], Fit]] = {
    ModelName.GAMMA: fit_poisson_gamma,
    ModelName.NORMAL: fit_poisson_normal,
}


@dataclass(frozen=True, eq=False)
class ModelData:
    """What models are fitted to, under the headline normaliser.

    Attributes
    ----------
    columns
        The headline normaliser's, to which `Counted.columns` points.
    by_utterance
        None where no covariate of the plan needs it.
    """

    strata: Strata
    columns: Sequence[Column]
    by_stratum: Counted
    by_utterance: Counted | None

    def for_covariates(self, names: Sequence[str]) -> Counted:
        """Totals where they are enough."""
        by_utterance = self.by_utterance if needs_utterances(names) else None
        return self.by_stratum if by_utterance is None else by_utterance


def model_data(
    counts: pd.DataFrame, people: pd.DataFrame, totals: Tally, columns: Sequence[Column], plan: Plan
) -> ModelData:
    """Of counts of words, and people as in `analyse`; `columns`: the headline's, first of the tally's."""
    by_utterance = None
    if any(map(needs_utterances, plan.covariates.values())):
        own = counts[counts["normaliser"] == columns[0].normaliser]
        durations_s = people["duration_s"].to_numpy(np.float64)
        by_utterance = counted_utterances(own, totals.strata, columns, durations_s)
    by_stratum = counted_totals(totals, range(len(columns)))
    return ModelData(totals.strata, columns, by_stratum, by_utterance)


def model_rows(
    data: ModelData, dimension: str, declared: Mapping[str, Mask], plan: Plan
) -> Iterator[ModelRow]:
    """Rows of every model of a dimension with these declared groups; none without a declared reference."""
    reference = plan.references.get(dimension)
    if reference is None:
        return
    covariates = plan.covariates.get(dimension, ())
    rows = ModelRows(data.strata, dimension, reference.group, declared, covariates)
    yield from ModelFigures(rows, data.for_covariates(covariates), data.columns, plan).of_all_systems()


@dataclass(frozen=True, eq=False)
class ModelFigures:
    """Makes the rows of one dimension's models from what was `counted` under the `columns`."""

    rows: ModelRows
    counted: Counted
    columns: Sequence[Column]
    plan: Plan

    def of_all_systems(self) -> Iterator[ModelRow]:
        """Every model of every system: condition by condition, then over all conditions."""
        for system, places in self._places_by_system().items():
            for place in places:
                yield from self._fits([place], system, self.columns[place].condition)
            if len(places) > 1:
                yield from self._fits(places, system, None)

    def _places_by_system(self) -> dict[str, list[int]]:
        by_system: dict[str, list[int]] = {}
        for place, column in enumerate(self.columns):
            by_system.setdefault(column.system, []).append(place)
        return by_system

    def _fits(self, places: Sequence[int], system: str, condition: str | None) -> Iterator[ModelRow]:
        observations = self.rows.of(self.counted.under(places))
        why_not = self._why_not_mixed(observations)
        maker = RowMaker(
            dimension=self.rows.dimension,
            versus=self.rows.reference,
            condition=condition,
            system=system,
            normaliser=self.columns[places[0]].normaliser,
            unit="totals" if self.counted.durations_s is None else "utterances",
            identified=self.rows.strata.identified,
            confidence=self.plan.thresholds.confidence,
        )
        fits = PRIMARY | (MIXED if why_not is None and self.plan.mixed_models != "never" else {})
        found = unadjusted_and_adjusted(
            observations, lambda design: {name: fit(design) for name, fit in fits.items()}
        )
        sides: list[tuple[dict[ModelName, Fit], tuple[str, ...]]] = [(found.unadjusted, ())]
        if found.adjusted is not None:
            sides.append((found.adjusted, tuple(each.name for each in observations.covariates)))
        for fitted, adjusted_for in sides:
            for name, fit in fitted.items():
                yield from maker.fitted(name, fit, adjusted_for)
            if why_not is not None and self.plan.mixed_models != "never":
                for name in MIXED:
                    yield from maker.not_fitted(name, self.rows.others, why_not, adjusted_for)

    def _why_not_mixed(self, observations: Observations) -> ModelStatus | None:
        """Why the models with a random intercept are not fitted; None where they are."""
        if not self.rows.strata.identified:
            return ModelStatus.NO_SPEAKERS
        speakers = np.unique(observations.speakers)
        groups = observations.groups
        pairs = np.unique(observations.speakers * len(groups.levels) + groups.codes)
        if len(pairs) > len(speakers):
            return ModelStatus.WITHIN_SPEAKERS
        if len(speakers) > MOST_SPEAKERS and self.plan.mixed_models != "always":
            return ModelStatus.TOO_MANY_SPEAKERS
        return None
