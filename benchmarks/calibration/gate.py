"""How often a gate passes what is beyond its limit, and fails what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.contrasts import LOG, Term
from asr_fair.fairness.estimates.intervals import Interval
from asr_fair.fairness.estimates.rates import word_error_rate
from asr_fair.fairness.resampling.bootstrap import resampling_blocks
from asr_fair.fairness.resampling.multiplicity import simultaneous_families
from asr_fair.pipeline.gate.judge import Bounds, judged
from asr_fair.report.gate.outcome import Outcome
from asr_fair.seed import rng_for
from benchmarks.calibration.simulate import HEAVY, MEDIUM, RUNAWAY, Setting, draw_cell
from benchmarks.calibration.tables import Row, Share, Table

WER = 0.15
WELL_BELOW = 0.05
N_GROUPS = 7
N_DRAWS = 1_000
CONFIDENCE = 0.95
MOST = 0.05


def jobs(n_runs: int, seed: int) -> Iterator[Callable[[], Row]]:
    """A rule on the WER of seven groups, by how much speakers differ and how many there are."""
    for setting in (MEDIUM, HEAVY, RUNAWAY):
        for n_speakers in (10, 20, 50):
            gated = setting is MEDIUM
            yield partial(one_rule, setting, n_speakers, gated=gated, n_runs=n_runs, seed=seed)


def table(rows: list[Row]) -> Table:
    """The rows of `jobs`."""
    return Table(
        "Wrong outcomes of a gate's rule at its limit",
        f"A rule on the WER of {N_GROUPS} groups of K speakers. Wrong pass: one group lies exactly at the "
        f"limit ({WER}), the others far below ({WELL_BELOW}). Wrong fail: all lie at the limit; beside it "
        "what it would be with lower bounds that hold for each group alone. Asked: at most "
        f"{MOST} each; heavy and runaway settings are published only.",
        ("setting", "K", "wrong pass", "wrong fail", "wrong fail, each group alone"),
        rows,
    )


def one_rule(
    setting: Setting,
    n_speakers: int,
    *,
    n_groups: int = N_GROUPS,
    gated: bool = True,
    n_runs: int,
    seed: int,
) -> Row:
    """Both kinds of wrong outcomes."""
    rng = rng_for(seed, setting.name, f"gate {n_speakers}")
    most = MOST if gated else None
    passes = fails = fails_alone = 0
    for _ in range(n_runs):
        one_at_the_limit = _groups(rng, setting, n_speakers, (WER, *[WELL_BELOW] * (n_groups - 1)))
        passes += _outcomes(one_at_the_limit, setting) == {Outcome.PASS}
        all_at_the_limit = _groups(rng, setting, n_speakers, (WER,) * n_groups)
        fails += Outcome.FAIL in _outcomes(all_at_the_limit, setting, _together(all_at_the_limit, seed))
        alone = [_rate(cell).low for cell in all_at_the_limit]
        fails_alone += Outcome.FAIL in _outcomes(all_at_the_limit, setting, alone)
    return Row(
        (setting.name, str(n_speakers)),
        (Share(passes, n_runs, most=most), Share(fails, n_runs, most=most), Share(fails_alone, n_runs)),
    )


def _groups(
    rng: np.random.Generator, setting: Setting, n_speakers: int, rates: Sequence[float]
) -> list[Cell]:
    return [draw_cell(rng, n_speakers, rate, setting, place * n_speakers) for place, rate in enumerate(rates)]


def _outcomes(
    cells: Sequence[Cell], setting: Setting, lows: Sequence[float | None] | None = None
) -> set[Outcome]:
    """What the rule comes to in each group, its limit being the true rate of a group at `WER`."""
    found = set()
    for cell, low in zip(cells, lows or [None] * len(cells), strict=True):
        rate = _rate(cell)
        found.add(judged(Bounds(rate.value, rate.low, rate.high, low), setting.truth(WER)))
    return found


def _rate(cell: Cell) -> Interval:
    return word_error_rate(cell, CONFIDENCE)


def _together(cells: Sequence[Cell], seed: int) -> list[float | None]:
    """Lower bounds of all groups that hold together, as `pipeline.gate.recount` makes them."""
    (intervals,) = simultaneous_families(
        [[[[Term(+1, cell)]] for cell in cells]],
        LOG,
        resampling_blocks(cell.speakers for cell in cells),
        confidence=CONFIDENCE,
        n_draws=N_DRAWS,
        seed=seed,
        purpose="gate",
    )
    return [None if each.bounds is None else each.bounds[0] for each in intervals]
