"""Rows for the tests of the models: simulated, and EdAcc's utterances."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from asr_fair.fairness.models.table import Categorical, Covariate, Observations
from edacc_counts import headline

REFERENCE = "Mainstream US English"


def rows(
    errors: Sequence[int],
    words: Sequence[int],
    speakers: Sequence[int],
    groups: str,
    *covariates: Covariate,
    levels: str | None = None,
) -> Observations:
    """Rows whose groups are single letters; A is the reference."""
    names = tuple(levels or sorted({"A", *groups}))
    return Observations(
        errors=np.asarray(errors, np.int64),
        words=np.asarray(words, np.int64),
        speakers=np.asarray(speakers, np.int64),
        groups=Categorical("g", np.array([names.index(each) for each in groups], np.int64), names, "A"),
        covariates=covariates,
    )


def simulated(
    seed: int, *, n_speakers: int = 24, n_rows_each: int = 4, sigma: float = 0.5, words: int = 60
) -> tuple[Observations, np.ndarray]:
    """Three groups whose speakers differ, and a number per row that raises the rate by e^.3 per unit."""
    rng = np.random.default_rng(seed)
    n = n_speakers * n_rows_each
    speakers = np.repeat(np.arange(n_speakers), n_rows_each)
    codes = (np.arange(n_speakers) % 3)[speakers]
    number = rng.normal(size=n)
    counts = rng.poisson(words, n) + 1
    intercepts = rng.normal(0, sigma, n_speakers)[speakers]
    errors = rng.poisson(0.15 * counts * np.exp(np.array([0, 0.3, -0.4])[codes] + 0.3 * number + intercepts))
    groups = Categorical("g", codes, ("A", "B", "C"), "A")
    return Observations(errors, counts, speakers, groups), number


def edacc_utterances(shared_data: Path) -> Observations:
    """EdAcc after whisper_en, by utterance, empty references included."""
    table = headline(shared_data)
    accents, levels = pd.factorize(
        table["accent"].map(lambda each: each if isinstance(each, str) else each[0]), sort=True
    )
    return Observations(
        errors=table["errors"].to_numpy(np.int64),
        words=table["words"].to_numpy(np.int64),
        speakers=pd.factorize(table["speaker_id"])[0].astype(np.int64),
        groups=Categorical("accent", accents.astype(np.int64), tuple(levels), REFERENCE),
    )
