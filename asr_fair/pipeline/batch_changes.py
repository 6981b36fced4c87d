"""How texts of the same recordings differ between two batch sizes, counted for every group. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from asr_fair.config import Thresholds
from asr_fair.fairness.display import Visibility, visibility
from asr_fair.manifest.model import Manifest
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.score.align import align_words
from asr_fair.score.normalise import Normaliser

KEY = ["utterance_id", "condition", "system"]


@dataclass(frozen=True, slots=True)
class Members:
    """A group of one dimension, and which utterances are in it."""

    dimension: str
    group: str
    utterance_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What another batch size changed in a group, of one system under one condition.

    Words that differ are counted as edits: the fewest substitutions, deletions and insertions that lead
    from one text to the other. As a distance they bound what an error count can move by.
    """

    system: str
    condition: str
    dimension: str
    group: str
    n_speakers: int | None
    n_utterances: int
    """With a text in both sizes."""
    n_words: int
    """Of their references."""
    n_changed: int
    n_words_changed: int
    """Both of the normalised texts."""
    n_changed_as_written: int
    n_words_changed_as_written: int
    n_lost: int
    """Without a text in one of the sizes, or in both; not compared."""

    @property
    def most_points(self) -> float | None:
        """The most that the word error rate can differ by, in points; None without reference words."""
        return 100 * self.n_words_changed / self.n_words if self.n_words else None


def changes_of_texts(
    alone: pd.DataFrame, together: pd.DataFrame, manifest: Manifest, normaliser: Normaliser
) -> pd.DataFrame:
    """What differs in each (utterance, condition, system).

    Parameters
    ----------
    alone, together
        Outcomes in the two sizes: KEY and text, which is None where there is none.

    Returns
    -------
    DataFrame
        KEY, speaker, n_words (of the reference), lost, changed, words_changed, changed_as_written,
        words_changed_as_written.
    """
    pairs = alone[[*KEY, "text"]].merge(together[[*KEY, "text"]], on=KEY, suffixes=("_alone", "_together"))
    table = manifest.table.set_index("utterance_id")
    references = table["reference"].reindex(pairs["utterance_id"])
    rows = [
        _change(one, other, reference, normaliser)
        for one, other, reference in zip(pairs["text_alone"], pairs["text_together"], references, strict=True)
    ]
    found = pd.DataFrame(rows, columns=list(_change("", "", "", normaliser)), index=pairs.index)
    speakers = pd.Series(manifest.clusters.to_numpy(), table.index).reindex(pairs["utterance_id"])
    return pairs[KEY].assign(speaker=speakers.to_numpy()).join(found)


def _change(one: object, other: object, reference: object, normaliser: Normaliser) -> dict[str, int | bool]:
    if not isinstance(one, str) or not isinstance(other, str):
        one = other = ""
        lost = True
    else:
        lost = False
    words = normaliser.words(reference) if isinstance(reference, str) else []
    edits = _edits(normaliser.words(one), normaliser.words(other)) if one != other else 0
    as_written = _edits(one.split(), other.split()) if one != other else 0
    return {
        "n_words": len(words),
        "lost": lost,
        "changed": edits > 0,
        "words_changed": edits,
        "changed_as_written": one != other,
        "words_changed_as_written": as_written,
    }


def _edits(one: Sequence[str], other: Sequence[str]) -> int:
    return len(align_words(one, other))


def members_of(manifest: Manifest, dimensions: Sequence[str] | None) -> list[Members]:
    """Everyone, and each group of the dimensions (None: all that the manifest has)."""
    table = manifest.table
    found = [Members(OVERALL, EVERYONE, frozenset(table["utterance_id"].dropna()))]
    for dimension in dimensions if dimensions is not None else manifest.sidecar.dimensions:
        tagged = table[["utterance_id", dimension]].explode(dimension)
        found += [
            Members(dimension, group, frozenset(tagged["utterance_id"][tagged[dimension] == group]))
            for group in manifest.groups(dimension)
        ]
    return found


def by_group(changes: pd.DataFrame, groups: Sequence[Members]) -> Iterator[GroupChange]:
    """The changes of each system and condition, added up for every group in which there are any rows."""
    for (system, condition), rows in changes.groupby(["system", "condition"], sort=False):
        for each in groups:
            inside = rows[rows["utterance_id"].isin(each.utterance_ids)]
            if len(inside):
                yield _of_group(str(system), str(condition), each, inside)


def _of_group(system: str, condition: str, members: Members, rows: pd.DataFrame) -> GroupChange:
    there = rows[~rows["lost"]]
    return GroupChange(
        system=system,
        condition=condition,
        dimension=members.dimension,
        group=members.group,
        n_speakers=n_speakers_of(there, known=bool(rows["speaker"].notna().all())),
        n_utterances=len(there),
        n_words=int(there["n_words"].sum()),
        n_changed=int(there["changed"].sum()),
        n_words_changed=int(there["words_changed"].sum()),
        n_changed_as_written=int(there["changed_as_written"].sum()),
        n_words_changed_as_written=int(there["words_changed_as_written"].sum()),
        n_lost=int(rows["lost"].sum()),
    )


def n_speakers_of(rows: pd.DataFrame, *, known: bool) -> int | None:
    """Speakers with reference words, whom the display rules count; None where one is not known."""
    return int(rows["speaker"][rows["n_words"] > 0].nunique()) if known else None


def may_be_shown(change: GroupChange, limits: Thresholds) -> bool:
    """Whether the display rules let the figures of a group be seen; those of everyone always may."""
    if change.dimension == OVERALL:
        return True
    return visibility(change.n_speakers, change.n_words, limits) >= Visibility.INDICATIVE
