"""All that filters need of a run, as arrays: one row per utterance in each condition and by each system.

Texts are not in it; they are looked up for what is shown. A million rows take some 70 MB.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from asr_fair.errors import ConfigError
from asr_fair.fairness.counting.slices import DELETIONS, HITS, INSERTIONS, SUBSTITUTIONS
from asr_fair.fairness.counting.strata import Integers, Mask
from asr_fair.fairness.counting.tally import locate
from asr_fair.manifest.model import Manifest
from asr_fair.manifest.transcripts import NO_TRANSCRIPT
from asr_fair.pipeline.stored_outcomes import StoredOutcomes
from asr_fair.pipeline.stored_run import StoredRun
from asr_fair.records import RESERVED_GROUPS, ErrorCounts
from asr_fair.score.counts import COUNT_COLUMNS

Rows = NDArray[np.int32]
"""Numbers of rows: column × utterance, as in `Catalogue`."""
SCORED = -1
"""In `Catalogue.losses`: there is a text."""


@dataclass(frozen=True, eq=False)
class Tag:
    """A dimension: its title, its groups by name (declined and unknown last), and who is in which.

    Attributes
    ----------
    utterances, codes
        One entry for each label: the utterance that has it, and its place in `groups`; shape = (n_labels,).
    """

    title: str
    source: str
    groups: tuple[str, ...]
    utterances: Integers
    codes: Integers


@dataclass(frozen=True, eq=False)
class Catalogue:
    """A run of U utterances in C columns, each a condition and a system; row = column × U + utterance.

    Attributes
    ----------
    counts
        Substitutions, deletions, insertions, hits under the headline normaliser, 0 where nothing was scored;
        shape = (4, C × U).
    losses
        `SCORED`, or the place of the reason among `reasons`; shape = (C × U,).
    wrong_language
        Whether the system took what was said for another language; shape = (C × U,).
    outcomes
        Number of the row's outcome in `StoredOutcomes`, −1 where there is none; shape = (C × U,).
    speakers
        The unit of evidence (the manifest's cluster) as a number, −1 where not known; shape = (U,).
    """

    utterance_ids: NDArray[np.object_]
    columns: tuple[tuple[str, str], ...]
    counts: Integers
    losses: NDArray[np.int16]
    reasons: tuple[str, ...]
    wrong_language: Mask
    outcomes: Integers
    speakers: Integers
    tags: Mapping[str, Tag]
    headline: str
    _orders: dict[str, Rows] = field(default_factory=dict)

    @classmethod
    def of(cls, run: StoredRun, outcomes: StoredOutcomes) -> Catalogue:
        """The catalogue of a stored run; results, texts and sounds are not read."""
        return _catalogue(run, outcomes.index)

    @property
    def n_utterances(self) -> int:
        """Utterances of the manifest."""
        return len(self.utterance_ids)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Names of the conditions, in the run's order."""
        return tuple(dict.fromkeys(condition for condition, _ in self.columns))

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of the systems, in the run's order."""
        return tuple(dict.fromkeys(system for _, system in self.columns))

    @cached_property
    def errors(self) -> Integers:
        """S + D + I of each row."""
        found: Integers = self.counts[[SUBSTITUTIONS, DELETIONS, INSERTIONS]].sum(axis=0)
        return found

    @cached_property
    def words(self) -> Integers:
        """Reference words, S + D + H, of each row."""
        found: Integers = self.counts[[SUBSTITUTIONS, DELETIONS, HITS]].sum(axis=0)
        return found

    def row(self, utterance: int, condition: str, system: str) -> int:
        """The row of an utterance (by number) in a column that there is."""
        return self.columns.index((condition, system)) * self.n_utterances + utterance

    def place(self, row: int) -> tuple[int, str, str]:
        """Utterance (by number), condition and system of a row."""
        column, utterance = divmod(int(row), self.n_utterances)
        return (utterance, *self.columns[column])

    def counts_of(self, row: int) -> ErrorCounts:
        """S, D, I, H of one row."""
        return ErrorCounts(*(int(each) for each in self.counts[:, row]))

    def loss_of(self, row: int) -> str | None:
        """Why there is no text, None where there is one."""
        code = int(self.losses[row])
        return self.reasons[code] if code >= 0 else None

    def members(self, dimension: str, group: str) -> Mask:
        """Which utterances have a label; shape = (U,)."""
        tag = self.tags[dimension]
        found = np.zeros(self.n_utterances, dtype=bool)
        found[tag.utterances[tag.codes == tag.groups.index(group)]] = True
        return found

    def ordered(self, sort: str) -> Rows:
        """All rows in an order: 'errors' (most first), 'rate' (highest first) or 'id'; made once."""
        if sort not in self._orders:
            self._orders[sort] = self._sorted(sort)
        return self._orders[sort]

    def _sorted(self, sort: str) -> Rows:
        """Ties: the higher rate or the more errors first, then the manifest's order; lost rows last."""
        errors, words = self.errors, self.words
        # Words where nobody spoke are more than any share of words: an infinite rate. No error is the lowest.
        rate = np.where(words > 0, errors / np.maximum(words, 1), np.where(errors > 0, np.inf, 0.0))
        lost = self.losses != SCORED
        if sort == "id":
            rank = np.empty(self.n_utterances, dtype=np.int64)
            rank[np.argsort(self.utterance_ids, kind="stable")] = np.arange(self.n_utterances)
            return np.argsort(np.tile(rank, len(self.columns)), kind="stable").astype(np.int32)
        first, second = (-errors, -rate) if sort == "errors" else (-rate, -errors)
        return np.lexsort((second, first, lost)).astype(np.int32)


def _catalogue(run: StoredRun, outcomes: pd.DataFrame) -> Catalogue:
    manifest = run.manifest
    ids = pd.Index(manifest.table["utterance_id"])
    columns = _columns(run, outcomes)
    n_rows = len(columns) * len(ids)
    counts, wrong_language = _counts(run.headline_counts(), ids, columns)
    rows = _rows(outcomes, ids, columns)
    numbers = np.full(n_rows, -1, dtype=np.int64)
    numbers[rows] = outcomes.index.to_numpy()
    failed = outcomes["error"].notna().to_numpy()
    codes, reasons = pd.factorize(outcomes["error"][failed], sort=True)
    # Every utterance of a column that was run has an outcome; one that was handed in may lack it.
    losses = np.full(n_rows, len(reasons), dtype=np.int16)
    losses[rows] = SCORED
    losses[rows[failed]] = codes
    clusters, _ = pd.factorize(manifest.clusters)
    return Catalogue(
        utterance_ids=ids.to_numpy(dtype=object),
        columns=columns,
        counts=counts,
        losses=losses,
        reasons=(*map(str, reasons), NO_TRANSCRIPT),
        wrong_language=wrong_language,
        outcomes=numbers,
        speakers=clusters.astype(np.int64),
        tags={name: _tag(manifest, name) for name in manifest.sidecar.dimensions},
        headline=run.headline,
    )


def _columns(run: StoredRun, outcomes: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    """The conditions and systems of which there are outcomes: in the run's order, system by system."""
    there = set(outcomes[["condition", "system"]].drop_duplicates().itertuples(index=False, name=None))
    everything = [
        (condition, each.name) for each in run.record.systems for condition in run.record.conditions
    ]
    if not there:
        msg = f"{run.folder}: holds no outcome. Run or score again"
        raise ConfigError(msg)
    return tuple(pair for pair in everything if pair in there)


def _rows(table: pd.DataFrame, ids: pd.Index, columns: tuple[tuple[str, str], ...]) -> Integers:
    """The row of each line of a table with utterance_id, condition and system."""
    conditions, systems = (list(dict.fromkeys(names)) for names in zip(*columns, strict=True))
    number = np.full((len(conditions), len(systems)), -1, dtype=np.int64)
    for place, (condition, system) in enumerate(columns):
        number[conditions.index(condition), systems.index(system)] = place
    column = number[
        locate(table["condition"], pd.Index(conditions), "outcomes"),
        locate(table["system"], pd.Index(systems), "outcomes"),
    ]
    return column * len(ids) + locate(table["utterance_id"], ids, "outcomes")


def _counts(
    table: pd.DataFrame, ids: pd.Index, columns: tuple[tuple[str, str], ...]
) -> tuple[Integers, Mask]:
    rows = _rows(table, ids, columns)
    counts = np.zeros((len(COUNT_COLUMNS), len(columns) * len(ids)), dtype=np.int64)
    for place, name in enumerate(COUNT_COLUMNS):
        counts[place, rows] = table[name].to_numpy()
    wrong = np.zeros(counts.shape[1], dtype=bool)
    wrong[rows] = table["wrong_language"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    return counts, wrong


def _tag(manifest: Manifest, name: str) -> Tag:
    spec = manifest.sidecar.dimensions[name]
    labels: list[tuple[str, ...]] = manifest.table[name].tolist()
    there = {label for cell in labels for label in cell}
    reserved = [label for label in RESERVED_GROUPS if label in there]
    declared = [label for label in spec.groups or () if label in there]
    groups = (*declared, *sorted(there.difference(declared, reserved)), *reserved)
    code = {group: place for place, group in enumerate(groups)}
    pairs = [(utterance, code[label]) for utterance, cell in enumerate(labels) for label in cell]
    utterances, codes = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Tag(spec.title, spec.source.value, groups, utterances, codes)
