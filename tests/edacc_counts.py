"""Word error counts of real transcripts of EdAcc conversations, made once for all tests that need them."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import pandas as pd

from asr_fair.manifest.corpora import import_corpus
from asr_fair.manifest.tables import read_table
from asr_fair.score.counts import count_errors
from asr_fair.score.normalise import load_normalisers
from asr_fair.score.transcripts import read_transcripts


@functools.cache
def edacc_counts(shared_data: Path) -> pd.DataFrame:
    """One row per utterance and normaliser: counts, errors, words, and the columns of the manifest."""
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder) / "edacc.jsonl"
        summary = import_corpus("edacc", shared_data / "edacc_whisper_turbo", manifest)
        assert summary.transcripts is not None
        rows = read_table(manifest).frame
        known_ids = rows["utterance_id"].tolist()
        transcripts = read_transcripts(summary.transcripts, default_system="?", known_ids=known_ids)
    table = count_errors(rows, transcripts, load_normalisers(["whisper_en", "basic"]))
    table = table.merge(rows, on="utterance_id", validate="many_to_one")
    table["errors"] = table["substitutions"] + table["deletions"] + table["insertions"]
    table["words"] = table["substitutions"] + table["deletions"] + table["hits"]
    return table


def headline(shared_data: Path) -> pd.DataFrame:
    """The rows under whisper_en."""
    table = edacc_counts(shared_data)
    return table[table["normaliser"] == "whisper_en"]
