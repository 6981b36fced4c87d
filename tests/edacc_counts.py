"""Word error counts of real transcripts of EdAcc conversations, made once for all tests that need them."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import pandas as pd

from asr_fair.manifest.corpora import import_corpus
from asr_fair.manifest.tables import read_table
from asr_fair.manifest.transcripts import read_transcripts
from asr_fair.score.counts import WORDS, count_errors, of_unit
from asr_fair.score.normalise import load_normalisers

WER = {
    "whisper_en": {
        "Indian English": 0.105147,
        "Irish English": 0.114981,
        "Jamaican English": 0.227279,
        "Mainstream US English": 0.173321,
        "Nigerian English": 0.225294,
        "Spanish": 0.256805,
        "Vietnamese": 0.284269,
    },
    "basic": {
        "Indian English": 0.141,
        "Irish English": 0.132,
        "Jamaican English": 0.241,
        "Mainstream US English": 0.207,
        "Nigerian English": 0.248,
        "Spanish": 0.292,
        "Vietnamese": 0.343,
    },
}
"""Methods section 11, row A (published, to 1e-6), and section 1 (measured twice, to 1e-3)."""


@functools.cache
def edacc_tables(shared_data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The manifest's rows, and the counts of every unit under whisper_en and basic."""
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder) / "edacc.jsonl"
        summary = import_corpus("edacc", shared_data / "edacc_whisper_turbo", manifest)
        assert summary.transcripts is not None
        rows = read_table(manifest).frame
        known_ids = rows["utterance_id"].tolist()
        transcripts = read_transcripts(summary.transcripts, default_system="?", known_ids=known_ids)
    return rows, count_errors(rows, transcripts, load_normalisers(["whisper_en", "basic"]))


@functools.cache
def edacc_counts(shared_data: Path) -> pd.DataFrame:
    """One row per utterance and normaliser: counts, errors, words, and the columns of the manifest."""
    rows, counts = edacc_tables(shared_data)
    table = of_unit(counts, WORDS).merge(rows, on="utterance_id", validate="many_to_one")
    table["errors"] = table["substitutions"] + table["deletions"] + table["insertions"]
    table["words"] = table["substitutions"] + table["deletions"] + table["hits"]
    return table


def headline(shared_data: Path) -> pd.DataFrame:
    """The rows under whisper_en."""
    table = edacc_counts(shared_data)
    return table[table["normaliser"] == "whisper_en"]
