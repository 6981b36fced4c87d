"""Which plan a run directory holds, and what becomes of a second one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_score import write_inputs

from asr_fair.config import Family, Margin, Plan, Reference, Thresholds
from asr_fair.errors import FaultsError
from asr_fair.fairness.results import Results, read_results
from asr_fair.pipeline.outputs import render_again
from asr_fair.pipeline.score import score
from asr_fair.pipeline.stored_plans import StoredPlans, plan_digest, plan_info

STRICTER = Plan(thresholds=Thresholds(equivalence_ratio=1.1))
TITLES = {"accent": "Accent", "age": "Age"}


def scored(folder: Path, plan: Plan | None = None) -> Results:
    manifest, transcripts = folder / "ward.jsonl", folder / "texts.csv"
    if not manifest.exists():
        write_inputs(folder, n_speakers=4)
    score(manifest, transcripts, folder / "run", plan=plan, normalisers=["basic"])
    return read_results(folder / "run" / "results.json")


def record(folder: Path) -> dict[str, object]:
    return json.loads((folder / "run" / "run.json").read_text(encoding="utf-8"))


CHANGES = (
    {"dimensions": ("accent",)},
    {"references": {"accent": Reference(group="Irish", reason="most speakers")}},
    {"covariates": {"accent": ("duration_s",)}},
    {"mixed_models": "never"},
    {"faas": True},
    {"baseline_system": "tiny"},
    {"intersections": (("accent", "gender"),)},
    {"within": {"accent": ("gender",)}},
    {"thresholds": Thresholds(few_words=500)},
    {"thresholds": Thresholds(equivalence_points=2)},
    {"margins": {"accent": Margin(ratio=1.2)}},
    {"margins": {"accent": Margin(points=1)}},
    {"family": Family(conditions=("clean",))},
    {"family": Family(across="dimensions")},
)


def test_every_field_of_the_plan_changes_its_digest() -> None:
    assert {name for change in CHANGES for name in change} == set(Plan.model_fields)
    digests = {plan_digest(Plan(**change)) for change in CHANGES}
    assert len(digests | {plan_digest(Plan())}) == len(CHANGES) + 1


def test_a_reason_is_part_of_the_plan() -> None:
    references = (Reference(group="Irish", reason=reason) for reason in ("first", "largest"))
    one, other = (plan_digest(Plan(references={"accent": each})) for each in references)
    assert one != other


def test_digests_of_plans_that_version_0_1_0_could_write_are_what_they_were() -> None:
    assert plan_digest(Plan()) == "ba5402bb69f869add08e49bc3095b6977d1e3d7d998620bf4d53910609ce8603"
    # What is left to its default says the same as what is written out.
    written_out = Plan(family=Family(), margins={}, thresholds=Thresholds(few_words=1000))
    assert plan_digest(written_out) == plan_digest(Plan())


def test_a_second_plan_is_exploratory_and_the_first_one_stays(tmp_path: Path) -> None:
    first = scored(tmp_path)
    before = record(tmp_path)
    second = scored(tmp_path, STRICTER)
    kept = record(tmp_path)
    assert (kept["plan_digest"], kept["plan_stored_at"]) == (first.plan.digest, before["plan_stored_at"])
    (later,) = kept["later_plans"]
    assert later["digest"] == second.plan.digest == plan_digest(STRICTER)
    assert later["plan"] == {"thresholds": {"equivalence_ratio": 1.1}}
    assert second.plan.exploratory
    assert not first.plan.exploratory
    assert second.plan.stored_at >= first.plan.stored_at
    for plan in (first.plan, second.plan):
        assert plan.digest[:12] in (second.plan.exploratory_reason or "")
        assert f"{plan.stored_at:%H:%M:%S}" in (second.plan.exploratory_reason or "")
    assert all(one.exploratory for one in second.comparisons)
    assert {one.p_adjustment for one in second.comparisons} == {"benjamini-hochberg"}
    for name in ("report.html", "card.md", "card.html", "card.tex"):
        text = (tmp_path / "run" / name).read_text(encoding="utf-8")
        assert "Exploratory: this plan" in text, name
        assert "after the first count" in text, name
    # The same plan again keeps its time; the first one is declared as ever.
    assert scored(tmp_path, STRICTER).plan == second.plan
    again = scored(tmp_path)
    assert again.plan == first.plan
    assert not any(one.exploratory for one in again.comparisons)
    assert record(tmp_path) == kept


def test_before_the_first_count_a_plan_may_still_be_changed(tmp_path: Path) -> None:
    scored(tmp_path)
    for name in ("counts.parquet", "results.json"):
        (tmp_path / "run" / name).unlink()
    found = scored(tmp_path, STRICTER)
    assert not found.plan.exploratory
    assert record(tmp_path)["plan_digest"] == plan_digest(STRICTER)
    assert record(tmp_path)["later_plans"] == []


def test_a_directory_of_version_0_1_0_is_known_again(tmp_path: Path) -> None:
    scored(tmp_path)
    path = tmp_path / "run" / "run.json"
    old = record(tmp_path)
    del old["plan"], old["later_plans"]
    old["identity"]["plan"] = old["plan_digest"]
    path.write_text(json.dumps(old), encoding="utf-8")
    assert not scored(tmp_path).plan.exploratory
    assert record(tmp_path)["plan_digest"] == old["plan_digest"]
    assert render_again(tmp_path / "run")


def test_nobodys_plan_is_said_to_be_the_default_and_is_declared_in_advance(tmp_path: Path) -> None:
    found = scored(tmp_path)
    assert found.plan.declared is False
    assert not found.plan.exploratory
    assert "none was written" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert plan_info(_stored(Plan(dimensions=None)), Plan(dimensions=None), dimensions=TITLES).declared


def test_dimensions_of_the_manifest_that_the_plan_leaves_out_are_named() -> None:
    plan = Plan(dimensions=("age",))
    assert plan_info(_stored(plan), plan, dimensions=TITLES).not_analysed == ("Accent",)
    assert plan_info(_stored(Plan()), Plan(), dimensions=TITLES).not_analysed == ()


def test_faults_of_a_plan_are_told_before_anything_is_written(tmp_path: Path) -> None:
    plan = Plan(family=Family(conditions=("claen",)))
    with pytest.raises(FaultsError, match="Did you mean 'clean'"):
        scored(tmp_path, plan)
    with pytest.raises(FaultsError, match=r"margins\.acent.*Did you mean 'accent'"):
        scored(tmp_path, Plan(margins={"acent": Margin(points=1)}))
    assert not (tmp_path / "run").exists()


def _stored(plan: Plan) -> StoredPlans:
    return StoredPlans(plan_digest=plan_digest(plan), plan_stored_at=datetime(2026, 11, 21, tzinfo=UTC))
