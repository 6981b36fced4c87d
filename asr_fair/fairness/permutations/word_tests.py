"""Which words go wrong more often in one group than in the others: a test by speaker for each of many.

Two things may be meant by a word that is over-represented among a group's errors. Here it is the word's own
error rate, wrong per time said, which is tested: whoever says a word often has more errors in it, and that is
no fault of the recogniser. Beside it stands the word's share of all errors of the group, untested, which says
how much mending it would help. (Log-odds with a prior, Monroe, Colaresi & Quinn 2008, rank words by that
share and take every token as evidence of its own: recalled.)

The test is one-sided, whether the group's rate is higher: two-sided, a rate of 0 among few speakers, which
has no spread, would count as extreme. Only those who said the word take part, each with all their times: who
said what is not tested. Where groups are made of speakers, these change places between group and rest
(`permutations.permutation`) and the statistic is the difference of the rates over its linearised standard
error, defined where one side has no errors. Where a tag varies within speakers, those who said the word
on both sides have these exchanged (`permutations.sign_flip`); the statistic is Mantel & Haenszel's, Σ (e₁n₂ −
e₂n₁)/(n₁ + n₂).

Rows are tested in rounds of more and more arrangements, so that thousands of dull ones cost little: whose p
is above a round's limit keeps it, the others have the p of a later round. So P(p ≤ α) ≤ α for every α: a p
between the limits of two rounds, or below it, needs a p as small in the later of the two.

Shares of p below 5 % and 1 % without any difference (60 runs of 25 words, some 1,500 tests; each speaker
has a rate of their own, σ .5): 6 against 14 speakers .047 and .009; where those 6 say every word four times
as often as the others .052 and .013, a quarter as often .036 and .007; 5 against 30 with σ .9 against .5
.044 and .005.

What has too few speakers is not tested, by numbers that no exchange of labels changes save who said it.
Which it is cannot make p-values too small: given who said a word, all is as the test takes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from asr_fair.fairness.counting.words import (
    FEWEST_SPEAKERS,
    Kind,
    SideCounts,
    Sides,
    WordRow,
    word_rows,
)
from asr_fair.fairness.estimates.contrasts import LINEAR
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.permutations.arrangements import (
    N_ARRANGEMENTS,
    PermutationTest,
    Totals,
    draws_for_family,
    null_distributions,
    summarised,
)
from asr_fair.fairness.permutations.permutation import difference
from asr_fair.fairness.permutations.sign_flip import sign_flip_test
from asr_fair.fairness.permutations.units import Units
from asr_fair.fairness.resampling.multiplicity import benjamini_hochberg
from asr_fair.score.word_pairs import PairedWords

ROUNDS = ((1_000, 0.05), (10_000, 0.005))
"""Arrangements of each round but the last, and the p up to which rows go on to the next."""


class Untested(StrEnum):
    """Why there is no test of a row."""

    FEW_SAID_IN_GROUP = "fewer than 3 speakers of the group said it"
    FEW_SAID_IN_REST = "fewer than 3 of the other speakers said it"
    FEW_SAID_ON_BOTH = "fewer than 3 speakers said it on both sides"
    FEW_WRONG = "fewer than 3 speakers, all together, were misheard in it"


@dataclass(frozen=True, eq=False)
class WordTest:
    """A row with p and its Benjamini-Hochberg adjustment over all tested rows; or why it has none."""

    row: WordRow
    p: float | None = None
    adjusted: float | None = None
    exact: bool = False
    untested: Untested | None = None

    @property
    def excess(self) -> float:
        """Errors of the group beyond those that the rest's rate would give it: what mending would save."""
        return self.row.group.n_wrong - (self.row.rest.rate or 0.0) * self.row.group.n_said


def word_tests(
    paired: PairedWords, sides: Sides, *, within: bool, n_draws: int = N_ARRANGEMENTS, seed: int, purpose: str
) -> list[WordTest]:
    """Every row that went wrong at least once on either side, tested where enough speakers said it.

    Parameters
    ----------
    within
        Whether the tag varies within speakers, so that each is compared with themselves.
    n_draws
        Of the last round, at least; with many rows more, so that the smallest p survives its adjustment.
    """
    rows = list(word_rows(paired, sides))
    reasons = [_reason(row, within=within) for row in rows]
    tested = [row for row, reason in zip(rows, reasons, strict=True) if reason is None]
    tests = _within_speakers if within else _between_speakers
    found: dict[int, PermutationTest] = {}
    left = list(range(len(tested)))
    for draws, limit in (*ROUNDS, (draws_for_family(n_draws, len(tested)), 0.0)):
        drawn = tests([tested[place] for place in left], draws, seed, f"{purpose}, {draws}")
        found |= dict(zip(left, drawn, strict=True))
        # Where all arrangements were gone through, another round would say the same.
        left = [place for place in left if not found[place].exact and (found[place].p or 0.0) <= limit]
    adjusted = benjamini_hochberg([found[place].p for place in range(len(tested))]) if found else []
    results = iter(zip(found.values(), adjusted, strict=True))
    told = []
    for row, reason in zip(rows, reasons, strict=True):
        if reason is not None:
            told.append(WordTest(row, untested=reason))
            continue
        test, own = next(results)
        told.append(WordTest(row, test.p, own, test.exact))
    return told


def _reason(row: WordRow, *, within: bool) -> Untested | None:
    both = len(np.intersect1d(row.group.speakers, row.rest.speakers))
    few = {
        Untested.FEW_SAID_IN_GROUP: row.group.n_speakers < FEWEST_SPEAKERS,
        Untested.FEW_SAID_IN_REST: row.rest.n_speakers < FEWEST_SPEAKERS,
        Untested.FEW_SAID_ON_BOTH: within and both < FEWEST_SPEAKERS,
        Untested.FEW_WRONG: row.n_speakers_wrong < FEWEST_SPEAKERS,
    }
    return next((reason for reason, holds in few.items() if holds), None)


def _between_speakers(
    rows: Sequence[WordRow], n_draws: int, seed: int, purpose: str
) -> list[PermutationTest]:
    """Rows with as many speakers on each side share their arrangements: labels know no names."""
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        alike[row.group.n_speakers, row.rest.n_speakers].append(place)
    found: dict[int, PermutationTest] = {}
    for sizes, places in alike.items():
        units = _units([rows[place] for place in places], sizes)
        (null,) = null_distributions(
            [_higher], units, n_draws=n_draws, seed=seed, purpose=f"{purpose} {sizes}"
        )
        found |= dict(zip(places, summarised(null), strict=True))
    return [found[place] for place in range(len(rows))]


def _higher(totals: Totals) -> Reals:
    """How much higher the group's rate is than the rest's, in standard errors, shape (C, n)."""
    return difference(totals, LINEAR)


def _units(rows: Iterable[WordRow], sizes: tuple[int, int]) -> Units:
    """Those who said each row, the group's first: who they are differs from row to row."""
    wrong, said = (
        np.array([np.concatenate([getattr(side, name) for side in (row.group, row.rest)]) for row in rows])
        for name in ("wrong", "said")
    )
    n = sum(sizes)
    labels = np.repeat(np.arange(2, dtype=np.uint16), sizes)
    return Units(np.arange(n), labels, np.zeros(n, np.int64), wrong, said, n_groups=2)


def _within_speakers(rows: Sequence[WordRow], n_draws: int, seed: int, purpose: str) -> list[PermutationTest]:
    # A row at a time: flips of a thousand speakers who did not say a word would only cost time.
    return [_one_sided(_differences(row), n_draws, seed, purpose) for row in rows]


def _differences(row: WordRow) -> Reals:
    """(e₁n₂ − e₂n₁)/(n₁ + n₂) of each speaker who said it on both sides, shape (K,)."""
    (e1, n1), (e2, n2) = (_of_both(*sides) for sides in ((row.group, row.rest), (row.rest, row.group)))
    difference_s: Reals = (e1 * n2 - e2 * n1) / (n1 + n2)
    return difference_s


def _of_both(side: SideCounts, other: SideCounts) -> tuple[Reals, Reals]:
    shared = np.isin(side.speakers, other.speakers, assume_unique=True)
    return side.wrong[shared].astype(np.float64), side.said[shared].astype(np.float64)


def _one_sided(differences: Reals, n_draws: int, seed: int, purpose: str) -> PermutationTest:
    """Half the two-sided p where the sum is above 0, as signs are as likely one way as the other; else 1."""
    (test,) = sign_flip_test(differences[None], n_draws=n_draws, seed=seed, purpose=purpose)
    p = (test.p or 1.0) / 2 if differences.sum() > 0 else 1.0
    return replace(test, p=p)


def by_kind(tests: Iterable[WordTest]) -> dict[Kind, list[WordTest]]:
    """The tested rows of each kind: the smallest adjusted p first, then the most errors in excess."""
    found: dict[Kind, list[WordTest]] = {kind: [] for kind in Kind}
    for test in tests:
        if test.adjusted is not None:
            found[test.row.kind].append(test)
    for own in found.values():
        own.sort(key=_most_telling)
    return found


def _most_telling(test: WordTest) -> tuple[float, float, str, str]:
    adjusted = 1.0 if test.adjusted is None else test.adjusted
    return adjusted, -test.excess, test.row.reference, test.row.hypothesis or ""
