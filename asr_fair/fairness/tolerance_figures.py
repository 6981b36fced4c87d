"""The rows of tolerances: how noisy audio may be for each group, and how much cleaner than for another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from asr_fair.config import Thresholds
from asr_fair.fairness.counting.slices import Slice
from asr_fair.fairness.figures import curve_row
from asr_fair.fairness.noise.axes import Axis
from asr_fair.fairness.noise.tolerance_intervals import difference_interval, read_curves, tolerance_interval
from asr_fair.fairness.permutations.pairs import Pair
from asr_fair.fairness.resampling.bootstrap import drawn_together
from asr_fair.fairness.resampling.streams import SEED
from asr_fair.fairness.results import Figure


def tolerance_figures(
    dimension: str,
    groups: Mapping[str, Slice],
    pairs: Sequence[Pair],
    axes: Sequence[Axis],
    limits: Thresholds,
) -> Iterator[Figure]:
    """`tolerance_db` of every group and `tolerance_difference_db` of every pair, axis by axis.

    The limit w* is `limits.tolerable_wer`; there are no rows without one, nor without an axis.
    """
    if limits.tolerable_wer is None or not axes or not groups:
        return
    slices = list(dict.fromkeys([*groups.values(), *(pair.other for pair in pairs)]))
    heard = sorted({place for axis in axes for place in axis.positions.values()})
    found = read_curves(
        slices,
        axes,
        limits.tolerable_wer,
        drawn_together(groups.values(), heard),
        n_draws=limits.n_draws,
        seed=SEED,
        purpose=f"speakers of {dimension}",
    )
    for axis, readings in zip(axes, found, strict=True):
        of = dict(zip(slices, readings, strict=True))
        for name, own in groups.items():
            interval = tolerance_interval(of[own], limits.confidence)
            yield curve_row(dimension, name, axis, own, "tolerance_db", interval, None)
        for pair in pairs:
            interval = difference_interval(of[pair.own], of[pair.other], limits.confidence)
            measure = "tolerance_difference_db"
            yield curve_row(dimension, pair.group, axis, pair.own, measure, interval, pair.versus)
