"""`results.json`, whole: private to the run directory and complete.

Display rules act on what is made from it (`fairness.display`), never on the file itself.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from pydantic import Field

from asr_fair.fairness.results.controls import Control, Standardised
from asr_fair.fairness.results.figures import Comparison, Figure, Summary
from asr_fair.fairness.results.groups import DimensionInfo, Loss
from asr_fair.fairness.results.models import FaasRow, ModelRow
from asr_fair.fairness.results.normalisers import NormaliserTrace, Robustness
from asr_fair.fairness.results.study import (
    ConditionInfo,
    ManifestInfo,
    PlanInfo,
    Probes,
    SharedInfo,
    SystemInfo,
)
from asr_fair.fairness.results.systems import MatchedPairsRow, SystemComparison
from asr_fair.files import write_text
from asr_fair.validation import Strict

SCHEMA_VERSION = "1.5"
"""1.1 added room, handset, titles, versions and clipping to a condition; 1.2 p-values to a comparison,
summaries, and a status; 1.3 models and FAAS, tolerances in dB with their statuses and `censored_at`,
intersections, gaps within levels of another dimension, comparisons of systems, the normaliser as a factor
(comparisons under other normalisers than the headline, robustness, traces), figures of characters and of
single utterances (`cer`, `utterance_mean_wer`, `capped_wer`, `design_effect`, words that nobody said); to a
group the speakers with reference words, whom alone the rows of figures count now; to a
comparison whether it is exploratory and the smallest ratio that it could have seen; to the plan its margins,
its family, and whether it is exploratory itself; 1.4 to a comparison its gap with the simultaneous interval,
to rates of S, D and I, means of speakers and shares of utterances intervals; 1.5 words written down where
nobody spoke. Files of 1.0 to 1.4 are read."""


class Results(Strict):
    """`results.json`, whole."""

    schema_version: str = SCHEMA_VERSION
    name: str
    title: str
    created_at: datetime
    asr_fair_version: str
    seed: int | None
    manifest: ManifestInfo
    plan: PlanInfo
    conditions: tuple[ConditionInfo, ...]
    systems: tuple[SystemInfo, ...]
    normalisers: tuple[str, ...] = Field(description="the first one is the headline")
    normaliser_versions: dict[str, str]
    dimensions: tuple[DimensionInfo, ...]
    figures: tuple[Figure, ...]
    comparisons: tuple[Comparison, ...]
    summaries: tuple[Summary, ...] = ()
    models: tuple[ModelRow, ...] = ()
    faas: tuple[FaasRow, ...] = ()
    controls: tuple[Control, ...] = ()
    standardised: tuple[Standardised, ...] = ()
    system_comparisons: tuple[SystemComparison, ...] = ()
    matched_pairs: tuple[MatchedPairsRow, ...] = ()
    robustness: tuple[Robustness, ...] = ()
    normaliser_traces: tuple[NormaliserTrace, ...] = ()
    losses: tuple[Loss, ...]
    probes: tuple[Probes, ...] = ()
    warnings: tuple[str, ...] = ()
    shared: SharedInfo | None = Field(
        default=None, description="of a shared package: what was left out of it; None: complete and private"
    )


def write_results(results: Results, path: Path) -> None:
    """Write `results.json`, and beside it the JSON Schema that it follows (`results.schema.json`)."""
    schema = Results.model_json_schema(mode="serialization")
    write_text(json.dumps(schema, indent=1) + "\n", path.with_suffix(".schema.json"))
    write_text(results.model_dump_json(indent=1) + "\n", path)


def read_results(path: Path) -> Results:
    """The results in a `results.json`."""
    return Results.model_validate_json(path.read_text(encoding="utf-8"))
