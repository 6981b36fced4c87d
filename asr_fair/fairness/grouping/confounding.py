"""Tags that go together: where they do, a difference between the groups of one may be one of the other.

No analysis can tell such tags apart afterwards, so this is asked of the manifest, before anything is
recorded or transcribed. The unit is the speaker: each counts once in every table, spread over the cells by
the share of their utterances.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np

from asr_fair.fairness.counting.strata import Integers, Mask, Strata, groups_of
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.records import RESERVED_GROUPS
from asr_fair.wording import counted

COMMON = 0.8
"""A group wholly inside a level that more than this share of the others is in, too, is nothing special."""


@dataclass(frozen=True, slots=True)
class Association:
    """How strongly two dimensions go together, and how full the table of their groups is.

    `cramers_v` is None where one of them has a single group. Thin: somebody, but fewer than asked.
    """

    first: str
    second: str
    cramers_v: float | None
    n_cells: int
    n_empty: int
    n_thin: int


@dataclass(frozen=True, slots=True)
class Containment:
    """All that `group` of `dimension` said stands in `level` of `other`, and in no other level of it.

    Counts are of speakers, or of utterances where `dimension` varies within a speaker. `is_mutual`: `level`
    holds nobody else.
    """

    dimension: str
    group: str
    other: str
    level: str
    n_speakers: int
    n_utterances: int
    counts_speakers: bool
    n_others: int
    n_others_inside: int

    @property
    def is_mutual(self) -> bool:
        """Whether the group and the level are the same data under two names."""
        return self.n_others_inside == 0

    def __str__(self) -> str:
        group, level = f'"{self.group}" ({self.dimension})', f'"{self.level}" ({self.other})'
        speakers = counted(self.n_speakers, "speaker")
        utterances = f"{counted(self.n_utterances, 'utterance')} by {speakers}"
        who, others = (speakers, "speakers") if self.counts_speakers else (utterances, "utterances")
        if self.is_mutual:
            return f"{group} and {level} are the same {who}: nobody else is in either"
        return (
            f"all {who} in {group} are in {level} only; of the other {self.n_others:,} {others}, "
            f"{self.n_others_inside:,} are in it at all"
        )


def cramers_v(table: Reals) -> float | None:
    """Cramér's V of a table of counts, shape (r, c), corrected for bias; None with a single row or column.

    φ̃² = max(0, χ²/n − (r−1)(c−1)/(n−1)), r̃ = r − (r−1)²/(n−1), V = √(φ̃²/min(r̃−1, c̃−1)): Bergsma 2013,
    "A bias-correction for Cramér's V and Tschuprow's T". Uncorrected, few speakers in many groups look
    associated by chance alone.
    """
    filled = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    n = float(filled.sum())
    if min(filled.shape, default=0) < 2 or n <= 1:
        return None
    expected = np.outer(filled.sum(axis=1), filled.sum(axis=0)) / n
    phi2 = float((np.square(filled - expected) / expected).sum()) / n
    rows, columns = filled.shape
    corrected = max(0.0, phi2 - (rows - 1) * (columns - 1) / (n - 1))
    sizes = [size - (size - 1) ** 2 / (n - 1) - 1 for size in (rows, columns)]
    return min(1.0, math.sqrt(corrected / min(sizes))) if min(sizes) > 0 else None


def associations(strata: Strata, dimensions: Sequence[Dimension], *, fewest: int) -> list[Association]:
    """Every pair of dimensions, the strongest first; a cell is thin below `fewest` speakers.

    Who declined or is unknown is left out of the pair.
    """
    found = []
    for first, second in combinations([each.name for each in dimensions], 2):
        rows, columns = (list(_declared(strata, name).values()) for name in (first, second))
        shares, speakers = _cross_tables(strata, rows, columns)
        found.append(
            Association(
                first,
                second,
                cramers_v(shares),
                n_cells=speakers.size,
                n_empty=int((speakers == 0).sum()),
                n_thin=int(((speakers > 0) & (speakers < fewest)).sum()),
            )
        )
    return sorted(found, key=lambda each: (-(each.cramers_v or 0.0), each.first, each.second))


def containments(strata: Strata, dimensions: Sequence[Dimension], *, fewest: int) -> list[Containment]:
    """Groups of `fewest` or more speakers that lie wholly inside one level of another dimension.

    Two names for the same data are told once. Left out: what most others are in, too (`COMMON`).
    """
    found: dict[frozenset[tuple[str, str]], Containment] = {}
    for dimension, other in permutations(dimensions, 2):
        for group, members in _declared(strata, dimension.name).items():
            each = _containment(strata, dimension, group, members, other)
            if each is None or each.n_speakers < fewest or each.n_others == 0:
                continue
            names = frozenset({(each.dimension, each.group), (each.other, each.level)})
            if each.n_others_inside <= COMMON * each.n_others:
                found.setdefault(names, each)
    return sorted(found.values(), key=_by_weight)


def _by_weight(each: Containment) -> tuple[bool, int, str, str, str]:
    return not each.is_mutual, -each.n_speakers, each.dimension, each.group, each.other


def _declared(strata: Strata, dimension: str) -> Mapping[str, Mask]:
    groups = groups_of(strata, dimension)
    return {name: mask for name, mask in groups.items() if name not in RESERVED_GROUPS}


def _cross_tables(strata: Strata, rows: Sequence[Mask], columns: Sequence[Mask]) -> tuple[Reals, Integers]:
    """Speakers by row and column, shape (r, c): in shares that add up to 1 each, and whoever is there at all.

    An utterance in several cells counts in each of them with an equal part.
    """
    shape = (len(rows), len(columns))
    if not all(shape):
        return np.zeros(shape), np.zeros(shape, np.int64)
    n_cells = np.sum(rows, axis=0) * np.sum(columns, axis=0)
    heard = np.where(n_cells > 0, strata.n_utterances, 0)
    of_speaker = np.bincount(strata.speakers, weights=heard)[strata.speakers]
    shares = heard / np.maximum(of_speaker * n_cells, 1)
    cells = [[row & column for column in columns] for row in rows]
    return (
        np.array([[shares[cell].sum() for cell in row] for row in cells]),
        np.array([[len(np.unique(strata.speakers[cell])) for cell in row] for row in cells]),
    )


def _enclosing(strata: Strata, members: Mask, other: str) -> tuple[str, Mask] | None:
    """The one level of `other` that all of `members` are in, and only in it; None where there is none."""
    labels = strata.labels[other]
    own = {labels[place] for place in np.flatnonzero(members)}
    if len(own) != 1:
        return None
    (levels,) = own
    if len(levels) != 1 or levels[0] in RESERVED_GROUPS:
        return None
    return levels[0], np.fromiter((levels[0] in several for several in labels), np.bool_)


def _containment(
    strata: Strata, dimension: Dimension, group: str, members: Mask, other: Dimension
) -> Containment | None:
    if (level := _enclosing(strata, members, other.name)) is None:
        return None
    name, inside = level
    own = np.unique(strata.speakers[members])
    if dimension.level == "speaker":
        outside = ~np.isin(strata.speakers, own)
        n_others, n_inside = (len(np.unique(strata.speakers[each])) for each in (outside, outside & inside))
    else:
        outside = ~members
        n_others, n_inside = (int(strata.n_utterances[each].sum()) for each in (outside, outside & inside))
    return Containment(
        dimension.name,
        group,
        other.name,
        name,
        n_speakers=len(own),
        n_utterances=int(strata.n_utterances[members].sum()),
        counts_speakers=dimension.level == "speaker",
        n_others=n_others,
        n_others_inside=n_inside,
    )
