"""What the cache of transcripts costs while a run goes on, and what it gives back to another one.

    python benchmarks/transcript_cache.py > benchmarks/results/transcript_cache.md

Both are processor time of the driver. A batch is written to the run's own store in any case; the two take
turns on each batch, so that other work on the machine falls on both alike.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sqlite3
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from asr_fair.files import OUTCOMES_PER_GROUP
from asr_fair.records import Outcome, RenderRecord
from asr_fair.run.cache import CachedText, TranscriptCache, cached_text
from asr_fair.run.store import RunStore
from asr_fair.run.worker import BatchResult, Timing

BATCH = 8
WINDOW_CPU_S = 0.4
"""Of tiny.en in float32 on two cores, for one utterance (benchmarks/results/asr_batching.md: 80 in 32.6 s by
the clock); the other models take longer."""


def main() -> None:
    """Measure and print a Markdown report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--outcomes", type=int, default=100_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report(Path(folder), asked.outcomes)


def report(folder: Path, n_outcomes: int) -> None:
    """The whole report on stdout."""
    store_s, cache_s = writing(folder, n_batches=500)
    with TranscriptCache(folder / "many") as cache:
        for start in range(0, n_outcomes, 1000):
            cache.keep([text_of(number) for number in range(start, min(start + 1000, n_outcomes))])
    n_bytes = cache.path.stat().st_size
    taken_s, clock_s, more_mb = taking(folder, n_outcomes)
    print("# The cache of transcripts\n")
    machine = platform.processor() or platform.machine()
    print(
        f"{machine}, {os.cpu_count()} cores, Python {sys.version.split()[0]}, "
        f"SQLite {sqlite3.sqlite_version}. Processor time of the driver.\n"
    )
    print("| | |\n|-|-|")
    print(f"| a batch of {BATCH} into the run's own store | {store_s * 1000:.2f} ms |")
    print(f"| the same into the cache | {cache_s * 1000:.2f} ms, {cache_s / store_s:.2f} of the store |")
    print(f"| of what tiny.en takes for that batch | {cache_s / (WINDOW_CPU_S * BATCH):.3%} |")
    print(f"| {n_outcomes:,} outcomes from the cache into a run's store | {taken_s:.1f} s |")
    print(f"| the same by the clock, beside whatever else ran | {clock_s:.1f} s |")
    print(f"| memory that this takes at its peak | {more_mb:.0f} MB more |")
    print(f"| size of the file | {n_bytes / n_outcomes:.0f} bytes an outcome |")


def writing(folder: Path, *, n_batches: int) -> tuple[float, float]:
    """Processor seconds of one batch: the store's, the cache's."""
    (folder / "run").mkdir()
    store, store_s, cache_s = RunStore(folder / "run"), 0.0, 0.0
    with TranscriptCache(folder / "few") as cache:
        for number in range(n_batches):
            texts = [text_of(each) for each in range(number * BATCH, (number + 1) * BATCH)]
            outcomes = tuple(outcome_of(text, number) for text in texts)
            timing = Timing(number, "tiny", "scanner@5dB", BATCH, 24.0, 0.1, 3.0)
            result = BatchResult(outcomes, tuple(text.render for text in texts), timing)
            started = time.process_time()
            store.append([result])
            between = time.process_time()
            cache.keep(texts)
            cache_s += time.process_time() - between
            store_s += between - started
    return store_s / n_batches, cache_s / n_batches


def taking(folder: Path, n_outcomes: int) -> tuple[float, float, float]:
    """Seconds of the processor and the clock to copy all outcomes into a new store; MB at the peak."""
    (folder / "other").mkdir()
    store = RunStore(folder / "other")
    keys = [f"{number:064x}" for number in range(n_outcomes)]
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, clock = time.process_time(), time.monotonic()
    with TranscriptCache(folder / "many") as cache:
        found = cache.texts(keys)
        while some := list(islice(found, OUTCOMES_PER_GROUP)):
            outcomes = [outcome_of(each, None) for each in some]
            store.append_outcomes(outcomes, (each.render for each in some))
    taken_s, clock_s = time.process_time() - started, time.monotonic() - clock
    return taken_s, clock_s, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024


def text_of(number: int) -> CachedText:
    """A made-up row with as many figures as a noisy condition has."""
    render = RenderRecord(
        f"u{number}", "scanner@5dB", "d" * 64, profile="scanner", offset_s=0.5, snr_asked_db=5.0,
        snr_sounding_db=5.0, snr_whole_db=4.2, speech_level_db=-26.0, noise_gain_db=-3.0,
    )  # fmt: skip
    outcome = Outcome(
        f"u{number}", "scanner@5dB", "tiny", f"{number:064x}", text=f"please bring tray {number} to room 9",
        language="en", no_speech_probability=0.1, mean_log_probability=-0.4, batch_size=BATCH,
    )  # fmt: skip
    kept = cached_text(f"{number // 12:064x}", outcome, render)
    if kept is None:
        raise ValueError(outcome)
    return kept


def outcome_of(text: CachedText, batch_id: int | None) -> Outcome:
    """The outcome of a row."""
    return Outcome(
        text.render.utterance_id, text.render.condition, "tiny", text.cache_key, text=text.text,
        language=text.language, no_speech_probability=text.no_speech_probability,
        mean_log_probability=text.mean_log_probability, batch_id=batch_id, batch_size=text.batch_size,
    )  # fmt: skip


if __name__ == "__main__":
    main()
