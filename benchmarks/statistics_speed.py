"""Time and memory of the whole analysis from a table of counts, and fairlearn's bootstrap side by side.

    python -m benchmarks.statistics_speed --fairlearn /path/to/python > benchmarks/results/statistics.md
    python -m benchmarks.statistics_speed --utterances 100000       # a tenth of it

fairlearn is no dependency: `--fairlearn` names the Python of an environment that has it. Every figure is that
of a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from asr_fair.fairness.analyse import Findings
from benchmarks.made_up_counts import GROUPS, MadeUp, Size, made_up
from benchmarks.measuring import in_own_process

MIB = 2**20
SIDE_BY_SIDE = "accent"
FAIRLEARN_SCRIPT = Path(__file__).with_name("fairlearn_bootstrap.py")


class Measured(NamedTuple):
    """What one analysis took."""

    wall_s: float
    processor_s: float
    table_mib: float
    before_mib: float
    """Resident before the analysis: the table, the people and Python with its packages."""
    peak_mib: float
    n_rows_found: int


class Compared(NamedTuple):
    """Processor seconds of both, for so many draws each, and how far their rates are apart."""

    rows: int
    n_draws: int
    ours_s: float
    their_draws: int
    theirs_s: float
    difference: float


def main() -> None:
    """Measure, and print a page in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--utterances", type=int, default=Size().utterances)
    parser.add_argument("--speakers", type=int, default=Size().speakers)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--fairlearn", type=Path, help="Python of an environment that has fairlearn")
    parser.add_argument("--fairlearn-draws", type=int, default=1_000, help="a tenth of them for more rows")
    asked = parser.parse_args()
    size = Size(asked.utterances, asked.speakers)
    print("# Speed of the statistics\n")
    print(
        "Made by `benchmarks/statistics_speed.py`. Machine: "
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f} over a minute when it began.\n"
    )
    print("## The whole analysis\n")
    print("\n".join(whole(size, asked.draws)), flush=True)
    print("\n## Beside fairlearn's MetricFrame\n")
    if asked.fairlearn is None:
        print("Not measured: `--fairlearn` named no Python that has it.")
        return
    draws = asked.fairlearn_draws
    pairs = [(Size(1_000, 200), draws, draws), (Size(10_000, 500), asked.draws, draws // 10)]
    print("\n".join(side_by_side([in_own_process(compare, *pair, asked.fairlearn) for pair in pairs])))


def whole(size: Size, n_draws: int) -> Iterator[str]:
    """The analysis of all dimensions."""
    found = in_own_process(measure, size, n_draws)
    yield (
        f"{size.rows:,} rows: {size.utterances:,} utterances of {size.speakers:,} speakers under "
        f"{size.conditions} conditions by {size.systems} systems; {len(GROUPS)} dimensions of "
        f"{', '.join(map(str, GROUPS.values()))} groups, the last of them within speakers. {n_draws:,} draws "
        "of the bootstrap and of every permutation test that is not exact. Adding up utterances to speakers "
        "is included.\n"
    )
    yield "| wall, s | processor, s | table, MiB | resident before, MiB | peak, MiB | rows of results |"
    yield "|-|-|-|-|-|-|"
    yield (
        f"| {found.wall_s:.1f} | {found.processor_s:.1f} | {found.table_mib:.0f} | {found.before_mib:.0f} | "
        f"{found.peak_mib:.0f} | {found.n_rows_found:,} |"
    )


def side_by_side(found: list[Compared]) -> Iterator[str]:
    """Both, at sizes that fairlearn can bear."""
    yield (
        f"One dimension ({SIDE_BY_SIDE}, {GROUPS[SIDE_BY_SIDE]} groups) in 24 columns, WER, in processor "
        "seconds. Ours is the whole analysis: beside the bootstrap all figures with their jackknife "
        "intervals, max-T, verdicts and permutation tests. Theirs is `MetricFrame` with `control_features`, "
        "`n_boot` and `ci_quantiles`. It draws **rows**, and takes a speaker's utterances for independent; "
        "ours draws **speakers**, whose rows it adds up once, before the first draw. Where fairlearn made "
        "fewer draws, its time is theirs times as many as ours are more.\n"
    )
    yield (
        "| rows | draws | asr-fair, s | fairlearn, s | ratio | fairlearn, µs a row and draw | "
        "largest difference of a rate |"
    )
    yield "|-|-|-|-|-|-|-|"
    for each in found:
        theirs_s = each.theirs_s * each.n_draws / each.their_draws
        marked = "" if each.their_draws == each.n_draws else f" (from {each.their_draws:,} draws)"
        yield (
            f"| {each.rows:,} | {each.n_draws:,} | {each.ours_s:.2f} | {theirs_s:,.0f}{marked} | "
            f"{theirs_s / each.ours_s:,.0f} | {cost_us(each):.2f} | {each.difference:.1g} |"
        )
    rows, n_draws = Size().rows, 10_000
    yield (
        f"\n**Extrapolated**, not measured: at the last cost a row and draw, {rows:,} rows and {n_draws:,} "
        f"draws would take fairlearn {cost_us(found[-1]) * rows * n_draws / 1e6 / 86_400:,.0f} days for one "
        "dimension."
    )


def cost_us(of: Compared) -> float:
    """What one draw of one row costs fairlearn."""
    return of.theirs_s / of.their_draws / of.rows * 1e6


def measure(size: Size, n_draws: int) -> Measured:
    """One analysis, in this process."""
    made = made_up(size)
    before_mib = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / MIB
    wall_s, processor_s, findings = timed(made, n_draws)
    return Measured(
        wall_s=wall_s,
        processor_s=processor_s,
        table_mib=float(made.counts.memory_usage().sum()) / MIB,
        before_mib=before_mib,
        peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB,
        n_rows_found=len(findings.figures) + len(findings.comparisons) + len(findings.summaries),
    )


def compare(size: Size, n_draws: int, their_draws: int, python: Path) -> Compared:
    """Both on the same rows."""
    made = replace(made_up(size), dimensions=(SIDE_BY_SIDE,))
    _, ours_s, findings = timed(made, n_draws)
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.npz"
        np.savez(rows, **rows_of(made))
        command = [str(python), str(FAIRLEARN_SCRIPT), str(rows), str(their_draws)]
        theirs = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)  # noqa: S603
    ours = {
        f"{row.group} {row.condition} {row.system}": row.value
        for row in findings.figures
        if row.measure == "wer"
    }
    difference = max(abs((ours[name] or 0.0) - rate) for name, rate in theirs["rates"].items())
    return Compared(size.rows, n_draws, ours_s, their_draws, theirs["processor_s"], difference)


def timed(made: MadeUp, n_draws: int) -> tuple[float, float, Findings]:
    """Wall and processor seconds of the analysis, and its findings."""
    wall_s, processor_s = time.perf_counter(), time.process_time()
    findings = made.analyse(n_draws)
    return time.perf_counter() - wall_s, time.process_time() - processor_s, findings


def rows_of(made: MadeUp) -> dict[str, np.ndarray]:
    """Errors, words, group and column of every row."""
    counts = made.counts
    labels = np.array([label for (label,) in made.people[SIDE_BY_SIDE]])
    return {
        "errors": (counts["substitutions"] + counts["deletions"] + counts["insertions"]).to_numpy(),
        "words": (counts["substitutions"] + counts["deletions"] + counts["hits"]).to_numpy(),
        "group": labels[counts["utterance_id"].cat.codes.to_numpy()],
        "column": (counts["condition"].astype(str) + " " + counts["system"].astype(str)).to_numpy(str),
    }


if __name__ == "__main__":
    main()
