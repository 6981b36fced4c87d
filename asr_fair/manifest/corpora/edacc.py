"""EdAcc, test part: conversations in many Englishes, with transcripts of Whisper large-v3-turbo; no audio."""

from __future__ import annotations

import json
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
from asr_fair.validation import read_utf8
from asr_fair.wording import counted

SYSTEM = "whisper-large-v3-turbo"
GROUP_CHOICES = ("published", "all")

NOT_SCORED = "IGNORE_TIME_SEGMENT_IN_SCORING"
FOREIGN = "<FOREIGN>"
MARKER = r"<[A-Z-]+>"
"""Markers of sounds, such as <LAUGH>: they are no words."""

_COLUMNS = ("utt_id", "speaker", "accent", "ref_raw", "hyp_raw")


def read(source: Path, *, groups: str = "published") -> Corpus:
    """References and transcripts of the audit in `source`.

    `groups`: 'published' keeps the accents of groups.json (at least 20 minutes and 3 speakers), the rows
    that the published figures rest on; 'all' keeps the others too.
    """
    if groups not in GROUP_CHOICES:
        msg = f"edacc: groups must be one of {', '.join(GROUP_CHOICES)}, got {groups!r}"
        raise ConfigError(msg)
    raw = read_columns(source / "transcripts.jsonl", _COLUMNS)
    refuse_duplicates(raw, "utt_id", raw.frame["utt_id"])
    published = _published_groups(source / "groups.json")
    rows, notes = _without_unscored(raw.frame)
    if groups == "published":
        kept = rows["accent"].isin(published["groups"])
        if not kept.all():
            others = rows["accent"][~kept]
            notes.append(
                f"dropped {len(others):,} of {counted(len(rows), 'utterance')}, in "
                f"{counted(others.nunique(), 'accent')} outside the published groups (--option groups=all "
                "keeps them)"
            )
        rows = rows[kept]
    references = rows["ref_raw"].str.replace(MARKER, " ", regex=True).str.split().str.join(" ")
    n_marked = int(rows["ref_raw"].str.contains(MARKER, regex=True).sum())
    notes.append(f"removed markers such as <LAUGH> from {counted(n_marked, 'reference')}")
    manifest = pd.DataFrame(
        {
            "utterance_id": rows["utt_id"],
            "reference": references,
            "speaker_id": rows["speaker"],
            "language": "en",
            "accent": rows["accent"],
        },
        dtype=object,
    )
    if n_empty := int((references == "").sum()):
        notes.append(f"{counted(n_empty, 'reference')} without any word, whose insertions count")
    return Corpus(
        manifest,
        _sidecar(published["dataset_revision"], sorted(rows["accent"].unique())),
        transcripts=transcripts_of(SYSTEM, rows["utt_id"], rows["hyp_raw"]),
        notes=tuple(notes),
    )


def _published_groups(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(read_utf8(path))
        return {"groups": list(content["groups"]), "dataset_revision": str(content["dataset_revision"])}
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path}: lacks 'groups' or 'dataset_revision' ({error!r}). Fetch the audit's files again"
        raise ConfigError(msg) from error


def _without_unscored(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The rows that the corpus's own rules score, and a note on each kind that was dropped."""
    notes = []
    unscored = rows["ref_raw"].str.strip() == NOT_SCORED
    foreign = rows["ref_raw"].str.contains(FOREIGN, regex=False)
    for reason, dropped in ((NOT_SCORED, unscored), (FOREIGN, foreign)):
        if dropped.any():
            notes.append(f"dropped {counted(int(dropped.sum()), 'utterance')} marked {reason}")
    return rows[~(unscored | foreign)], notes


def _sidecar(revision: str, accents: list[str]) -> dict[str, Any]:
    blanks = ["Don't know"]
    return {
        "name": "edacc",
        "version": revision,
        "title": "EdAcc, test part",
        "description": (
            "Video calls between friends in many varieties of English (Sanabria et al. 2023), with "
            f"transcripts of {SYSTEM}. References and transcripts only, no audio."
        ),
        "licence": "text CC BY-SA 4.0, University of Edinburgh; transcripts MIT",
        "collected": "not stated in these files; published 2023",
        "language": "en",
        "permitted_use": list(EVERY_USE),
        "dimensions": {
            "accent": {
                "title": "Accent or first language, as EdAcc names it",
                "source": "corpus_metadata",
                "source_note": "EdAcc's column 'accent', made from each speaker's linguistic background",
                "level": "speaker",
                "values": [accent for accent in accents if accent not in blanks],
                "multiple": False,
                "sensitive": True,
                "blanks": blanks,
            }
        },
    }
