"""Time and memory of the statistics by speaker: shared bootstrap with max-T, permutation, omnibus.

Counts are made up, one row a speaker and column; six dimensions of speakers, each with groups of unequal
size, one of them the reference. Adding up utterances to speakers is not in here.

    python benchmarks/bootstrap_speed.py                        # as issue 4 asks: 10,000 draws
    python benchmarks/bootstrap_speed.py --draws 1000           # a tenth of it
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import time
from collections.abc import Callable

import numpy as np

from asr_fair.fairness.bootstrap import resampling_blocks
from asr_fair.fairness.contrasts import LOG, Term
from asr_fair.fairness.multiplicity import MAX_T, simultaneous_intervals
from asr_fair.fairness.omnibus import omnibus_test
from asr_fair.fairness.permutation import permutation_test
from asr_fair.fairness.slices import Cell

WORDS_A_SPEAKER = 1_000


def main() -> None:
    """Measure, and print a page in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speakers", type=int, default=10_000)
    parser.add_argument("--columns", type=int, default=24, help="conditions × systems")
    parser.add_argument("--dimensions", type=int, default=6)
    parser.add_argument("--groups", type=int, default=6, help="groups of a dimension")
    parser.add_argument("--draws", type=int, default=10_000)
    asked = parser.parse_args()
    print("# Statistics by speaker\n")
    print(
        f"{asked.speakers:,} speakers, {asked.columns} columns, {asked.dimensions} dimensions of "
        f"{asked.groups} groups, {asked.draws:,} draws. Made by `benchmarks/bootstrap_speed.py`.\n"
    )
    print(
        f"Machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f} over a minute.\n"
    )
    dimensions = [
        made_up(asked.speakers, asked.columns, asked.groups, seed) for seed in range(asked.dimensions)
    ]
    print("| step | wall, s | processor, s |\n|-|-|-|")
    steps: dict[str, Callable[[list[list[Cell]], int], None]] = {
        "shared bootstrap, max-T over groups × columns": bootstrap_step,
        "permutation, every group against the reference": permutation_step,
        "omnibus": omnibus_step,
    }
    for title, step in steps.items():
        wall_s, processor_s = time.perf_counter(), time.process_time()
        for groups in dimensions:
            step(groups, asked.draws)
        print(f"| {title} | {time.perf_counter() - wall_s:.1f} | {time.process_time() - processor_s:.1f} |")
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"\nPeak resident memory: {peak_kib / 2**10:.0f} MiB.")


def made_up(n_speakers: int, n_columns: int, n_groups: int, seed: int) -> list[list[Cell]]:
    """The cells of each group, one a column: speakers of unequal rates and words, shuffled over groups."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(n_groups, 3.0))
    group_of = rng.choice(n_groups, n_speakers, p=shares)
    words = rng.poisson(WORDS_A_SPEAKER * rng.lognormal(-0.18, 0.6, n_speakers)) + 1
    rate = 0.15 * rng.lognormal(0.0, 0.4, n_speakers)
    columns = [rng.binomial(words, np.minimum(rate * factor, 1.0)) for factor in rng.uniform(1, 3, n_columns)]
    nothing = np.zeros_like(words)
    cells = []
    for group in range(n_groups):
        own = np.flatnonzero(group_of == group)
        counts = [np.stack([errors, nothing, nothing, words - errors])[:, own] for errors in columns]
        cells.append([Cell(own, each, n_utterances=100 * len(own)) for each in counts])
    return cells


def bootstrap_step(groups: list[list[Cell]], n_draws: int) -> None:
    """All ratios to the first group in all columns, held together by max-T."""
    reference, *others = groups
    family = [
        [[Term(1, own)], [Term(-1, against)]]
        for cells in others
        for own, against in zip(cells, reference, strict=True)
    ]
    blocks = resampling_blocks([cells[0].speakers for cells in groups])
    found = simultaneous_intervals(
        family, LOG, blocks, confidence=0.95, n_draws=n_draws, seed=1, purpose="speed"
    )
    if any(each.adjustment != MAX_T for each in found):
        msg = "not what was to be measured: some intervals are not made by max-T"
        raise RuntimeError(msg)


def permutation_step(groups: list[list[Cell]], n_draws: int) -> None:
    """Every group against the first, in all columns."""
    reference, *others = groups
    for cells in others:
        permutation_test(cells, reference, n_draws=n_draws, seed=1, purpose="speed")


def omnibus_step(groups: list[list[Cell]], n_draws: int) -> None:
    """All groups together, in all columns."""
    omnibus_test(groups, n_draws=n_draws, seed=1, purpose="speed")


if __name__ == "__main__":
    main()
