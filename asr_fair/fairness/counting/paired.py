"""Two systems on the same utterances: what only one of them transcribed counts for neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from asr_fair.errors import Fault, FaultsError
from asr_fair.fairness.counting.slices import Cell, Column, Tally
from asr_fair.fairness.counting.strata import Integers, Mask, Strata
from asr_fair.fairness.counting.tally import locate, tally
from asr_fair.records import SystemPair


@dataclass(frozen=True, eq=False)
class Couple:
    """One group under two systems: the same utterances, so the same speakers and reference words."""

    one: Cell
    other: Cell
    n_unpaired: int = 0
    """Utterances that only one of the two transcribed, which are in neither cell."""

    @property
    def differences(self) -> Integers:
        """Errors of the first system less those of the other, by speaker, shape (K,)."""
        differences: Integers = self.one.errors - self.other.errors
        return differences

    @cached_property
    def merged(self) -> Cell:
        """One cell whose rate is W_A − W_B: of each speaker d = e_A − e_B, perhaps negative, on the words.

        As both systems have the same words, a difference of rates is a rate of differences, with half the
        sums to draw.
        """
        d = self.differences
        nothing = np.zeros_like(d)
        counts = np.stack([d, nothing, nothing, self.one.words - d])
        return Cell(self.one.speakers, counts, self.one.n_utterances, identified=self.one.identified)


@dataclass(frozen=True, eq=False)
class PairedTally:
    """Counts of M pairs of systems in a condition.

    Attributes
    ----------
    totals
        Counts of everything that was scored, in all columns.
    places
        Of each pair the columns of both systems in `totals`, shape (M, 2).
    common
        Of each pair the counts of what both transcribed, where that is less; else None.
    unpaired
        Utterances of each stratum that one system alone transcribed, shape (M, T).
    """

    totals: Tally
    places: Sequence[tuple[int, int]]
    common: Sequence[Tally | None]
    unpaired: Integers

    def of(self, members: Mask) -> tuple[Couple, ...]:
        """The group made of the strata in `members`, shape (T,), under each pair."""
        whole = self.totals.of(members).cells
        couples = []
        for (one, other), common, unpaired in zip(self.places, self.common, self.unpaired, strict=True):
            cells = (whole[one], whole[other]) if common is None else common.of(members).cells
            couples.append(Couple(cells[0], cells[1], int(unpaired[members].sum())))
        return tuple(couples)


def pair_up(
    counts: pd.DataFrame,
    totals: Tally,
    columns: Sequence[Column],
    pairs: Sequence[SystemPair],
    *,
    headline: str,
) -> PairedTally:
    """Pair the counts of `pairs` under the headline normaliser.

    The cost is one pass over the rows, and one more for each pair whose losses differ. Raises FaultsError
    where two systems were scored against different references.
    """
    strata = totals.strata
    wanted = [tuple(Column(pair.condition, name, headline) for name in pair[1:]) for pair in pairs]
    rows = _Rows.of(counts, strata, headline)
    common: list[Tally | None] = []
    unpaired = np.zeros((len(pairs), len(strata.speakers)), np.int64)
    for number, (pair, both) in enumerate(zip(pairs, wanted, strict=True)):
        one, other = (rows.scored(column) for column in both)
        if (one == other).all():
            common.append(None)
        else:
            unpaired[number] = np.bincount(strata.of_utterance[one != other], minlength=len(strata.speakers))
            kept = rows.table[rows.within(pair, one & other)]
            common.append(tally(kept, strata, both))
    paired = PairedTally(
        totals, [(columns.index(one), columns.index(other)) for one, other in wanted], common, unpaired
    )
    _refuse_other_words(paired, pairs)
    return paired


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of the headline normaliser by utterance, condition and system, each as a number, shape (n,)."""

    table: pd.DataFrame
    utterance: Integers
    numbers: tuple[Mapping[str, int], Mapping[str, int]]
    """Of each condition and of each system that has rows."""
    condition: Integers
    system: Integers
    heard: Mask
    """Whether a condition, a system and an utterance have a row, shape (n_conditions, n_systems, U)."""

    @classmethod
    def of(cls, counts: pd.DataFrame, strata: Strata, headline: str) -> _Rows:
        chosen = (counts["normaliser"] == headline).to_numpy()
        table = counts if chosen.all() else counts[chosen]
        conditions, systems = (pd.Index(table[name].unique()) for name in ("condition", "system"))
        condition = locate(table["condition"], conditions, "counts")
        system = locate(table["system"], systems, "counts")
        utterance = locate(table["utterance_id"], strata.utterance_ids, "counts")
        heard = np.zeros((len(conditions), len(systems), len(strata.utterance_ids)), np.bool_)
        heard[condition, system, utterance] = True
        numbers = ({str(name): at for at, name in enumerate(known)} for known in (conditions, systems))
        return cls(table, utterance, (next(numbers), next(numbers)), condition, system, heard)

    def scored(self, column: Column) -> Mask:
        """Which utterances have counts in a column, shape (U,)."""
        conditions, systems = self.numbers
        if column.condition not in conditions or column.system not in systems:
            return np.zeros(self.heard.shape[2], np.bool_)
        found: Mask = self.heard[conditions[column.condition], systems[column.system]]
        return found

    def within(self, pair: SystemPair, utterances: Mask) -> Mask:
        """Rows of both systems of a pair over `utterances`, shape (n,)."""
        conditions, systems = self.numbers
        # What has no rows at all has no number, and -1 is no row's.
        found: Mask = (
            (self.condition == conditions.get(pair.condition, -1))
            & np.isin(self.system, [systems.get(name, -1) for name in pair[1:]])
            & utterances[self.utterance]
        )
        return found


def _refuse_other_words(paired: PairedTally, pairs: Sequence[SystemPair]) -> None:
    for pair, couple in zip(pairs, paired.of(paired.totals.strata.everyone), strict=True):
        if not np.array_equal(couple.one.words, couple.other.words):
            problem = f"{pair.system} and {pair.other_system} have different reference words"
            remedy = "Score both against the same manifest under the same normaliser"
            raise FaultsError([Fault(file="counts", problem=problem, remedy=remedy)])
