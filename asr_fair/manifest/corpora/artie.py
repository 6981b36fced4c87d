"""Artie Bias Corpus: read sentences of Common Voice, with transcripts of five systems; no audio here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from asr_fair.errors import ConfigError
from asr_fair.manifest.corpora.base import (
    EVERY_USE,
    Corpus,
    read_columns,
    refuse_duplicates,
    transcripts_of,
)
from asr_fair.wording import counted

BLANK = "NA"
DIMENSIONS = {"age": "Age", "gender": "Gender", "accent": "Accent"}
AGES = (
    "teens",
    "twenties",
    "thirties",
    "fourties",
    "fifties",
    "sixties",
    "seventies",
    "eighties",
    "nineties",
)
"""In the corpus's own spelling, in order of age."""

MIN_PSEUDONYM_LENGTH = 16


def read(source: Path) -> Corpus:
    """References in artie-bias-corpus.tsv and the transcripts in predictions/*.tsv."""
    raw = read_columns(source / "artie-bias-corpus.tsv", ("client_id", "path", "sentence", *DIMENSIONS))
    utterance_ids = _stems(raw.frame["path"])
    refuse_duplicates(raw, "path", utterance_ids)
    manifest = pd.DataFrame(
        {
            "utterance_id": utterance_ids,
            "reference": raw.frame["sentence"],
            "speaker_id": _pseudonyms(raw.frame["client_id"]),
            "language": "en",
            **{name: raw.frame[name] for name in DIMENSIONS},
        },
        dtype=object,
    )
    transcripts, notes = _read_predictions(source / "predictions", utterance_ids)
    return Corpus(manifest, _sidecar(manifest), transcripts=transcripts, notes=tuple(notes))


def _read_predictions(folder: Path, utterance_ids: pd.Series[str]) -> tuple[pd.DataFrame, list[str]]:
    paths = sorted(folder.glob("*.tsv"))
    if not paths:
        msg = f"{folder}: holds no .tsv file with transcripts. Name the folder that holds predictions/"
        raise ConfigError(msg)
    tables, notes = [], []
    for path in paths:
        raw = read_columns(path, ("path", "prediction"))
        # The list names .mp3 files, some systems were given .wav files: the name without its ending joins.
        ids = _stems(raw.frame["path"])
        refuse_duplicates(raw, "path", ids)
        known = ids.isin(utterance_ids)
        table = transcripts_of(path.stem, ids[known], raw.frame["prediction"][known])
        tables.append(table)
        notes += _prediction_notes(
            path.stem, table, n_dropped=int((~known).sum()), n_asked=len(utterance_ids)
        )
    return pd.concat(tables, ignore_index=True), notes


def _prediction_notes(system: str, table: pd.DataFrame, *, n_dropped: int, n_asked: int) -> list[str]:
    n_empty, n_missing = int((table["text"] == "").sum()), n_asked - len(table)
    notes = []
    if n_dropped:
        notes.append(
            f"{system}: dropped {counted(n_dropped, 'transcript')} of recordings that the corpus "
            "does not list"
        )
    if n_missing:
        notes.append(
            f"{system}: {counted(n_missing, 'recording')} without a transcript, which scoring counts as "
            "missing"
        )
    if n_empty:
        notes.append(f"{system}: {counted(n_empty, 'empty transcript')}, scored as all words deleted")
    return notes


def _stems(paths: pd.Series[str]) -> pd.Series[str]:
    return paths.str.replace(r"\.[^./]+$", "", regex=True)


def _pseudonyms(client_ids: pd.Series[str]) -> pd.Series[str]:
    """The shortest beginnings of the 128-digit ids, 16 digits or more, that still tell all people apart."""
    n_speakers, length = client_ids.nunique(), MIN_PSEUDONYM_LENGTH
    while client_ids.str[:length].nunique() < n_speakers:
        length += 1
    return client_ids.str[:length]


def _sidecar(manifest: pd.DataFrame) -> dict[str, Any]:
    return {
        "name": "artie-bias-corpus",
        "version": "2020-03-19",
        "title": "Artie Bias Corpus",
        "description": (
            "Sentences of Common Voice (English, June 2019), read aloud and checked again by Artie, Inc., "
            "with transcripts of five systems. References and transcripts only, no audio."
        ),
        "licence": "CC0 1.0",
        "collected": "until June 2019",
        "language": "en",
        "permitted_use": list(EVERY_USE),
        "dimensions": {
            name: {
                "title": title,
                "source": "self_report",
                "source_note": "given by the speakers on Common Voice, if they wished; NA where they did not",
                "level": "speaker",
                "values": _values(manifest[name]),
                "multiple": False,
                "sensitive": True,
                "blanks": [BLANK],
            }
            for name, title in DIMENSIONS.items()
        },
    }


def _values(tags: pd.Series[str]) -> list[str]:
    """The values that occur, ages in their order, others by name."""
    present = set(tags) - {BLANK, ""}
    in_order = [age for age in AGES if age in present]
    return in_order + sorted(present - set(AGES))
