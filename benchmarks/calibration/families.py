"""How often simultaneous intervals of ratios, and of gaps, hold all truths together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from asr_fair.fairness.estimates.contrasts import LINEAR, LOG
from asr_fair.fairness.estimates.gaps import both_sides
from asr_fair.fairness.resampling.bootstrap import resampling_blocks
from asr_fair.fairness.resampling.multiplicity import Simultaneous, simultaneous_on_scales
from asr_fair.seed import rng_for
from benchmarks.calibration.simulate import HEAVY, MEDIUM, RUNAWAY, Setting, draw_cells
from benchmarks.calibration.tables import Row, Share, Table

WER = 0.15
ALPHA = 0.05
N_DRAWS = 1_000
APART = (0.05, 0.08, 0.1, 0.15, 0.2, 0.3, 0.12)
"""Rates of groups that differ."""
LEAST_OF_GAPS = 0.93


def jobs(n_runs: int, seed: int) -> Iterator[Callable[[], Row]]:
    """Simultaneous intervals of all groups against the last one, alike in size and in rate and not."""
    for setting in (MEDIUM, HEAVY, RUNAWAY):
        for n_speakers in (10, 20, 50):
            yield partial(together, setting, (n_speakers,) * 7, n_runs=n_runs, seed=seed)
    for n_speakers in (10, 20, 50):
        yield partial(together, MEDIUM, (n_speakers,) * 7, rates=APART, n_runs=n_runs, seed=seed)
    for n_speakers in (10, 20):
        yield partial(together, MEDIUM, (*(n_speakers,) * 3, 6 * n_speakers), n_runs=n_runs, seed=seed)


def table(rows: list[Row]) -> Table:
    """The rows of `jobs`."""
    return Table(
        "Simultaneous 95 % intervals of the ratios, and of the gaps, to one reference",
        f"Groups with one rate ({WER}) or with {', '.join(map(str, APART))}, the last of them the reference; "
        f"balanced max-T from {N_DRAWS:,} bootstrap draws, the same for both. Asked: all ratios hold the "
        f"truth together with .95, and all gaps with {LEAST_OF_GAPS}, in the medium setting with seven "
        "groups of one size. Heavy and runaway are printed only, as their pointwise intervals are asked for "
        ".90, and so are small groups beside a large one.",
        ("setting", "speakers", "rates", "all ratios hold", "all gaps hold"),
        rows,
    )


def together(
    setting: Setting,
    sizes: tuple[int, ...],
    *,
    rates: tuple[float, ...] = (),
    n_runs: int,
    seed: int,
) -> Row:
    """How often all simultaneous intervals of ratios to the last group hold the truth, and all of gaps."""
    speakers = ", ".join(map(str, sizes))
    alike = "apart" if rates else "alike"
    rng = rng_for(seed, setting.name, f"family {speakers}{' apart' if rates else ''}")
    rates = rates or (WER,) * len(sizes)
    *others, last = map(setting.truth, rates)
    truths = [[rate / last for rate in others], [rate - last for rate in others]]
    held = np.zeros(len(truths), np.int64)
    for run in range(n_runs):
        *groups, reference = draw_cells(rng, setting, list(zip(sizes, rates, strict=True)))
        family = [both_sides(group, reference) for group in groups]
        blocks = resampling_blocks([each.speakers for each in (*groups, reference)])
        purpose = f"family {setting.name} {speakers} {run}"
        found = simultaneous_on_scales(
            [family], (LOG, LINEAR), blocks, confidence=1 - ALPHA, n_draws=N_DRAWS, seed=seed, purpose=purpose
        )
        held += [all(map(_holds, intervals, true)) for (intervals,), true in zip(found, truths, strict=True)]
    is_asked = setting is MEDIUM and len(set(sizes)) == 1
    leasts = (1 - ALPHA, LEAST_OF_GAPS) if is_asked else (None, None)
    shares = (Share(int(each), n_runs, least=least) for each, least in zip(held, leasts, strict=True))
    return Row((setting.name, speakers, alike), tuple(shares))


def _holds(interval: Simultaneous, truth: float) -> bool:
    return interval.bounds is not None and interval.bounds[0] <= truth <= interval.bounds[1]
