"""`compare.json`: two systems of one run or of two, on the utterances of both. Private, as results are.

A is the earlier or baseline side, B the later one. In `results` B is `system` and A `other_system`, so that a
difference is a change from A to B: below zero, B makes fewer errors.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from pydantic import Field

from asr_fair.fairness.results.document import Results
from asr_fair.fairness.results.study import SystemInfo
from asr_fair.files import write_text
from asr_fair.validation import Strict


class ComparedSide(Strict):
    """One of the two: which system of which run, and all that may make its figures differ."""

    label: str = Field(description="what it is called in `results`")
    run: str = Field(description="name of its run directory")
    run_digest: str = Field(description="of the run's identity: configuration, manifest, transcripts")
    system: SystemInfo = Field(description="under the name that it has in its run")
    kind: str
    asr_fair_version: str
    started_at: datetime
    seed: str | None
    manifest_name: str
    manifest_version: str | None
    manifest_digest: str
    audio_digest: str | None = Field(description="None where transcripts were handed in")
    transcripts_digest: str | None = Field(description="of those that were handed in")
    batches_digest: str | None
    normaliser: str = Field(description="headline of its own report")
    normaliser_version: str | None = Field(description="that its own report was made with")
    conditions: dict[str, str | None] = Field(description="digest of each condition's recipe")
    plan_digest: str


class ComparedRuns(Strict):
    """`compare.json`, whole."""

    schema_version: str = "1.0"
    a: ComparedSide
    b: ComparedSide
    results: Results = Field(description="of B against A; `losses` tells what was left out of both, and why")


def write_compared(compared: ComparedRuns, path: Path) -> None:
    """Write `compare.json`, and beside it the JSON Schema that it follows."""
    schema = ComparedRuns.model_json_schema(mode="serialization")
    write_text(json.dumps(schema, indent=1) + "\n", path.with_suffix(".schema.json"))
    write_text(compared.model_dump_json(indent=1) + "\n", path)


def read_compared(path: Path) -> ComparedRuns:
    """The comparison in a `compare.json`."""
    return ComparedRuns.model_validate_json(path.read_text(encoding="utf-8"))
