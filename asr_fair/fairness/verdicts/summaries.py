"""How far the groups of a dimension are apart, summed up: figures beside what they are without any disparity.

Whole speakers change places among all groups. That says nothing where a tag varies within speakers, each of
whom is in several groups: such dimensions have the figures without a test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from asr_fair.config import Thresholds
from asr_fair.fairness.counting.slices import Cell, Column, Slice
from asr_fair.fairness.counting.strata import Integers
from asr_fair.fairness.estimates import disparity
from asr_fair.fairness.estimates.contrasts import LOG, Term
from asr_fair.fairness.estimates.intervals import Interval
from asr_fair.fairness.estimates.rates import word_error_rate
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.permutations.arrangements import PermutationTest
from asr_fair.fairness.permutations.group_tests import GroupTests
from asr_fair.fairness.permutations.heterogeneity import HeterogeneityTest
from asr_fair.fairness.resampling.multiplicity import (
    Simultaneous,
    simultaneous_confidence,
    simultaneous_families,
)
from asr_fair.fairness.resampling.streams import SEED
from asr_fair.fairness.results import HighestGroup, Statistic, Status, Summary


def summaries(
    dimension: Dimension,
    declared: Mapping[str, Slice],
    columns: Sequence[Column],
    places: Sequence[int],
    blocks: Sequence[Integers],
    tests: GroupTests,
    limits: Thresholds,
) -> Iterator[Summary]:
    """One summary of the declared groups for each of the headline normaliser's `places` among `columns`.

    `blocks`: speakers drawn together, for the intervals of the highest rate. `tests`: in the same places.
    """
    if not declared:
        return
    spoken = [
        {name: own.cells[place] for name, own in declared.items() if own.cells[place].n_words}
        for place in places
    ]
    intervals = simultaneous_families(
        [[[[Term(+1, cell)]] for cell in cells.values()] for cells in spoken],
        LOG,
        blocks,
        confidence=limits.confidence,
        n_draws=limits.n_draws,
        seed=SEED,
        purpose=f"speakers of {dimension.name}",
    )
    exchangeable = dimension.level == "speaker"
    for place, cells, together, omnibus, heterogeneity in zip(
        places, spoken, intervals, tests.omnibus, tests.heterogeneity, strict=True
    ):
        rates, q = disparity.group_rates(cells), heterogeneity.q
        deviation = _tested(disparity.weighted_deviation(rates), omnibus.variance, exchangeable)
        yield Summary(
            dimension=dimension.name,
            **columns[place]._asdict(),
            groups=tuple(cells),
            max_minus_min=_tested(disparity.max_minus_min(rates), omnibus.spread, exchangeable),
            # What is tested is its square: the p-value is the same, the mean is not.
            weighted_deviation=deviation.model_copy(update={"null_mean": None}),
            cochran_q=_tested(q.statistic, q, exchangeable),
            tau_squared=_centred(heterogeneity, exchangeable),
            gini=_plain(disparity.gini(rates)),
            theil=_plain(disparity.theil(rates)),
            highest=_highest(cells, together, limits),
        )


def _tested(value: float | None, test: PermutationTest, exchangeable: bool) -> Statistic:
    """A figure with its test; `exchangeable`: whether whole speakers can change places."""
    if value is None:
        return Statistic(value=None, status=_reason(test, Status.NO_COMPARISON))
    if not _says_something(test, exchangeable):
        return Statistic(value=value, status=_reason(test, Status.NO_INTERVAL))
    return Statistic(value=value, null_mean=test.null_mean, p_value=test.p, p_method=test.method)


def _centred(found: HeterogeneityTest, exchangeable: bool) -> Statistic:
    """τ² means nothing without the null mean that Q is centred on."""
    if found.tau_squared is None:
        return Statistic(value=None, status=_reason(found.q, Status.NO_COMPARISON))
    if not _says_something(found.q, exchangeable):
        return Statistic(value=None, status=Status.NO_INTERVAL)
    return Statistic(value=found.tau_squared)


def _plain(value: float | None) -> Statistic:
    return Statistic(value=value, status=Status.NO_COMPARISON if value is None else Status.OK)


def _reason(test: PermutationTest, otherwise: Status) -> Status:
    return otherwise if test.status is Status.OK else test.status


def _says_something(test: PermutationTest, exchangeable: bool) -> bool:
    """Whether labels could be handed out in any other way than they are."""
    return exchangeable and test.status is Status.OK and test.n_arrangements > 1


def _highest(
    cells: Mapping[str, Cell], together: Sequence[Simultaneous], limits: Thresholds
) -> HighestGroup | None:
    """The highest rate by intervals of all groups that hold together; None with fewer than two groups."""
    if len(cells) < disparity.FEWEST_GROUPS:
        return None
    each_alone = simultaneous_confidence(limits.confidence, len(cells))
    rates = {
        name: word_error_rate(cell, each_alone)
        if interval.bounds is None
        else Interval(interval.contrast.value, *interval.bounds, interval.method)
        for (name, cell), interval in zip(cells.items(), together, strict=True)
    }
    found = disparity.highest_group(rates)
    if found is None:
        return None
    methods = sorted({rate.method for rate in rates.values() if rate.method})
    return HighestGroup(
        group=found.group,
        value=found.value,
        low=found.low,
        high=found.high,
        method="; ".join(methods) or None,
        candidates=found.candidates,
    )
