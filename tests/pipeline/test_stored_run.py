"""A run directory read back holds what the run was given and what it found."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from asr_fair.errors import ConfigError
from asr_fair.manifest.check import read_manifest
from asr_fair.manifest.sidecar import Use
from asr_fair.pipeline.outputs import render_again
from asr_fair.pipeline.plan_ahead import assumptions_from
from asr_fair.pipeline.score import score
from asr_fair.pipeline.stored_run import StoredRun, open_run
from pipeline.test_score import write_inputs


@pytest.fixture
def inputs(tmp_path: Path) -> tuple[Path, Path]:
    return write_inputs(tmp_path)


@pytest.fixture
def stored(tmp_path: Path, inputs: tuple[Path, Path]) -> StoredRun:
    score(*inputs, tmp_path / "run")
    return open_run(tmp_path / "run")


def test_the_manifest_read_back_is_the_one_that_was_scored(
    inputs: tuple[Path, Path], stored: StoredRun
) -> None:
    given, _ = read_manifest(inputs[0], need_audio=False)
    assert stored.manifest.digest == given.digest
    assert stored.manifest.sidecar == given.sidecar
    assert stored.manifest.table["accent"].tolist() == given.table["accent"].tolist()
    assert stored.manifest.table["reference"].tolist() == given.table["reference"].tolist()


def test_what_some_rows_lack_is_none_in_a_manifest_read_back(
    inputs: tuple[Path, Path], tmp_path: Path
) -> None:
    lines = inputs[0].read_text(encoding="utf-8").splitlines()
    lines[0] = lines[0].replace("{", '{"audio_sha256": "' + "0" * 64 + '", "split": "test", ', 1)
    inputs[0].write_text("\n".join(lines), encoding="utf-8")
    score(*inputs, tmp_path / "run")
    table = open_run(tmp_path / "run").manifest.table
    assert table["audio_sha256"].tolist() == ["0" * 64] + [None] * (len(lines) - 1)
    assert table["split"].tolist() == ["test"] + [None] * (len(lines) - 1)


def test_every_outcome_and_its_counts_are_there(stored: StoredRun) -> None:
    key = ["utterance_id", "condition", "system"]
    texts = stored.outcomes[stored.outcomes["error"].isna()]
    words = stored.counts.query("unit == 'word' and normaliser == @stored.results.normalisers[0]")
    assert sorted(texts[key].itertuples(index=False)) == sorted(words[key].itertuples(index=False))


def test_consent_is_what_the_sidecar_says_today(inputs: tuple[Path, Path], stored: StoredRun) -> None:
    assert Use.PLAY_AUDIO not in stored.permitted_use
    sidecar = inputs[0].with_suffix(".yaml")
    content = yaml.safe_load(sidecar.read_text(encoding="utf-8"))
    sidecar.write_text(yaml.safe_dump(content | {"permitted_use": ["play_audio"]}), encoding="utf-8")
    assert stored.permitted_use == {Use.PLAY_AUDIO}
    sidecar.unlink()
    with pytest.raises(ConfigError, match=r"permitted_use .* does not hold 'play_audio'"):
        stored.require(Use.PLAY_AUDIO, why="a recording is made to be heard")


def test_a_directory_without_a_finished_run_is_refused_with_what_is_missing(stored: StoredRun) -> None:
    (stored.folder / "counts.parquet").unlink()
    with pytest.raises(ConfigError, match=r"holds no counts\.parquet"):
        open_run(stored.folder)


def withdraw(manifest: Path, *uses: str) -> None:
    """Leave the sidecar with these uses only."""
    sidecar = manifest.with_suffix(".yaml")
    content = yaml.safe_load(sidecar.read_text(encoding="utf-8"))
    sidecar.write_text(yaml.safe_dump(content | {"permitted_use": list(uses)}), encoding="utf-8")


def test_no_report_is_made_of_people_who_no_longer_agree_to_be_evaluated(
    inputs: tuple[Path, Path], stored: StoredRun
) -> None:
    before = (stored.folder / "report.html").read_bytes()
    withdraw(inputs[0], "share_results")
    with pytest.raises(ConfigError, match=r"permitted_use .* does not hold 'evaluate'"):
        render_again(stored.folder)
    assert (stored.folder / "report.html").read_bytes() == before
    assert open_run(stored.folder, use=None).folder == stored.folder


def test_the_card_rendered_again_tells_the_consent_of_today(
    inputs: tuple[Path, Path], stored: StoredRun
) -> None:
    card = stored.folder / "card.md"
    assert "NOT TO BE SHARED" not in card.read_text(encoding="utf-8")
    withdraw(inputs[0], "evaluate")
    render_again(stored.folder)
    assert "NOT TO BE SHARED" in card.read_text(encoding="utf-8")


def test_no_plan_rests_on_a_run_whose_people_took_their_consent_back(
    inputs: tuple[Path, Path], stored: StoredRun
) -> None:
    assert assumptions_from(stored.folder).wer > 0
    withdraw(inputs[0], "share_results")
    with pytest.raises(ConfigError, match=r"permitted_use .* does not hold 'evaluate'"):
        assumptions_from(stored.folder)
