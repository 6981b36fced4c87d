"""Row A of the methods: figures that the authors of the EdAcc audit published."""

import itertools
import json
from pathlib import Path

import pandas as pd
import pytest

from edacc_counts import WER, edacc_counts

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def counts(shared_data: Path) -> pd.DataFrame:
    return edacc_counts(shared_data)


def test_utterances_and_speakers_are_those_published(counts: pd.DataFrame) -> None:
    assert (counts["utterance_id"].nunique(), counts["speaker_id"].nunique()) == (5087, 35)


def test_micro_wer_is_the_published_one(counts: pd.DataFrame) -> None:
    headline = counts[counts["normaliser"] == "whisper_en"]
    assert headline["errors"].sum() / headline["words"].sum() == pytest.approx(0.1991810027, abs=1e-9)


@pytest.mark.parametrize(("normaliser", "tolerance"), [("whisper_en", 1e-6), ("basic", 1e-3)])
def test_wer_of_every_group_is_the_published_one(
    counts: pd.DataFrame, normaliser: str, tolerance: float
) -> None:
    sums = counts[counts["normaliser"] == normaliser].groupby("accent")[["errors", "words"]].sum()
    rates = (sums["errors"] / sums["words"]).to_dict()
    assert rates == pytest.approx(WER[normaliser], abs=tolerance)


def test_empty_references_and_their_insertions_are_the_published_ones(counts: pd.DataFrame) -> None:
    empty = counts[(counts["normaliser"] == "whisper_en") & (counts["words"] == 0)]
    assert (len(empty), empty["insertions"].sum()) == (269, 451)


def test_six_runaway_transcripts_are_the_published_ones(counts: pd.DataFrame, shared_data: Path) -> None:
    headline = counts[counts["normaliser"] == "whisper_en"]
    words_heard = headline["substitutions"] + headline["insertions"] + headline["hits"]
    runaway = headline[(words_heard > 5 * headline["words"]) & (words_heard >= 10)]
    published = json.loads((shared_data / "edacc_whisper_turbo/published_summary.json").read_text())
    ids = [group["utt_ids"] for group in published["hallucination_loops_by_group"].values()]
    assert sorted(runaway["utterance_id"]) == sorted(itertools.chain(*ids))
    assert len(runaway) == 6
