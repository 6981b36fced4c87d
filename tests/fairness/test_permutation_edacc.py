"""Rows A and B of the methods: permutation of EdAcc's speakers, as two independent scripts had it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fairness_tables import cell

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.permutations.omnibus import omnibus_test
from asr_fair.fairness.permutations.permutation import permutation_test
from edacc_counts import headline

pytestmark = pytest.mark.shared

REFERENCE = "Mainstream US English"


@pytest.fixture(scope="module")
def accents(shared_data: Path) -> dict[str, Cell]:
    counts = headline(shared_data)
    counts = counts.assign(speaker=pd.factorize(counts["speaker_id"])[0])
    sums = counts.groupby(["accent", "speaker"])[["errors", "words"]].sum().reset_index("speaker")
    return {
        str(accent): cell(own["errors"], own["words"], speakers=own["speaker"])
        for accent, own in sums.groupby(level="accent")
    }


@pytest.mark.parametrize(
    ("accent", "n_arrangements", "p"),
    [
        ("Vietnamese", 5005, 0.0246),
        ("Spanish", 2002, 0.0689),
        ("Jamaican English", 715, 0.3874),
        ("Indian English", 220, 0.1136),
    ],
)
def test_exact_p_against_us_english(accents: dict[str, Cell], accent: str, n_arrangements: int, p: float):
    (found,) = permutation_test(
        [accents[accent]], [accents[REFERENCE]], studentised=False, seed=1, purpose="accent"
    )
    assert (found.exact, found.n_arrangements) == (True, n_arrangements)
    assert found.p == pytest.approx(p, abs=1e-4)


def test_omnibus_of_the_seven_accents(accents: dict[str, Cell]):
    (found,) = omnibus_test([[own] for own in accents.values()], seed=1, purpose="accent")
    # Asked and found are both drawn: with 20,000 draws each, three errors of their difference.
    for test, asked in ((found.variance, 0.007), (found.spread, 0.081)):
        assert test.n_arrangements == 20_000
        assert test.p == pytest.approx(asked, abs=3 * np.sqrt(2 * asked * (1 - asked) / 20_000) + 5e-4)
    assert found.spread.null_mean == pytest.approx(0.124, abs=0.002)
