"""A table of counts as large as wanted, made up: what `fairness.analyse` is fed where speed is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from asr_fair.config import Plan, Reference, Thresholds
from asr_fair.fairness.analyse import Findings, analyse
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.results import ConditionInfo
from asr_fair.records import CLEAN

HEADLINE = "whisper_en"
SNRS_DB = (20, 15, 10, 5, 0)
SPEAKER_RATE, SPEAKER_SIGMA = 0.1, 0.4
WORDS = 12

GROUPS = {"gender": 3, "age": 6, "accent": 8, "region": 5, "first_language": 6, "device": 3}
"""Dimensions and their groups; a speaker has one of each, save of the last, which is the utterance's."""

REFERENCES = ("gender", "accent", "device")
"""Dimensions with a declared reference; in the others each group is compared with the rest."""


@dataclass(frozen=True)
class Size:
    """How much there is of everything."""

    utterances: int = 1_000_000
    speakers: int = 10_000
    conditions: int = 12
    systems: int = 2

    @property
    def rows(self) -> int:
        """Of the table of counts."""
        return self.utterances * self.conditions * self.systems


@dataclass(frozen=True, eq=False)
class MadeUp:
    """All that `analyse` needs."""

    counts: pd.DataFrame
    people: pd.DataFrame
    conditions: tuple[ConditionInfo, ...]
    systems: tuple[str, ...]
    dimensions: tuple[str, ...] = tuple(GROUPS)
    """Those that are analysed."""

    def analyse(self, n_draws: int) -> Findings:
        """The findings, by so many draws."""
        none = {
            name: pd.Series(dtype="str") for name in ("utterance_id", "condition", "system", "kind", "reason")
        }
        return analyse(
            self.counts,
            self.people,
            pd.DataFrame(none),
            [
                Dimension(name, name, "self_report", level="utterance" if name == "device" else "speaker")
                for name in self.dimensions
            ],
            Plan(
                references={
                    name: Reference(group="0", reason="named first")
                    for name in REFERENCES
                    if name in self.dimensions
                },
                thresholds=Thresholds(n_draws=n_draws),
            ),
            headline=HEADLINE,
            expected=[(condition.name, system) for system in self.systems for condition in self.conditions],
            conditions=self.conditions,
        )


def made_up(size: Size, seed: int = 1) -> MadeUp:
    """Utterances of speakers who differ in their rates, under conditions that add errors."""
    rng = np.random.default_rng(seed)
    weights = rng.lognormal(0.0, 0.6, size.speakers)
    speaker = np.sort(rng.choice(size.speakers, size.utterances, p=weights / weights.sum()))
    rate = SPEAKER_RATE * rng.lognormal(0.0, SPEAKER_SIGMA, size.speakers)[speaker]
    words = 1 + rng.poisson(WORDS - 1, size.utterances)
    conditions = _conditions(size.conditions)
    systems = tuple(f"system-{number}" for number in range(size.systems))
    people = _people(speaker, size, rng)
    n_columns = size.conditions * size.systems
    return MadeUp(
        counts=pd.DataFrame(
            _keys(people, [condition.name for condition in conditions], systems)
            | _counts(rate, words, rng.uniform(1.0, 4.0, n_columns), rng),
            copy=False,
        ),
        people=people,
        conditions=conditions,
        systems=systems,
    )


def _conditions(n: int) -> tuple[ConditionInfo, ...]:
    """Clean speech, then noises at five levels each."""
    noisy = []
    for number in range(n - 1):
        noise, snr_db = f"noise-{number // len(SNRS_DB)}", SNRS_DB[number % len(SNRS_DB)]
        name = f"{noise}@{snr_db}dB"
        noisy.append(ConditionInfo(name=name, title=name, profile=noise, snr_db=snr_db))
    return (ConditionInfo(name=CLEAN, title=CLEAN), *noisy)


def _people(speaker: NDArray[np.int64], size: Size, rng: np.random.Generator) -> pd.DataFrame:
    """One row an utterance; labels as tuples."""
    columns: dict[str, object] = {
        "utterance_id": [f"u{number:07}" for number in range(size.utterances)],
        "speaker": pd.Categorical.from_codes(speaker, [f"s{number:05}" for number in range(size.speakers)]),
        "duration_s": np.round(rng.uniform(1.0, 10.0, size.utterances), 2),
    }
    for name, n_groups in GROUPS.items():
        who = size.utterances if name == "device" else size.speakers
        group = rng.choice(n_groups, who, p=rng.dirichlet(np.full(n_groups, 3.0)))
        labels = np.empty(n_groups, object)
        labels[:] = [(str(number),) for number in range(n_groups)]
        columns[name] = labels[group if name == "device" else group[speaker]]
    return pd.DataFrame(columns)


def _keys(
    people: pd.DataFrame, conditions: list[str], systems: tuple[str, ...]
) -> Mapping[str, pd.Categorical]:
    """Every utterance under every condition, for one system after the other."""
    n, repeats = len(people), len(conditions) * len(systems)
    condition = np.tile(np.arange(len(conditions), dtype=np.int8), len(systems))
    system = np.repeat(np.arange(len(systems), dtype=np.int8), len(conditions))
    return {
        "utterance_id": pd.Categorical.from_codes(
            np.tile(np.arange(n, dtype=np.int32), repeats), people["utterance_id"]
        ),
        "condition": pd.Categorical.from_codes(np.repeat(condition, n), conditions),
        "system": pd.Categorical.from_codes(np.repeat(system, n), systems),
        "normaliser": pd.Categorical.from_codes(np.zeros(n * repeats, np.int8), [HEADLINE]),
    }


def _counts(
    rate: NDArray[np.float64],
    words: NDArray[np.int64],
    factors: NDArray[np.float64],
    rng: np.random.Generator,
) -> Mapping[str, NDArray[np.int64]]:
    """The four counts of each row, as `score.counts` makes them (int64)."""
    kinds = ("substitutions", "deletions", "insertions", "hits")
    counts = {kind: np.empty(len(words) * len(factors), np.int64) for kind in kinds}
    for number, factor in enumerate(factors):
        rows = slice(number * len(words), (number + 1) * len(words))
        missed = rng.binomial(words, np.minimum(0.8 * factor * rate, 0.95))
        deleted = rng.binomial(missed, 0.25)
        counts["substitutions"][rows] = missed - deleted
        counts["deletions"][rows] = deleted
        counts["insertions"][rows] = rng.poisson(0.2 * factor * rate * words)
        counts["hits"][rows] = words - missed
    return counts
