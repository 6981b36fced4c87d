"""What batches of one length bring: the same utterances, sorted and in the manifest's order, by one engine.

    python benchmarks/batch_sorting.py ../shared/data/speechocean762 > benchmarks/results/batch_sorting.md

A batch is decoded until its longest text ends. The two orders take turns, batch by batch, so that other work
on the machine falls on both alike; each round sums over all batches, and a ratio is the median of the rounds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from asr_batching import Utterance, machine, read_utterances, system

from asr_fair.asr import load_engine
from asr_fair.asr.base import Clip, Engine
from asr_fair.asr.windows import n_windows
from asr_fair.records import SAMPLE_RATE_HZ
from asr_fair.run.batch import partition

ENGINES = ("whisper", "faster-whisper")
ORDERS = ("sorted", "as they come")


class Round(NamedTuple):
    """One round of one order: seconds of processor time and by the clock, and the texts by utterance."""

    cpu_s: float
    wall_s: float
    texts: dict[str, str]


def main() -> None:
    """Measure and print a Markdown report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("corpus", type=Path, help="folder of speechocean762")
    parser.add_argument("--utterances", type=int, default=160)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch-windows", type=int, nargs="+", default=[8, 32])
    asked = parser.parse_args()
    utterances = {f"u{n:04d}": each for n, each in enumerate(read_utterances(asked.corpus, asked.utterances))}
    rows = []
    for engine in ENGINES:
        for windows in asked.batch_windows:
            loaded = load_engine(system(engine, "float32", windows))
            rounds = [measure(loaded, utterances, windows) for _ in range(asked.rounds)]
            rows.append(row(f"{engine}, float32", windows, rounds))
            print(rows[-1], file=sys.stderr)
    audio_s = sum(len(each.samples) for each in utterances.values()) / SAMPLE_RATE_HZ
    lines = [
        "# Batches of one length against batches in the manifest's order",
        "",
        f"tiny.en, {len(utterances)} utterances of speechocean762 ({audio_s:.0f} s of audio), one process. A "
        f"ratio is as they come / sorted, the median of {asked.rounds} rounds. Made by "
        "`benchmarks/batch_sorting.py`.",
        "",
        f"Machine: {machine()}",
        "",
        "| engine | windows in a batch | processor time, × | by the clock, × | texts that differ |",
        "|-|-|-|-|-|",
        *rows,
    ]
    print("\n".join(lines))


def measure(engine: Engine, utterances: dict[str, Utterance], windows: int) -> dict[str, Round]:
    """One round of both orders."""
    ids = list(utterances)
    durations_s = {key: len(each.samples) / SAMPLE_RATE_HZ for key, each in utterances.items()}
    divided = dict(
        zip(
            ORDERS,
            (
                partition(durations_s, n_windows, batch_windows=windows),
                [ids[start : start + windows] for start in range(0, len(ids), windows)],
            ),
            strict=True,
        )
    )
    cpu_s, wall_s = dict.fromkeys(ORDERS, 0.0), dict.fromkeys(ORDERS, 0.0)
    texts: dict[str, dict[str, str]] = {order: {} for order in ORDERS}
    for pair in zip(*divided.values(), strict=True):
        for order, block in zip(ORDERS, pair, strict=True):
            cpu, wall = time.process_time(), time.perf_counter()
            heard = engine.transcribe([Clip(key, "clean", utterances[key].samples) for key in block])
            cpu_s[order] += time.process_time() - cpu
            wall_s[order] += time.perf_counter() - wall
            texts[order] |= {key: each.text for key, each in zip(block, heard, strict=True)}
    return {order: Round(cpu_s[order], wall_s[order], texts[order]) for order in ORDERS}


def row(name: str, windows: int, rounds: Sequence[dict[str, Round]]) -> str:
    """The medians of the ratios, and the texts that another company changed."""
    by_sorted, as_they_come = ([each[order] for each in rounds] for order in ORDERS)
    pairs = list(zip(as_they_come, by_sorted, strict=True))
    lighter = statistics.median(one.cpu_s / other.cpu_s for one, other in pairs)
    faster = statistics.median(one.wall_s / other.wall_s for one, other in pairs)
    first, second = pairs[0]
    differ = sum(text != second.texts[key] for key, text in first.texts.items())
    return f"| {name} | {windows} | {lighter:.2f} | {faster:.2f} | {differ} of {len(first.texts)} |"


if __name__ == "__main__":
    main()
