"""Two systems, or two versions, on the same utterances: the right figures, and nothing lost in silence."""

from __future__ import annotations

import shutil
from pathlib import Path

import jiwer
import pandas as pd
import pytest

from asr_fair.config import Plan
from asr_fair.errors import ConfigError, FaultsError, UnknownNameError
from asr_fair.fairness.results import ComparedRuns, Loss, SystemComparison, Verdict
from asr_fair.pipeline.compare import compare_runs
from asr_fair.pipeline.compare_sides import split_name
from asr_fair.pipeline.stored_run import StoredRun, open_run
from asr_fair.records import CLEAN, EVERYONE
from pipeline.made_runs import FEW_DRAWS, edit_json, make_run, with_errors_in
from pipeline.test_score import SENTENCE, SIDECAR

LOST = ["Indian-3-0", "Indian-3-1"]


def two_systems(texts: pd.DataFrame) -> pd.DataFrame:
    """The made transcripts as `old`, worse ones of one accent as `new`, of which two are lost."""
    new = with_errors_in("Indian", 4)(texts).assign(system="new")
    new = new[~new["utterance_id"].isin(LOST)]
    return pd.concat([texts.assign(system="old"), new], ignore_index=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def before(folder: Path) -> StoredRun:
    return open_run(make_run(folder, "before"))


@pytest.fixture(scope="module")
def both(folder: Path) -> StoredRun:
    return open_run(make_run(folder, "both", texts=two_systems))


@pytest.fixture(scope="module")
def changed(folder: Path, before: StoredRun) -> ComparedRuns:
    """Against a version with more errors in one accent, some utterances without a partner, and two lost."""

    def people(table: pd.DataFrame) -> pd.DataFrame:
        table = table[table["utterance_id"] != "Scottish-0-0"].copy()
        table.loc[table["utterance_id"] == "Scottish-1-0", "reference"] = "quite another sentence"
        added = table[table["utterance_id"] == "Indian-5-0"].assign(utterance_id="Indian-5-9")
        return pd.concat([table, added], ignore_index=True)

    def texts(table: pd.DataFrame) -> pd.DataFrame:
        table = with_errors_in("Indian", 4)(table)
        added = pd.DataFrame([{"utterance_id": "Indian-5-9", "text": SENTENCE}])
        kept = table[~table["utterance_id"].isin([*LOST, "Scottish-0-0"])]
        return pd.concat([kept, added], ignore_index=True)

    return compare_runs(before, open_run(make_run(folder, "after", people=people, texts=texts)))


def row_of(compared: ComparedRuns, group: str) -> SystemComparison:
    (row,) = (row for row in compared.results.system_comparisons if row.group == group)
    return row


def left_out(compared: ComparedRuns, group: str) -> Loss | None:
    return next((loss for loss in compared.results.losses if loss.group == group), None)


def copied(run: StoredRun, folder: Path, **changes: object) -> StoredRun:
    """A copy of a run whose run.json says something else."""
    shutil.copytree(run.folder, folder)
    edit_json(folder / "run.json", {name.replace("__", "/"): value for name, value in changes.items()})
    return open_run(folder)


def test_two_systems_of_one_run_come_to_the_figures_of_its_own_results(both: StoredRun) -> None:
    """The results of a run take its systems in order: `new` less `old`, which is B less A."""
    own = both.results.system_comparisons
    names = {"system": own[0].system, "other_system": own[0].other_system}
    assert names == {"system": "new", "other_system": "old"}
    found = compare_runs(both, both, system="old", other_system="new").results
    assert [row.model_copy(update=names) for row in found.system_comparisons] == list(own)
    assert [row.model_copy(update=names) for row in found.matched_pairs] == list(both.results.matched_pairs)
    assert {row.n_unpaired for row in own} == {0, 2}
    other = compare_runs(both, both, system="new", other_system="old").results
    for row, turned in zip(own, other.system_comparisons, strict=True):
        assert row.difference.value is not None
        assert turned.difference.value == -row.difference.value
        if row.difference.high is not None:  # no spread where nothing differs
            assert turned.difference.low == pytest.approx(-row.difference.high)
        assert (turned.wer, turned.verdict) == (row.other_wer, row.verdict)


def test_errors_put_into_one_group_are_found_there_and_nowhere_else(changed: ComparedRuns) -> None:
    indian, scottish = (row_of(changed, group) for group in ("Indian", "Scottish"))
    assert (indian.verdict, scottish.verdict) == (Verdict.DISPARITY, Verdict.CANNOT_TELL)
    assert indian.ratio is not None
    assert indian.ratio > 1
    assert (indian.n_speakers, indian.n_speakers_more, indian.n_speakers_fewer) == (12, 12, 0)
    assert scottish.difference.value == 0.0
    gap = indian.gap_difference
    assert gap is not None
    assert gap.gap is not None
    assert gap.other_gap is not None
    assert gap.simultaneous_low is not None
    assert gap.gap > gap.other_gap > 0
    assert gap.gap - gap.other_gap == pytest.approx(gap.value)
    assert gap.simultaneous_low > 0


def test_rates_are_those_of_jiwer_on_what_both_have(folder: Path, changed: ComparedRuns) -> None:
    texts = [
        pd.read_csv(folder / f"of-{name}" / "texts.csv").set_index("utterance_id")["text"]
        for name in ("before", "after")
    ]
    common = texts[0].index.intersection(texts[1].index).difference(["Scottish-1-0"])
    for group in ("Indian", "Scottish"):
        ids = [each for each in common if each.startswith(group)]
        rates = [jiwer.wer([SENTENCE] * len(ids), each.loc[ids].tolist()) for each in texts]
        row = row_of(changed, group)
        assert [row.other_wer, row.wer] == pytest.approx(rates, abs=1e-12)
        assert row.n_utterances == len(ids)


def test_everything_left_out_is_counted_by_group_with_its_reason(changed: ComparedRuns) -> None:
    everyone, indian, scottish = (left_out(changed, group) for group in (EVERYONE, "Indian", "Scottish"))
    assert everyone is not None
    assert indian is not None
    assert scottish is not None
    assert scottish.reasons == {"another reference text": 1, "only in A": 1}
    assert indian.reasons == {"no text from B": 2, "only in B": 1}
    assert everyone.reasons == scottish.reasons | indian.reasons
    for loss in (everyone, indian, scottish):
        assert loss.n_missing == sum(loss.reasons.values())
        assert loss.n_expected - loss.n_missing == row_of(changed, loss.group).n_utterances
    assert everyone.n_expected == 73


def test_both_sides_are_scored_again_from_their_texts(before: StoredRun, tmp_path: Path) -> None:
    tampered = copied(before, tmp_path / "tampered")
    counts = tampered.counts.assign(substitutions=9)
    counts.to_parquet(tampered.folder / "counts.parquet")
    found = compare_runs(open_run(tampered.folder), before)
    assert {row.difference.value for row in found.results.system_comparisons} == {0.0}


def test_other_tags_in_a_are_told_and_those_of_b_are_used(before: StoredRun, folder: Path) -> None:
    def people(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(accent=table["accent"].where(table["speaker_id"] != "Indian-0", "Scottish"))

    other = open_run(make_run(folder, "tags", people=people))
    found = compare_runs(other, before)
    assert "Accent: 3 utterances tagged otherwise in A; B's tags are used." in found.results.warnings
    assert row_of(found, "Indian").n_speakers == 12
    assert row_of(compare_runs(before, other), "Indian").n_speakers == 11


def test_pseudonyms_may_differ_between_the_runs(before: StoredRun, folder: Path) -> None:
    def people(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(speaker_id="p" + table["speaker_id"])

    def fewer(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["utterance_id"] != "Indian-0-0"]

    renamed = open_run(make_run(folder, "renamed", people=people))
    found = compare_runs(renamed, open_run(make_run(folder, "fewer", people=fewer, texts=fewer)))
    # The utterance that A alone has is of somebody whom B knows under another name.
    assert found.results.manifest.n_speakers == 24
    assert found.results.warnings == ()
    assert left_out(found, "Scottish") is None


def test_speakers_of_b_count_where_the_runs_do_not_agree_on_them(before: StoredRun, folder: Path) -> None:
    def people(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(
            speaker_id=table["speaker_id"].where(table["utterance_id"] != "Indian-0-0", "Indian-1")
        )

    found = compare_runs(open_run(make_run(folder, "mixed", people=people)), before)
    assert any("not said by the same people" in note for note in found.results.warnings)
    assert row_of(found, "Indian").n_speakers == 12


def test_without_speakers_in_b_there_is_no_verdict_and_in_a_alone_no_harm(
    before: StoredRun, folder: Path
) -> None:
    def people(table: pd.DataFrame) -> pd.DataFrame:
        return table.drop(columns="speaker_id")

    def fewer(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["utterance_id"] != "Indian-0-0"]

    sidecar = SIDECAR.replace("level: speaker", "level: utterance")
    nobody = open_run(make_run(folder, "nobody", people=people, sidecar=sidecar))
    few = open_run(make_run(folder, "few", people=fewer, texts=fewer))
    assert row_of(compare_runs(few, nobody), "Indian").verdict is Verdict.CANNOT_TELL
    found = compare_runs(nobody, few)
    assert row_of(found, "Indian").n_speakers == 12
    loss = left_out(found, "Indian")
    assert loss is not None
    assert loss.reasons == {"only in A": 1}


def test_conditions_of_another_recipe_are_left_out_and_named(folder: Path, tmp_path: Path) -> None:
    def texts(table: pd.DataFrame) -> pd.DataFrame:
        names = (CLEAN, "scanner", "ward")
        return pd.concat([table.assign(condition=name) for name in names], ignore_index=True)

    noisy = open_run(make_run(folder, "noisy", texts=texts))
    a = copied(noisy, tmp_path / "a", conditions={"clean": "c", "scanner": "x1", "ward": "w"})
    b = copied(noisy, tmp_path / "b", conditions={"clean": "c", "scanner": "x2", "ward": "w"})
    found = compare_runs(a, b)
    assert [one.name for one in found.results.conditions] == [CLEAN, "ward"]
    assert found.results.warnings == ("Left out, because their recipes differ between A and B: scanner.",)
    assert any("by name alone" in note and "ward" in note for note in compare_runs(a, noisy).results.warnings)
    seeded = [
        copied(run, tmp_path / f"seed-{n}", identity__seed=str(n)) for n, run in enumerate((a, b), start=1)
    ]
    assert any("seed 1" in note and "seed 2" in note for note in compare_runs(*seeded).results.warnings)
    other = copied(noisy, tmp_path / "c", conditions={"clean": "d", "scanner": "x", "ward": "v"})
    with pytest.raises(ConfigError, match=r"no condition is the same in both.*of another recipe in each"):
        compare_runs(a, other)


def test_the_plan_of_b_holds_and_another_one_is_exploratory(before: StoredRun, both: StoredRun) -> None:
    sides = {"system": "old", "other_system": "new"}
    own = compare_runs(both, both, **sides)
    assert own.results.plan == both.results.plan
    assert not any(row.exploratory for row in own.results.system_comparisons)
    same = compare_runs(both, both, **sides, plan=FEW_DRAWS)
    assert same.results.system_comparisons == own.results.system_comparisons
    plan = Plan.model_validate({"thresholds": {"min_speakers_full": 20, "n_draws": 1000}})
    found = compare_runs(both, both, **sides, plan=plan)
    assert found.results.plan.exploratory
    assert all(row.exploratory for row in found.results.system_comparisons)
    assert row_of(found, "Indian").verdict is Verdict.CANNOT_TELL
    wrong = Plan.model_validate({"references": {"accent": {"group": "Welsh", "reason": "x"}}})
    with pytest.raises(FaultsError, match=r"my\.yaml.*Welsh"):
        compare_runs(
            before,
            before.__class__(both.folder, both.record),
            plan=wrong,
            other_system="new",
            plan_source="my.yaml",
        )


def test_other_rules_in_the_report_of_a_run_are_told(before: StoredRun, tmp_path: Path) -> None:
    old = copied(before, tmp_path / "old")
    edit_json(old.folder / "results.json", {"normaliser_versions/whisper_en": "rules of 2019"})
    (note,) = compare_runs(open_run(old.folder), before).results.warnings
    assert "rules of 2019" in note


@pytest.mark.parametrize(
    ("sides", "error", "words"),
    [
        ({}, ConfigError, r"holds 2 systems: new, old.*Name one of them"),
        ({"system": "odl", "other_system": "new"}, UnknownNameError, r"Did you mean 'old'\?"),
        ({"system": "old", "other_system": "old"}, ConfigError, r"both its system 'old'.*other systems: new"),
    ],
)
def test_which_system_is_meant_must_be_clear(
    both: StoredRun, sides: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        compare_runs(both, both, **sides)


def test_runs_without_anything_in_common_are_refused_with_what_they_hold(
    before: StoredRun, folder: Path
) -> None:
    def renamed(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(utterance_id="x" + table["utterance_id"])

    def reworded(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(reference="quite another sentence")

    other = open_run(make_run(folder, "ids", people=renamed, texts=renamed))
    with pytest.raises(ConfigError, match=r"no utterance_id is in both.*'Scottish-0-0'.*'xScottish-0-0'"):
        compare_runs(before, other)
    other = open_run(make_run(folder, "words", people=reworded))
    with pytest.raises(ConfigError, match=r"72 utterances have the same id in both, none the same reference"):
        compare_runs(before, other)
    welsh = SIDECAR.replace("language: en", "language: cy")
    other = open_run(make_run(folder, "cy", sidecar=welsh, normalisers=["basic"]))
    with pytest.raises(ConfigError, match=r"'en' in A and 'cy' in B"):
        compare_runs(before, other)


def test_a_run_of_another_version_is_refused_with_what_to_do(before: StoredRun, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(before.folder, old)
    edit_json(old / "run.json", {"kind": "of long ago"})
    with pytest.raises(ConfigError, match=r"not written by this version of asr-fair\. Run or score again"):
        open_run(old)


def test_people_who_did_not_agree_to_an_evaluation_are_not_compared(before: StoredRun, folder: Path) -> None:
    other = make_run(folder, "withdrawn")
    sidecar = folder / "of-withdrawn" / "ward.yaml"
    sidecar.write_text(SIDECAR.replace("[evaluate, share_results]", "[share_results]"), encoding="utf-8")
    with pytest.raises(ConfigError, match="does not hold 'evaluate'"):
        compare_runs(before, open_run(other))


def test_a_folder_with_colons_is_told_from_its_system(tmp_path: Path) -> None:
    (tmp_path / "a:b").mkdir()
    assert split_name(f"{tmp_path}/a:b") == (tmp_path / "a:b", None)
    assert split_name(f"{tmp_path}/a:b:c:d") == (tmp_path / "a:b", "c:d")
    assert split_name(f"{tmp_path}/none:x") == (tmp_path / "none", "x")
