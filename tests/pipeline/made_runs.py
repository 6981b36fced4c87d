"""Small finished runs to compare: two accents, made transcripts, and ways to make a second version."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from asr_fair.config import Plan
from asr_fair.manifest.tables import write_table
from asr_fair.pipeline.score import score
from pipeline.test_score import SIDECAR, WORDS, write_inputs

Change = Callable[[pd.DataFrame], pd.DataFrame]
FEW_DRAWS = Plan.model_validate({"thresholds": {"n_draws": 1000}})


def unchanged(table: pd.DataFrame) -> pd.DataFrame:
    return table


def make_run(
    folder: Path,
    name: str,
    *,
    people: Change = unchanged,
    texts: Change = unchanged,
    plan: Plan = FEW_DRAWS,
    sidecar: str = SIDECAR,
    normalisers: list[str] | None = None,
) -> Path:
    """The run of `write_inputs` with its manifest and its transcripts changed."""
    place = folder / f"of-{name}"
    place.mkdir()
    manifest, transcripts = write_inputs(place)
    write_table(people(pd.read_json(manifest, lines=True)), manifest)
    write_table(texts(pd.read_csv(transcripts)), transcripts)
    manifest.with_suffix(".yaml").write_text(sidecar, encoding="utf-8")
    score(manifest, transcripts, folder / name, plan=plan, normalisers=normalisers or ["whisper_en"])
    return folder / name


def with_errors_in(accent: str, n_wrong: int) -> Change:
    """Transcripts of one accent with their last `n_wrong` words, or one or two more, replaced by another."""

    def change(texts: pd.DataFrame) -> pd.DataFrame:
        def worse(row: Any) -> str:
            if not row.utterance_id.startswith(accent):
                return str(row.text)
            n = n_wrong + int(row.utterance_id.split("-")[1]) % 3
            return " ".join([*row.text.split()[: len(WORDS) - n], *["zzz"] * n])

        return texts.assign(text=[worse(row) for row in texts.itertuples()])

    return change


def edit_json(path: Path, changes: Mapping[str, Any]) -> None:
    """Keys of a JSON file with other values; dots lead into what is inside."""
    content = json.loads(path.read_text(encoding="utf-8"))
    for key, value in changes.items():
        *way, last = key.split("/")
        inside = content
        for part in way:
            inside = inside[part]
        inside[last] = value
    path.write_text(json.dumps(content), encoding="utf-8")
