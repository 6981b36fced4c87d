"""speechocean762: read English by 250 people whose first language is Mandarin, half of them children."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from asr_fair.errors import ConfigError
from asr_fair.manifest.corpora.base import Corpus, read_kaldi
from asr_fair.wording import counted

SPLITS = ("train", "test")
GENDERS = {"f": "female", "m": "male"}

_NOTE = "the corpus's own list; its authors do not say how it was asked"


def read(source: Path) -> Corpus:
    """The splits found under `source`. Raises ConfigError where there is none, FaultsError for bad lists."""
    splits = [name for name in SPLITS if (source / name).is_dir()]
    if not splits:
        msg = f"{source}: holds neither train/ nor test/. Name the folder that holds them and WAVE/"
        raise ConfigError(msg)
    manifest = pd.concat([_read_split(source, name) for name in splits], ignore_index=True)
    return Corpus(manifest, _sidecar(), audio_root=source, notes=tuple(_notes(source, manifest, splits)))


def _read_split(source: Path, split: str) -> pd.DataFrame:
    folder = source / split
    references, audio = read_kaldi(folder / "text"), read_kaldi(folder / "wav.scp")
    speakers, ages = read_kaldi(folder / "utt2spk"), read_kaldi(folder / "spk2age")
    genders = read_kaldi(folder / "spk2gender")
    unequal = references.keys() ^ audio.keys() | references.keys() ^ speakers.keys()
    if unequal:
        msg = (
            f"{folder}: {counted(len(unequal), 'utterance')}, such as {min(unequal)!r}, missing in one of "
            "text, wav.scp and utt2spk. Fetch the corpus again"
        )
        raise ConfigError(msg)
    rows = [
        {
            "utterance_id": utterance_id,
            "audio": audio[utterance_id],
            "reference": reference,
            "speaker_id": speaker,
            "language": "en",
            "split": split,
            "age": _years(ages.get(speaker)),
            "gender": GENDERS.get(genders.get(speaker, ""), genders.get(speaker)),
        }
        for utterance_id, reference in references.items()
        for speaker in [speakers[utterance_id]]
    ]
    return pd.DataFrame(rows, dtype=object)


def _years(age: str | None) -> int | str | None:
    """A whole number; anything else stays as it is, so that the check of the manifest names it."""
    return int(age) if age is not None and age.isdecimal() else age


def _notes(source: Path, manifest: pd.DataFrame, splits: list[str]) -> list[str]:
    notes = [f"read {' and '.join(splits)}; gender f and m written as female and male"]
    absent = [path for path in manifest["audio"] if not (source / path).is_file()]
    if absent:
        notes.append(f"{counted(len(absent), 'absent audio file')}, such as {absent[0]}, whose rows are kept")
    for tag in ("age", "gender"):
        n_blank = int(manifest[tag].isna().sum())
        if n_blank:
            notes.append(f"{counted(n_blank, 'utterance')} of speakers without {tag}: read as unknown")
    return notes


def _sidecar() -> dict[str, Any]:
    return {
        "name": "speechocean762",
        "version": "2021",
        "title": "speechocean762: read English, first language Mandarin",
        "description": (
            "Sentences read aloud by children and adults whose first language is Mandarin (Zhang et al., "
            "Interspeech 2021), recorded for research on pronunciation scoring. Half of the people are "
            "children: before sending the recordings to a hosted engine, decide whether you may, and add "
            "hosted_engines to permitted_use."
        ),
        "licence": "free for commercial and non-commercial purposes (README of the corpus)",
        "collected": "not stated by the corpus; published 2021",
        "language": "en",
        "permitted_use": ["evaluate", "share_results", "play_audio"],
        "dimensions": {
            "age": {
                "title": "Age in years",
                "source": "corpus_metadata",
                "source_note": f"spk2age, {_NOTE}",
                "level": "speaker",
                "bins": [
                    {"label": "up to 11", "high": 12},
                    {"label": "12 to 17", "low": 12, "high": 18},
                    {"label": "18 and over", "low": 18},
                ],
                "multiple": False,
                "sensitive": True,
                "blanks": [],
            },
            "gender": {
                "title": "Gender",
                "source": "corpus_metadata",
                "source_note": f"spk2gender, {_NOTE}",
                "level": "speaker",
                "values": sorted(GENDERS.values()),
                "multiple": False,
                "sensitive": True,
                "blanks": [],
            },
        },
    }
