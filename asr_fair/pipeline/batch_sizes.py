"""Transcripts of a finished run that were made in a smaller batch than was planned, for every group."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from asr_fair.config import Thresholds
from asr_fair.errors import ConfigError
from asr_fair.fairness.display import Visibility, visibility
from asr_fair.pipeline.batch_changes import members_of, n_speakers_of
from asr_fair.pipeline.stored_run import open_run, read_stored
from asr_fair.records import OVERALL
from asr_fair.score.normalise import load_normalisers

BATCHES_NAME = "batches.parquet"


@dataclass(frozen=True, slots=True)
class OtherSizes:
    """In a group of a run, texts by one system under one condition that were made in another batch size."""

    system: str
    condition: str
    dimension: str
    group: str
    n_texts: int
    n_other_size: int


def other_sizes(folder: Path) -> tuple[OtherSizes, ...]:
    """What batches that failed, or did not fit, left behind in a run; only where there is any.

    A batch is planned to hold all utterances of its block (`batches.parquet`); a row says in `batch_size`
    how many really went together. Groups of too few speakers are left out.

    Raises ConfigError where `folder` holds no finished run, or one of transcripts that came from elsewhere.
    """
    stored = open_run(folder)
    if not (folder / BATCHES_NAME).is_file():
        msg = f"{folder}: holds no {BATCHES_NAME}: its transcripts were made elsewhere. Name what `run` made"
        raise ConfigError(msg)
    blocks = read_stored(folder / BATCHES_NAME).to_pandas()
    blocks["planned"] = blocks.groupby(["system", "block"])["utterance_id"].transform("size")
    texts = stored.outcomes[stored.outcomes["text"].notna()]
    rows = texts.merge(blocks, on=["system", "utterance_id"])
    rows["other"] = rows["batch_size"].notna() & (rows["batch_size"] != rows["planned"])
    manifest = stored.manifest
    ids = manifest.table["utterance_id"]
    (normaliser,) = load_normalisers([stored.headline], languages=[])
    words = manifest.table["reference"].map(
        lambda text: len(normaliser.words(text)) if isinstance(text, str) else 0
    )
    rows["speaker"] = rows["utterance_id"].map(pd.Series(manifest.clusters.to_numpy(), ids))
    rows["n_words"] = rows["utterance_id"].map(pd.Series(words.to_numpy(), ids))
    groups = members_of(manifest, stored.plan.dimensions)
    return tuple(
        OtherSizes(
            str(system),
            str(condition),
            each.dimension,
            each.group,
            len(inside),
            int(inside["other"].sum()),
        )
        for (system, condition), of_cell in rows.groupby(["system", "condition"], sort=False)
        for each in groups
        if (inside := of_cell[of_cell["utterance_id"].isin(each.utterance_ids)])["other"].any()
        and (each.dimension == OVERALL or _may_be_shown(inside, stored.plan.thresholds))
    )


def _may_be_shown(rows: pd.DataFrame, limits: Thresholds) -> bool:
    n_speakers = n_speakers_of(rows, known=bool(rows["speaker"].notna().all()))
    return visibility(n_speakers, int(rows["n_words"].sum()), limits) >= Visibility.INDICATIVE
