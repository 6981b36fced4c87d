"""Words written down where nobody spoke: counted by themselves, in nobody's error rate."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from asr_fair.asr.base import Clip
from asr_fair.conditions.probes import LENGTHS_S, PREFIX
from asr_fair.config import SystemConfig, read_config
from asr_fair.errors import ConfigError
from asr_fair.fairness.results import Results, read_results
from asr_fair.manifest.tables import read_table, write_table
from asr_fair.pipeline.prepare import prepare
from asr_fair.records import Hypothesis
from view import hearing


class Inventor(hearing.Listener):
    """A recogniser that hears what was said, and invents three words wherever it is all silent."""

    def __init__(self, system: SystemConfig) -> None:
        super().__init__(system)

    def transcribe(self, clips: list[Clip]) -> list[Hypothesis]:
        return [Hypothesis("thank you, goodbye" if not clip.samples.any() else "one word") for clip in clips]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("probed")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hearing, "Listener", Inventor)
        return hearing.write_heard_run(folder, conditions=["clean", {"profile": "scanner", "snr_db": 5}])


@pytest.fixture(scope="module")
def results(run: Path) -> Results:
    return read_results(run / "results.json")


def test_words_in_silence_and_in_noise_alone_are_in_the_results(results: Results) -> None:
    clean, noisy = results.probes
    assert (clean.system, clean.condition, clean.n_probes) == ("listener", "clean", len(LENGTHS_S))
    assert (clean.n_with_words, clean.n_words, clean.duration_s) == (4, 4 * 3, sum(LENGTHS_S))
    assert (noisy.condition, noisy.n_words) == ("scanner@5dB", 4 * 2)


def test_babble_is_heard_without_anybody_in_front_of_it(tmp_path: Path) -> None:
    babble = {"profile": "corridor-babble", "snr_db": 10}
    run = hearing.write_heard_run(tmp_path, conditions=["clean", babble])
    _, row = read_results(run / "results.json").probes
    assert (row.has_voices, row.n_failed, row.n_with_words) == (True, 0, len(LENGTHS_S))


def test_no_group_and_no_transcript_holds_a_probe(run: Path, results: Results) -> None:
    n_utterances = results.manifest.n_utterances
    transcripts = pd.read_parquet(run / "transcripts")
    counts = pd.read_parquet(run / "counts.parquet")
    assert len(transcripts) == 2 * n_utterances
    for table in (transcripts, counts, pd.read_parquet(run / "renders.parquet")):
        assert not table["utterance_id"].str.startswith(PREFIX).any()
    overall = [each for each in results.figures if each.dimension == "overall" and each.measure == "wer"]
    assert {each.n_utterances for each in overall} == {n_utterances}


def test_the_report_and_its_tables_tell_of_them(run: Path) -> None:
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "Words written down where nobody spoke" in page
    table = pd.read_csv(run / "tables" / "made_up.csv")
    assert table[["condition", "n_with_words", "n_words"]].to_numpy().tolist() == [
        ["clean", 4, 12],
        ["scanner@5dB", 4, 8],
    ]


def test_a_second_start_transcribes_no_probe_again(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = json.loads((run / "results.json").read_text(encoding="utf-8"))["probes"]

    class Deaf(Inventor):
        def transcribe(self, clips: list[Clip]) -> list[Hypothesis]:
            pytest.fail(f"was given {len(clips)} clips again")

    monkeypatch.setattr(hearing, "Listener", Deaf)
    hearing.write_heard_run(run.parent, conditions=["clean", {"profile": "scanner", "snr_db": 5}])
    assert json.loads((run / "results.json").read_text(encoding="utf-8"))["probes"] == before


def test_an_utterance_may_not_be_called_like_a_probe(tmp_path: Path) -> None:
    path = hearing.write_small_manifest(tmp_path)
    frame = read_table(path).frame
    frame.loc[0, "utterance_id"] = f"{PREFIX} mine"
    write_table(frame, path)
    config = {"name": "x", "manifest": "small.jsonl", "systems": [{"name": "a", "engine": "whisper"}]}
    config["systems"][0]["model"] = "tiny.en"
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    with pytest.raises(ConfigError, match="'asr-fair: mine': only built-in ones begin so"):
        prepare(read_config(tmp_path / "run.yaml"), allow_bad_audio=False)


def test_probes_can_be_switched_off(tmp_path: Path) -> None:
    run = hearing.write_heard_run(tmp_path, conditions=["clean"], probes=False)
    assert read_results(run / "results.json").probes == ()
    assert "where nobody spoke" not in (run / "report.html").read_text(encoding="utf-8")
    assert not list(run.glob("probes/*"))
