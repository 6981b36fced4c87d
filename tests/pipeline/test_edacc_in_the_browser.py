"""Filters over real transcripts give the published figures (methods, section 11)."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_fair.view.browser import Browser
from asr_fair.view.kinds import Kind
from asr_fair.view.query import Query
from asr_fair.view.selection import select

pytestmark = pytest.mark.shared


def test_selections_of_edacc_add_up_to_the_published_rates_and_loops(edacc_run: Path) -> None:
    catalogue = Browser.open(edacc_run).catalogue
    totals = select(catalogue, Query()).totals()
    assert (totals.n_utterances, totals.n_speakers) == (5087, 35)
    assert totals.counts.wer == pytest.approx(0.1991810027, abs=1e-9)
    irish = select(catalogue, Query(groups={"accent": "Irish English"})).totals()
    assert irish.counts.wer == pytest.approx(0.114981, abs=1e-6)
    assert len(select(catalogue, Query(kind=Kind.RUNAWAY)).rows) == 6
    nobody_spoke = select(catalogue, Query(kind=Kind.NOBODY_SPOKE)).totals()
    assert nobody_spoke.counts.insertions == 451
