"""The store of a run: what a killed run leaves behind, and what a second start reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from asr_fair.errors import ConfigError
from asr_fair.records import Outcome, RenderRecord
from asr_fair.run.store import RunStore
from asr_fair.run.worker import BatchResult, Timing

TIMING = Timing(0, "tiny", "clean", 1, 3.0, 0.1, 0.5)


def result(utterance_id: str, text: str | None, *, key: str = "k", system: str = "tiny") -> BatchResult:
    error = None if text is not None else "silent"
    outcome = Outcome(utterance_id, "clean", system, key, text=text, error=error)
    timing = replace(TIMING, system=system, worker=f"who heard {utterance_id}")  # no two are alike as a whole
    return BatchResult((outcome,), (RenderRecord(utterance_id, "clean", "r"),), timing)


def test_an_outcome_has_a_text_or_an_error_never_both_never_neither() -> None:
    with pytest.raises(ValueError, match="either a text or an error"):
        Outcome("a", "clean", "tiny", "k")
    with pytest.raises(ValueError, match="either a text or an error"):
        Outcome("a", "clean", "tiny", "k", text="", error="silent")


def test_outcomes_come_back_as_they_were_written(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.append([result("a", "hello"), result("b", "")])
    store.append([result("c", None)])
    outcomes = RunStore(tmp_path).outcomes({"k"})
    assert outcomes[["utterance_id", "text", "error"]].astype(object).where(outcomes.notna(), None)[
        ["utterance_id", "text", "error"]
    ].values.tolist() == [["a", "hello", None], ["b", "", None], ["c", None, "silent"]]


def test_a_second_start_appends_and_the_first_text_counts(tmp_path: Path) -> None:
    RunStore(tmp_path).append([result("a", "first")])
    RunStore(tmp_path).append([result("a", "second"), result("b", "new")])
    assert len(list((tmp_path / "transcripts").glob("part-*.parquet"))) == 2
    assert RunStore(tmp_path).outcomes({"k"})["text"].tolist() == ["first", "new"]


def test_a_result_that_is_delivered_twice_counts_once(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    for _ in range(2):
        store.append([result("a", "hello")])
    for _ in range(2):
        assert store.outcomes({"k"})["text"].tolist() == ["hello"]
        assert len(store.timings()) == 1
        store.compact()
    assert len(store.renders()) == 1


def test_outcomes_of_other_audio_or_models_do_not_count(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.append([result("a", "old", key="before"), result("b", "kept")])
    assert store.done({"k"}) == {("b", "clean", "tiny")}
    store.append([result("a", "new")])
    assert sorted(store.outcomes({"k"})["text"]) == ["kept", "new"]


def test_a_half_written_part_is_ignored_and_removed(tmp_path: Path) -> None:
    RunStore(tmp_path).append([result("a", "hello")])
    half = tmp_path / "transcripts" / "part-000001.parquet.tmp"
    half.write_bytes(b"PAR1 and then the power went")
    assert RunStore(tmp_path).done({"k"}) == {("a", "clean", "tiny")}
    assert not half.exists()


def test_who_only_reads_leaves_the_part_that_is_being_written(tmp_path: Path) -> None:
    RunStore(tmp_path).append([result("a", "hello")])
    half = tmp_path / "transcripts" / "part-000001.parquet.tmp"
    half.write_bytes(b"PAR1")
    assert RunStore(tmp_path, reads_only=True).done({"k"}) == {("a", "clean", "tiny")}
    assert half.exists()


def test_what_a_killed_run_left_unfinished_is_removed_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    left = [tmp_path / "results.json.12.tmp", tmp_path / "tables" / "groups.csv.12.tmp"]
    for path in left:
        path.write_text("half")
    RunStore(tmp_path)
    assert not any(path.exists() for path in left)


def test_compacting_keeps_one_render_per_utterance_and_condition(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.append([result("a", "hello"), result("a", "hallo", system="base")])
    store.compact()
    store.append([result("b", "bye")])
    store.compact()
    renders = pd.read_parquet(tmp_path / "renders.parquet")
    assert renders["utterance_id"].tolist() == ["a", "b"]
    assert len(pd.read_parquet(tmp_path / "timings.parquet")) == 3
    assert not (tmp_path / "renders").exists()


@pytest.mark.parametrize("reason", ["worker_died", "timed_out", "engine_error", "read_error"])
def test_passing_faults_are_tried_again_and_a_later_text_counts(tmp_path: Path, reason: str) -> None:
    store = RunStore(tmp_path)
    died = Outcome("a", "clean", "tiny", "k", error=reason)
    silent = Outcome("b", "clean", "tiny", "k", error="silent")
    store.append([BatchResult((died, silent), (), TIMING)])
    assert store.done({"k"}) == {("b", "clean", "tiny")}
    store.append([result("a", "hello")])
    assert store.done({"k"}) == {("a", "clean", "tiny"), ("b", "clean", "tiny")}
    assert store.outcomes({"k"}).set_index("utterance_id")["text"].to_dict()["a"] == "hello"


def test_a_text_whose_render_was_lost_is_made_again(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.append([result("a", "hello")])
    store.compact()
    (tmp_path / "renders.parquet").unlink()
    assert RunStore(tmp_path).done({"k"}) == set()


def test_a_broken_part_is_named_with_what_to_do(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.append([result("a", "hello")])
    part = next((tmp_path / "transcripts").glob("part-*.parquet"))
    part.write_text("junk")
    with pytest.raises(ConfigError, match=r"part-000000\.parquet: cannot be read .* Remove this file"):
        store.done({"k"})


def test_a_finished_run_has_one_part_of_transcripts_with_all_that_was_written(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.append([result("a", "first"), result("b", None)])
    store.append([result("a", "second"), result("c", "other", key="before")])
    expected = store.outcomes({"k", "before"})
    store.compact()
    assert [path.name for path in (tmp_path / "transcripts").iterdir()] == ["part-000000.parquet"]
    again = RunStore(tmp_path)
    pd.testing.assert_frame_equal(again.outcomes({"k", "before"}), expected)
    again.append([result("d", "later")])
    again.compact()
    outcomes = RunStore(tmp_path).outcomes({"k"})
    assert outcomes.set_index("utterance_id")["text"].dropna().to_dict() == {"a": "first", "d": "later"}


@pytest.mark.parametrize("n_removed", range(9))
def test_a_kill_while_parts_are_joined_loses_nothing_and_counts_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_removed: int
) -> None:
    """Killed before each of the nine removals of parts (three tables of three parts; one part is kept)."""
    died = [Outcome("a", "clean", "tiny", "k", error=reason) for reason in ("worker_died", "silent")]
    store = RunStore(tmp_path)
    for number, each in enumerate([*died, None]):
        own = () if each is None else (each,)
        found = result(f"b{number}", "text")
        timing = Timing(number, "tiny", "clean", 1, 3.0, 0.1, 0.5)
        store.append([BatchResult((*own, *found.outcomes), found.renders, timing)])
    expected = [store.outcomes({"k"}), store.renders(), store.timings(), store.done({"k"})]
    left = n_removed
    unlink = Path.unlink

    def removed(path: Path, *, missing_ok: bool = False) -> None:
        nonlocal left
        if path.name.startswith("part-") and path.suffix == ".parquet":
            if not left:
                raise KeyboardInterrupt
            left -= 1
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", removed)
        try:
            store.compact()
        except KeyboardInterrupt:
            assert n_removed < 8
    again = RunStore(tmp_path)
    for _ in range(2):
        found_again = [again.outcomes({"k"}), again.renders(), again.timings(), again.done({"k"})]
        pd.testing.assert_frame_equal(
            found_again[0].sort_values("utterance_id", ignore_index=True),
            expected[0].sort_values("utterance_id", ignore_index=True),
        )
        assert found_again[0].set_index("utterance_id")["error"]["a"] == "silent"
        pd.testing.assert_frame_equal(found_again[1].drop_duplicates(ignore_index=True), expected[1])
        pd.testing.assert_frame_equal(found_again[2], expected[2])
        assert found_again[3] == expected[3]
        again.compact()
    assert len(list(tmp_path.rglob("part-*.parquet"))) == 1
    assert len(pd.read_parquet(tmp_path / "timings.parquet")) == 3
    assert len(pd.read_parquet(tmp_path / "renders.parquet")) == 3
