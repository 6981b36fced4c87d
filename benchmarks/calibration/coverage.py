"""How often the default interval covers the truth: rate, ratio, gap, the three scales of noise × group."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.contrasts import Contrast
from asr_fair.fairness.estimates.gaps import wer_gap, wer_ratio
from asr_fair.fairness.estimates.rates import word_error_rate
from asr_fair.fairness.noise.retention import ratio_of_ratios, relative_retention
from asr_fair.fairness.noise.robustness import difference_in_differences
from asr_fair.seed import rng_for
from benchmarks.calibration.simulate import (
    HEAVY,
    MEDIUM,
    RUNAWAY,
    SETTINGS,
    Setting,
    as_cell,
    draw_effects,
    draw_errors,
    draw_words,
)
from benchmarks.calibration.tables import Row, Share, Table

SPEAKERS = (5, 10, 20, 50)
CONFIDENCE = 0.95
WER, WER_OTHER = 0.18, 0.12
NOISE = 2.0
"""Noise doubles the rate of everyone but for chance."""
NOISE_SIGMA = 0.2
"""Spread between speakers of ln(what noise does to their rate)."""
TAG_SIGMA = 0.1
"""Spread of ln(what a tag does to a rate) between speakers who have both of its values."""

FIGURES = ("rate", "ratio", "gap", "difference in differences", "ratio of ratios", "relative retention")
HARD = (HEAVY, RUNAWAY)


def jobs(n_runs: int, seed: int) -> Iterator[Callable[[], Row]]:
    """One job for each row."""
    for shared in (False, True):
        for setting in (MEDIUM, HEAVY) if shared else SETTINGS:
            for n_speakers in SPEAKERS:
                yield partial(covered, setting, n_speakers, shared=shared, n_runs=n_runs, seed=seed)


def table(rows: list[Row]) -> Table:
    """The rows of all jobs."""
    return Table(
        "Coverage of the 95 % jackknife intervals",
        f"Two groups of K speakers each, true rates {WER} and {WER_OTHER} (and what runaway utterances add), "
        f"in noise {NOISE:g} times as high. Shared: half of each group's speakers are in the other, too. "
        "Asked: .93 from K = 10 on, .90 in the heavy and runaway settings; K = 5 is printed only. An "
        "interval that cannot be made counts as a miss.",
        ("setting", "speakers", "K", *FIGURES),
        rows,
    )


def covered(setting: Setting, n_speakers: int, *, shared: bool, n_runs: int, seed: int) -> Row:
    """How often each interval of `FIGURES` holds the truth."""
    kind = "shared" if shared else "own"
    rng = rng_for(seed, setting.name, f"coverage {kind} {n_speakers}")
    truths = _truths(setting)
    hits = np.zeros(len(FIGURES), np.int64)
    for _ in range(n_runs):
        bounds = _intervals(*draw_four(rng, setting, n_speakers, shared=shared))
        hits += [
            each is not None and each[0] <= truth <= each[1]
            for each, truth in zip(bounds, truths, strict=True)
        ]
    least = None if n_speakers < 10 else 0.90 if setting in HARD else 0.93
    return Row(
        (setting.name, kind, str(n_speakers)), tuple(Share(int(each), n_runs, least=least) for each in hits)
    )


def _truths(setting: Setting) -> tuple[float, ...]:
    """What `FIGURES` estimate; runaway utterances come in noise as often as in clean speech."""
    (clean, noisy), (other_clean, other_noisy) = (
        (setting.truth(wer), setting.truth(NOISE * wer)) for wer in (WER, WER_OTHER)
    )
    return (
        clean,
        clean / other_clean,
        clean - other_clean,
        (noisy - clean) - (other_noisy - other_clean),
        (noisy / clean) / (other_noisy / other_clean),
        ((1 - noisy) / (1 - clean)) / ((1 - other_noisy) / (1 - other_clean)),
    )


def draw_four(
    rng: np.random.Generator, setting: Setting, n_speakers: int, *, shared: bool
) -> tuple[Cell, Cell, Cell, Cell]:
    """The group in noise and clean, then the other in noise and clean; the same people in noise and clean."""
    n_people = n_speakers + (n_speakers + 1) // 2 if shared else 2 * n_speakers
    people = draw_effects(rng, (n_people,), setting.sigma)
    cells = []
    for first, wer in ((0, WER), (n_people - n_speakers, WER_OTHER)):
        speakers = first + np.arange(n_speakers)
        words = draw_words(rng, (n_speakers,), setting)
        effects = people[speakers] * (draw_effects(rng, (n_speakers,), TAG_SIGMA) if shared else 1.0)
        in_noise = effects * draw_effects(rng, (n_speakers,), NOISE_SIGMA)
        for rate, own in ((NOISE * wer, in_noise), (wer, effects)):
            cells.append(as_cell(draw_errors(rng, words, own, rate, setting), words, speakers))
    return cells[0], cells[1], cells[2], cells[3]


def _intervals(
    noisy: Cell, clean: Cell, other_noisy: Cell, other_clean: Cell
) -> Iterator[tuple[float, float] | None]:
    rate = word_error_rate(clean, CONFIDENCE)
    yield None if rate.low is None or rate.high is None else (rate.low, rate.high)
    contrasts: tuple[Contrast, ...] = (
        wer_ratio(clean, other_clean),
        wer_gap(clean, other_clean),
        difference_in_differences(noisy, clean, other_noisy, other_clean),
        ratio_of_ratios(noisy, clean, other_noisy, other_clean),
        relative_retention(noisy, clean, other_noisy, other_clean),
    )
    yield from (each.bounds(CONFIDENCE) for each in contrasts)
