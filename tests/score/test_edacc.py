"""Row A of the methods: figures that the authors of the EdAcc audit published."""

import itertools
import json
from pathlib import Path

import pandas as pd
import pytest

from asr_fair.manifest.corpora import import_corpus
from asr_fair.manifest.tables import read_table
from asr_fair.score.counts import WORDS, count_errors, of_unit
from asr_fair.score.normalise import load_normaliser
from asr_fair.score.transcripts import read_transcripts

pytestmark = pytest.mark.shared

PUBLISHED = {
    "whisper_en": {
        "Indian English": 0.105147,
        "Irish English": 0.114981,
        "Jamaican English": 0.227279,
        "Mainstream US English": 0.173321,
        "Nigerian English": 0.225294,
        "Spanish": 0.256805,
        "Vietnamese": 0.284269,
    },
    "basic": {
        "Indian English": 0.141,
        "Irish English": 0.132,
        "Jamaican English": 0.241,
        "Mainstream US English": 0.207,
        "Nigerian English": 0.248,
        "Spanish": 0.292,
        "Vietnamese": 0.343,
    },
}


@pytest.fixture(scope="module")
def counts(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    out = tmp_path_factory.mktemp("edacc") / "edacc.jsonl"
    summary = import_corpus("edacc", shared_data / "edacc_whisper_turbo", out)
    assert (summary.n_utterances, summary.n_speakers) == (5087, 35)
    assert summary.transcripts is not None
    manifest = read_table(out).frame
    transcripts = read_transcripts(
        summary.transcripts, default_system="?", known_ids=manifest["utterance_id"].tolist()
    )
    normalisers = [load_normaliser("whisper_en"), load_normaliser("basic")]
    table = of_unit(count_errors(manifest, transcripts, normalisers), WORDS).merge(
        manifest, on="utterance_id"
    )
    table["errors"] = table["substitutions"] + table["deletions"] + table["insertions"]
    table["words"] = table["substitutions"] + table["deletions"] + table["hits"]
    return table


def test_micro_wer_is_the_published_one(counts: pd.DataFrame) -> None:
    headline = counts[counts["normaliser"] == "whisper_en"]
    assert headline["errors"].sum() / headline["words"].sum() == pytest.approx(0.1991810027, abs=1e-9)


@pytest.mark.parametrize(("normaliser", "tolerance"), [("whisper_en", 1e-6), ("basic", 1e-3)])
def test_wer_of_every_group_is_the_published_one(
    counts: pd.DataFrame, normaliser: str, tolerance: float
) -> None:
    sums = counts[counts["normaliser"] == normaliser].groupby("accent")[["errors", "words"]].sum()
    rates = (sums["errors"] / sums["words"]).to_dict()
    assert rates == pytest.approx(PUBLISHED[normaliser], abs=tolerance)


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
