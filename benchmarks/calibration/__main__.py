"""Simulate, and print a Markdown report.

    python -m benchmarks.calibration > benchmarks/results/calibration.md

Exit status 1 where something misses what is asked of it by more than three Monte Carlo errors.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

from asr_fair import __version__
from benchmarks.calibration import coverage, error_rates, families, gate, tolerance
from benchmarks.calibration.tables import Row

SUITES = {
    "coverage": (coverage.jobs, coverage.table, 1.0),
    "tolerance": (tolerance.jobs, tolerance.table, 0.125),
    "permutation": (error_rates.null_jobs, error_rates.null_table, 1.0),
    "family": (families.jobs, families.table, 0.25),
    "verdicts": (error_rates.verdict_jobs, error_rates.verdict_table, 1.0),
    "power": (error_rates.power_jobs, error_rates.power_table, 1.0),
    "gate": (gate.jobs, gate.table, 0.25),
}
"""Jobs, table, and runs as a share of `--runs`: bootstraps within a simulation are slow."""


def main() -> int:
    """Run the suites that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=8_000, help="simulated data sets a row")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", choices=SUITES, action="append")
    asked = parser.parse_args()
    print("# Calibration\n")
    print(
        f"Made by `make calibrate`: asr-fair {__version__}, seed {asked.seed}, {asked.runs:,} simulated data "
        "sets a row unless said otherwise. Shares with their Monte Carlo standard error; **bold**: misses "
        "what is asked by more than three of them. Settings: spread σ of ln(rate) between speakers, "
        "coefficient of variation of their words, dispersion of errors, as in "
        "`benchmarks/calibration/simulate.py`.\n"
    )
    failures = 0
    with ProcessPoolExecutor(asked.processes) as pool:
        for name in asked.only or SUITES:
            jobs, table, share = SUITES[name]
            begun_s = time.perf_counter()
            n_runs = max(1, round(asked.runs * share))
            made = table(list(pool.map(_run, jobs(n_runs, asked.seed))))
            failures += made.failures
            print("\n".join(made.markdown()))
            took_s = time.perf_counter() - begun_s
            print(f"{n_runs:,} data sets a row. {made.failures} outside what is asked.\n", flush=True)
            print(f"{name}: {took_s:.0f} s on {asked.processes} processes", file=sys.stderr)
    return 1 if failures else 0


def _run(job: Callable[[], Row]) -> Row:
    return job()


if __name__ == "__main__":
    sys.exit(main())
