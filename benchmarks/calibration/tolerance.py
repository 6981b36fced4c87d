"""How often the interval of a tolerance in dB covers the truth, and that of a difference of two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np

from asr_fair.fairness.counting.slices import Cell, Column, Slice
from asr_fair.fairness.estimates.intervals import Interval
from asr_fair.fairness.noise.axes import Axis
from asr_fair.fairness.noise.tolerance_intervals import difference_interval, read_curves, tolerance_interval
from asr_fair.fairness.resampling.bootstrap import resampling_blocks
from asr_fair.records import Decibels
from asr_fair.seed import rng_for
from benchmarks.calibration.simulate import (
    HEAVY,
    LIGHT,
    MEDIUM,
    RUNAWAY,
    Setting,
    as_cell,
    draw_effects,
    draw_errors,
    draw_words,
)
from benchmarks.calibration.tables import Row, Share, Table

SPEAKERS = (5, 10, 20, 50)
CONFIDENCE = 0.95
N_DRAWS = 2_000
LIMIT = 0.30
SNRS_DB = (-5.0, 0.0, 5.0, 10.0, 15.0, 20.0)
MIDDLE_DB, MIDDLE_OTHER_DB = 6.0, 3.0
"""Where noise does half of its harm, dB: the group needs 3 dB cleaner audio than the other."""
QUIET_WER, LOUD_WER, SLOPE_DB = 0.05, 0.80, 4.0
NOISE_SIGMA = 0.2
"""Spread between speakers of ln(what one level of noise does to their rate)."""

FIGURES = ("tolerance", "difference", "both bounds of the difference")


def jobs(n_runs: int, seed: int) -> Iterator[Callable[[], Row]]:
    """One job for each row."""
    for setting in (LIGHT, MEDIUM, HEAVY, RUNAWAY):
        for n_speakers in SPEAKERS:
            yield partial(covered, setting, n_speakers, n_runs=n_runs, seed=seed)


def table(rows: list[Row]) -> Table:
    """The rows of all jobs."""
    return Table(
        "Coverage of the 95 % intervals of tolerances in dB",
        f"Two groups of K speakers; true WER falls from {LOUD_WER} to {QUIET_WER} along a logistic curve "
        f"over the SNR, its middle at {MIDDLE_DB:g} and {MIDDLE_OTHER_DB:g} dB; heard at "
        f"{', '.join(f'{at:g}' for at in SNRS_DB)} dB, limit {LIMIT}, {N_DRAWS:,} bootstrap draws. An open "
        "end of an interval holds whatever is true; the last column says how often there is none. An "
        "interval that cannot be made counts as a miss. Printed only: no level was set beforehand.",
        ("setting", "K", *FIGURES),
        rows,
    )


def covered(setting: Setting, n_speakers: int, *, n_runs: int, seed: int) -> Row:
    """How often the intervals hold the truth, and how often that of the difference has both bounds."""
    rng = rng_for(seed, setting.name, f"tolerance {n_speakers}")
    axis = Axis(Column("noise", "system", "normaliser"), {at: place for place, at in enumerate(SNRS_DB)})
    truth = true_tolerance(setting, MIDDLE_DB)
    truths = truth, truth - true_tolerance(setting, MIDDLE_OTHER_DB)
    hits = np.zeros(len(FIGURES), np.int64)
    for run in range(n_runs):
        people = (np.arange(n_speakers), np.arange(n_speakers, 2 * n_speakers))
        groups = [
            Slice(tuple(draw_curve(rng, setting, own, middle).values()), n_speakers, n_speakers, None)
            for own, middle in zip(people, (MIDDLE_DB, MIDDLE_OTHER_DB), strict=True)
        ]
        ((own, other),) = read_curves(
            groups,
            [axis],
            LIMIT,
            resampling_blocks(people),
            n_draws=N_DRAWS,
            seed=seed,
            purpose=f"{setting.name} {n_speakers} {run}",
        )
        found = tolerance_interval(own, CONFIDENCE), difference_interval(own, other, CONFIDENCE)
        hits += [
            *(_holds(each, truth) for each, truth in zip(found, truths, strict=True)),
            found[1].low is not None and found[1].high is not None,
        ]
    return Row((setting.name, str(n_speakers)), tuple(Share(int(each), n_runs) for each in hits))


def draw_curve(
    rng: np.random.Generator, setting: Setting, speakers: np.ndarray, middle_db: Decibels
) -> Mapping[Decibels, Cell]:
    """One group at every SNR: the same people, the same words."""
    words = draw_words(rng, speakers.shape, setting)
    effects = draw_effects(rng, speakers.shape, setting.sigma)
    return {
        at: as_cell(
            draw_errors(rng, words, effects * draw_effects(rng, speakers.shape, NOISE_SIGMA), wer, setting),
            words,
            speakers,
        )
        for at, wer in zip(SNRS_DB, true_rates(middle_db), strict=True)
    }


def true_rates(middle_db: Decibels) -> list[float]:
    """The rate at each SNR."""
    return [
        float(QUIET_WER + (LOUD_WER - QUIET_WER) / (1 + np.exp((at - middle_db) / SLOPE_DB)))
        for at in SNRS_DB
    ]


def true_tolerance(setting: Setting, middle_db: Decibels) -> Decibels:
    """Where straight lines between the true rates meet the limit."""
    rates = [setting.truth(wer) for wer in true_rates(middle_db)]
    return float(np.interp(-LIMIT, [-rate for rate in rates], SNRS_DB))


def _holds(interval: Interval, truth: float) -> bool:
    """Whether the truth is inside; nothing at all known is a miss."""
    if interval.low is None and interval.high is None:
        return interval.status == "open_interval"
    low = -np.inf if interval.low is None else interval.low
    return low <= truth <= (np.inf if interval.high is None else interval.high)
