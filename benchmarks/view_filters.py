"""How long the error browser takes to answer a filter in a run of 100,000 utterances, over HTTP.

    python benchmarks/view_filters.py > benchmarks/results/view_filters.md

A run directory is made up (manifest, transcripts, counts under four normalisers in two units), `asr-fair
view` is started on it in a process of its own, and each address is asked for in turn, several times over.
Times are wall clock, from the request to the last byte; opening is told apart from answering.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from asr_fair.config import Plan
from asr_fair.fairness.results import SystemInfo
from asr_fair.manifest.model import Manifest
from asr_fair.manifest.sidecar import CORE_COLUMNS, parse_sidecar
from asr_fair.pipeline.provenance import new_record
from asr_fair.pipeline.score import score
from asr_fair.pipeline.stored_run import write_manifest_copy
from asr_fair.report.links import utterances_query
from asr_fair.score.align import count_word_errors
from asr_fair.score.counts import CHARACTERS, COUNT_COLUMNS, WORDS
from asr_fair.score.normalise import DEFAULT_NORMALISERS

CONDITIONS = ("clean", "scanner@20dB", "scanner@10dB", "alarm@10dB", "bay+babble@5dB+landline")
SYSTEMS = ("one", "two")
DIMENSIONS = {"accent": 12, "gender": 4, "age": 7, "region": 20, "first_language": 30, "handset": 3}
SENTENCE = "please bring the second tray to room nine before the morning round"
SENTENCES = 400

FILTERS: Mapping[str, str] = {
    "everything": "",
    "one group": utterances_query(groups={"accent": "accent 3"}),
    "a group, a condition, a system, as the report links": utterances_query(
        condition="scanner@10dB", system="two", groups={"accent": "accent 3"}
    ),
    "a group, words added": utterances_query(kind="insertions", groups={"gender": "gender 1"}),
    "six tags at once": utterances_query(groups={name: f"{name} 1" for name in DIMENSIONS}),
    "runaway transcripts": utterances_query(kind="runaway"),
    "everything, highest WER first": "sort=rate",
    "everything by id, page 10,000": "sort=id&page=10000",
    "no error, last page": "kind=none&page=99999999",
    "a text that many hold": "text=tray",
    "a text that nobody said": "text=nowhere",
    "a text, a group, a column": "text=second+tray&tag.accent=accent+3&system=one&condition=clean",
    "most worsened against clean": "sort=worse",
    "most improved against a system, of a group": "sort=better&than.system=one&tag.gender=gender+1",
}


SLOW: Mapping[str, str] = {
    "words of one group, for the first time": "words?tag.accent=accent+3&system=one&condition=clean",
    "words of another group": "words?tag.accent=accent+4&system=one&condition=clean",
    "the same words again": "words?tag.accent=accent+4&system=one&condition=clean",
    "suspected references, for the first time": "references",
    "suspected references again": "references?system=two",
}
FIGURES_OF = 200

ONE = "(one utterance, two systems)"


@dataclass(frozen=True)
class Opened:
    """A server: its address, seconds until it answered, and its process."""

    address: str
    seconds: float
    pid: int

    @property
    def peak_mib(self) -> float:
        """Most memory that it held."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def make_run(folder: Path, n_utterances: int) -> Path:
    """A made-up run directory, as `score` leaves it, with the figures of a small part of it."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    said = [" ".join(rng.choice(SENTENCE.split(), rng.integers(3, 18))) for _ in range(SENTENCES)]
    heard = [_misheard(sentence, rng) for sentence in said]
    ids = np.array([f"recording-{number:07d}" for number in rng.permutation(n_utterances)])
    pick = rng.integers(SENTENCES, size=n_utterances)
    _write_manifest(folder, ids, [said[each] for each in pick], rng)
    _write_outcomes(folder, ids, pick, said, heard, rng)
    _write_results(folder)
    record = new_record(
        kind="score",
        identity={"manifest": "0" * 64},
        plan=Plan(),
        configuration={"manifest": str(folder / "gone.jsonl")},
        systems=tuple(SystemInfo(name=name) for name in SYSTEMS),
        conditions=dict.fromkeys(CONDITIONS),
        normaliser_versions=dict.fromkeys(DEFAULT_NORMALISERS, "made up"),
    )
    (folder / "run.json").write_text(record.model_dump_json(), encoding="utf-8")
    return folder


def _write_results(folder: Path) -> None:
    """`results.json` of `FIGURES_OF` utterances: which groups there are and what may be shown of them."""
    with tempfile.TemporaryDirectory() as made:
        part = Path(made)
        table = pq.read_table(folder / "manifest.parquet").slice(0, FIGURES_OF)
        pq.write_table(table, part / "part.parquet")
        shutil.copy(folder / "manifest.yaml", part / "part.yaml")
        heard = [("utterance_id", "in", set(table["utterance_id"].to_pylist()))]
        texts = pq.read_table(folder / "transcripts" / "part-000000.parquet", filters=heard)
        pq.write_table(texts.drop_columns(["error", "language"]), part / "texts.parquet")
        score(part / "part.parquet", part / "texts.parquet", part / "run", max_loss=1)
        shutil.copy(part / "run" / "results.json", folder / "results.json")


def _misheard(sentence: str, rng: np.random.Generator) -> str:
    """A sentence with words left out, taken for others, added, and now and then a loop."""
    words = [str(rng.choice(SENTENCE.split())) if rng.random() < 0.1 else word for word in sentence.split()]
    words = [word for word in words if rng.random() > 0.05]
    added = ["you"] * 60 if rng.random() < 0.01 else ["now"] * int(rng.random() < 0.1)
    return " ".join([*words, *added])


def _write_manifest(folder: Path, ids: Any, references: list[str], rng: np.random.Generator) -> None:
    lines = ["name: benchmark", "language: en", "dimensions:"]
    lines += [f"  {name}: {{title: {name}, source: self_report, level: utterance}}" for name in DIMENSIONS]
    table = pd.DataFrame(dict.fromkeys(CORE_COLUMNS), index=range(len(ids)), dtype=object)
    table["utterance_id"], table["reference"], table["language"] = ids, references, "en"
    table["speaker_id"] = [f"speaker {number}" for number in rng.integers(len(ids) // 50 + 1, size=len(ids))]
    for name, n_groups in DIMENSIONS.items():
        table[name] = [(f"{name} {number}",) for number in rng.integers(n_groups, size=len(ids))]
    sidecar = parse_sidecar("\n".join(lines), name="benchmark")
    write_manifest_copy(Manifest(table, sidecar, "0" * 64, np.arange(len(ids)), "benchmark"), folder)


def _write_outcomes(
    folder: Path, ids: Any, pick: Any, said: list[str], heard: list[str], rng: np.random.Generator
) -> None:
    counts = np.array([list(_counts(*pair)) for pair in zip(said, heard, strict=True)])
    right = np.array([list(_counts(each, each)) for each in said])
    keys, rows, texts = [], [], []
    for condition in CONDITIONS:
        for system in SYSTEMS:
            wrong = rng.random(len(ids)) < 0.7
            keys.append(pd.DataFrame({"utterance_id": ids, "condition": condition, "system": system}))
            rows.append(np.where(wrong[:, None], counts[pick], right[pick]))
            texts += [
                heard[each] if is_wrong else said[each] for each, is_wrong in zip(pick, wrong, strict=True)
            ]
    key = pd.concat(keys, ignore_index=True)
    outcomes = key.assign(text=texts, error=None, language=None)
    (folder / "transcripts").mkdir()
    _write(outcomes, folder / "transcripts" / "part-000000.parquet")
    key[list(COUNT_COLUMNS)] = np.concatenate(rows)
    key["wrong_language"] = pd.array([pd.NA] * len(key), dtype="boolean")
    tables = [
        key.assign(normaliser=name, unit=unit) for name in DEFAULT_NORMALISERS for unit in (WORDS, CHARACTERS)
    ]
    _write(pd.concat(tables, ignore_index=True), folder / "counts.parquet")


def _counts(reference: str, heard: str) -> Iterator[int]:
    found = count_word_errors(reference.split(), heard.split())
    yield from (found.substitutions, found.deletions, found.insertions, found.hits)


def _write(table: pd.DataFrame, path: Path) -> None:
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path)


@contextmanager
def opened(run: Path) -> Iterator[Opened]:
    """`asr-fair view` on a run, in a process of its own."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "asr_fair", "view", str(run), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own
        address = next(iter(server.stdout or ())).strip()
        try:
            yield Opened(address, time.perf_counter() - started, server.pid)
        finally:
            server.terminate()


def asked(address: str) -> float:
    """Seconds that an address takes to answer."""
    started = time.perf_counter()
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own server
        answer.read()
    return time.perf_counter() - started


def main() -> None:
    """Measure, and print the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        run = make_run(folder / "run", options.utterances)
        with opened(run) as server:
            first = asked(f"{server.address}utterances")
            warming = {name: asked(f"{server.address}utterances?{query}") for name, query in FILTERS.items()}
            # Both are made in the background: when they answer, that is done.
            ready = asked(server.address) + asked(f"{server.address}utterances?text=tray")
            times: dict[str, list[float]] = {name: [] for name in FILTERS}
            utterance = f"utterance?{urlencode({'id': 'recording-0000007', 'beside.system': 'two'})}"
            pages: list[float] = []
            for _ in range(options.rounds):
                for name, query in FILTERS.items():
                    times[name].append(asked(f"{server.address}utterances?{query}"))
                pages.append(asked(f"{server.address}{utterance}"))
            slow = {name: asked(f"{server.address}{address}") for name, address in SLOW.items()}
            print(
                _page(
                    options.utterances, options.rounds, server, (first, ready), times | {ONE: pages}, warming
                )
            )
            print("\n".join(["", "| page made by a thread of its own | s |", "|-|-|"]))
            print("\n".join(f"| {name} | {seconds:.1f} |" for name, seconds in slow.items()))
    finally:
        shutil.rmtree(folder)


def _page(
    n_utterances: int,
    rounds: int,
    server: Opened,
    waits: tuple[float, float],
    times: Mapping[str, list[float]],
    warming: Mapping[str, float],
) -> str:
    first, ready = waits
    n_rows = n_utterances * len(CONDITIONS) * len(SYSTEMS)
    load = os.getloadavg()[1]
    lines = [
        "# Filters of the error browser",
        "",
        f"{n_utterances:,} utterances, {len(CONDITIONS)} conditions, {len(SYSTEMS)} systems: {n_rows:,} "
        f"transcripts, six tags. Wall clock over HTTP, {rounds} rounds of all filters in turn; one machine "
        "asks and answers. Made by `benchmarks/view_filters.py`.",
        "",
        f"Machine: {platform.machine()}, {os.cpu_count()} cores, load {load:.1f} over 5 minutes.",
        "",
        f"Opening, until the server answers: {server.seconds:.1f} s; the first list, which reads texts from "
        f"the disk: {1000 * first:.0f} ms. Then the report is made and all texts are read in the background: "
        f"one round of filters meanwhile, and {ready:.1f} s more until that was done. Most memory: "
        f"{server.peak_mib:.0f} MiB.",
        "",
        "| filter | median, ms | slowest, ms | meanwhile, ms |",
        "|-|-|-|-|",
    ]
    for name, found in times.items():
        meanwhile = f"{1000 * warming[name]:.0f}" if name in warming else ""
        lines.append(
            f"| {name} | {1000 * statistics.median(found):.0f} | {1000 * max(found):.0f} | {meanwhile} |"
        )
    slowest = max(max(found) for name, found in times.items() if name != ONE)
    verdict = "within" if slowest <= 0.3 else "beyond"
    said = f"The slowest answer to a filter, once the background is done, is {verdict} 300 ms."
    return "\n".join([*lines, "", said])


if __name__ == "__main__":
    main()
