"""From counts to the rows of a model: totals of speakers, or utterances one by one.

Rows are totals of a speaker in a group at each level of the covariates, empty references included, so that
with the groups alone a ratio is exactly that of the pooled rates. A covariate that is a number of each
utterance (its length, how fast it is spoken) needs utterances as rows: those without reference words have no
rate and leave, and the ratio is that of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from asr_fair.fairness.counting.slices import COUNTS, HITS, INSERTIONS, Column, Tally
from asr_fair.fairness.counting.strata import Integers, Mask, Strata
from asr_fair.fairness.counting.tally import column_numbers, locate
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.models.table import Categorical, Covariate, Numeric, Observations
from asr_fair.records import RESERVED_GROUPS

DURATION = "duration_s"
SPEAKING_RATE = "words_per_s"
NUMBERS = (DURATION, SPEAKING_RATE)
"""Covariates that are known of every utterance: its length in seconds, and reference words per second."""


def needs_utterances(covariates: Iterable[str]) -> bool:
    """Whether one of them is a number of each utterance, which totals do not have."""
    return any(name in NUMBERS for name in covariates)


class Counted(NamedTuple):
    """Errors and words with their stratum and column; n of them, each of shape (n,).

    `durations_s` (NaN where not known) is there where these are single utterances.
    """

    strata: Integers
    columns: Integers
    errors: Integers
    words: Integers
    durations_s: Reals | None = None

    def under(self, columns: Sequence[int]) -> Counted:
        """What was counted in some of the columns."""
        kept = np.isin(self.columns, columns)
        durations_s = None if self.durations_s is None else self.durations_s[kept]
        return Counted(
            self.strata[kept], self.columns[kept], self.errors[kept], self.words[kept], durations_s
        )


def counted_totals(totals: Tally, columns: Sequence[int]) -> Counted:
    """Every stratum with a scored utterance, in some of the tally's columns."""
    found, strata = np.nonzero(totals.words.utterances[list(columns)])
    numbers = np.asarray(columns, np.int64)[found]
    return _counted(totals.words.counts[:, numbers, strata], strata, numbers)


def counted_utterances(
    counts: pd.DataFrame, strata: Strata, columns: Sequence[Column], durations_s: Reals
) -> Counted:
    """Every row of `counts`, which holds these columns only; `durations_s` of all utterances, shape (U,)."""
    utterances = locate(counts["utterance_id"], strata.utterance_ids, "counts")
    numbers = column_numbers(counts, columns)
    found = _counted(counts[list(COUNTS)].to_numpy(np.int64).T, strata.of_utterance[utterances], numbers)
    return found._replace(durations_s=durations_s[utterances])


def _counted(counts: Integers, strata: Integers, columns: Integers) -> Counted:
    """Errors S + D + I and words S + D + H of the four counts, shape (4, n)."""
    together = counts.sum(axis=0)
    return Counted(strata, columns, errors=together - counts[HITS], words=together - counts[INSERTIONS])


@dataclass(frozen=True, eq=False)
class ModelRows:
    """Makes the rows of one dimension's models.

    Attributes
    ----------
    dimension, reference
        Its name, and the group that ratios are against.
    groups
        Strata of each declared group, in the order of the results, masks of shape (T,).
    covariates
        Names of other dimensions and of `NUMBERS`.
    """

    strata: Strata
    dimension: str
    reference: str
    groups: Mapping[str, Mask]
    covariates: Sequence[str]

    def of(self, counted: Counted) -> Observations:
        """Rows of all that was counted, whatever the columns."""
        picked = [np.flatnonzero(members[counted.strata]) for members in self.groups.values()]
        rows = np.concatenate(picked)
        codes = np.repeat(np.arange(len(picked)), [len(each) for each in picked])
        groups = Categorical(self.dimension, codes, tuple(self.groups), self.reference)
        found = Observations(
            errors=counted.errors[rows],
            words=counted.words[rows],
            speakers=self.strata.speakers[counted.strata[rows]],
            groups=groups,
            covariates=tuple(self._covariate(name, counted, rows) for name in self.covariates),
        )
        return added_up(found) if counted.durations_s is None else in_order(found)

    @property
    def others(self) -> tuple[str, ...]:
        """All groups but the reference."""
        return tuple(name for name in self.groups if name != self.reference)

    @cached_property
    def _levels(self) -> dict[str, tuple[Integers, tuple[str, ...]]]:
        """Levels of every covariate that is a dimension."""
        return {name: levels_of(self.strata, name) for name in self.covariates if name not in NUMBERS}

    def _covariate(self, name: str, counted: Counted, rows: Integers) -> Covariate:
        if name not in NUMBERS:
            codes, levels = self._levels[name]
            # Which level the others are against changes nothing of the ratios between groups.
            return Categorical(name, codes[counted.strata[rows]], levels, levels[0] if levels else "")
        if counted.durations_s is None:
            msg = f"{name} is a number of each utterance, and these are totals"
            raise ValueError(msg)
        durations_s = counted.durations_s[rows]
        if name == DURATION:
            return Numeric(name, durations_s)
        with np.errstate(divide="ignore", invalid="ignore"):
            return Numeric(name, counted.words[rows] / durations_s)


def levels_of(strata: Strata, dimension: str) -> tuple[Integers, tuple[str, ...]]:
    """Level of each stratum, shape (T,), −1 for who declined or is unknown; and the names of the levels.

    Several labels at once make a level of their own.
    """
    names = [
        None if set(several) & set(RESERVED_GROUPS) else " + ".join(sorted(several))
        for several in strata.labels[dimension]
    ]
    codes, levels = pd.factorize(np.array(names, object), sort=True)
    return codes.astype(np.int64), tuple(levels)


def added_up(rows: Observations) -> Observations:
    """Rows that agree in speaker, group and covariates (all of them levels) become one."""
    codes = rows.speakers
    for variable in _variables(rows):
        if isinstance(variable, Numeric):
            msg = f"{variable.name}: numbers of rows that are added up have no sum"
            raise TypeError(msg)
        codes = np.unique(codes * (len(variable.levels) + 1) + variable.codes + 1, return_inverse=True)[1]
    first, place = np.unique(codes, return_index=True, return_inverse=True)[1:]
    # bincount adds in float64, which is exact for integers below 2**53.
    errors, words = (np.bincount(place, each, len(first)) for each in (rows.errors, rows.words))
    return replace(rows.at(first), errors=errors.astype(np.int64), words=words.astype(np.int64))


def in_order(rows: Observations) -> Observations:
    """The rows in an order that is theirs, not that of a file: sums of floats depend on it."""
    keys = (each.values if isinstance(each, Numeric) else each.codes for each in _variables(rows))
    return rows.at(np.lexsort((rows.words, rows.errors, *keys, rows.speakers)))


def _variables(rows: Observations) -> tuple[Covariate, ...]:
    return (rows.groups, *rows.covariates)
