"""What the report and the card say about the analysis plan."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from made_people import render_card, render_card_html
from made_results import ACCENTS, CLEAN_ONLY, make_results

from asr_fair.config import Family, Margin
from asr_fair.fairness.results import PlanInfo, Results, Verdict
from asr_fair.report import render_html
from asr_fair.report.plan_texts import plan_fact, together_words
from asr_fair.report.redact import shown_in_report
from asr_fair.report.spreadsheets.tables import csv_tables
from asr_fair.report.texts import banner, how_to_read, limits

REASON = "this plan (digest b) was stored after the first count, which was made under another (digest a)"


def with_plan(**changes: object) -> Results:
    results = make_results(rendered=CLEAN_ONLY)
    return results.model_copy(update={"plan": results.plan.model_copy(update=changes)})


def exploratory() -> Results:
    results = with_plan(exploratory=True, exploratory_reason=REASON)
    comparisons = tuple(one.model_copy(update={"exploratory": True}) for one in results.comparisons)
    return results.model_copy(update={"comparisons": comparisons})


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("render", [render_html, render_card, render_card_html])
def test_a_plan_that_came_later_is_told_on_top_with_both_digests(render) -> None:
    page = render(exploratory())
    place = page.index("Exploratory: this plan (digest b) was stored after".replace("(", r"("))
    assert place < page.index("WER of all speakers together")
    assert "after the first count (exploratory)" in page


def test_no_verdict_of_a_later_plan_stands_without_its_label() -> None:
    card = render_card(exploratory())
    assert "disparity (exploratory): higher WER than Irish" in card
    assert "disparity: " not in card
    assert "disparity: " not in render_html(exploratory())


def test_both_warnings_stand_on_top_of_synthetic_and_exploratory_results() -> None:
    results = exploratory()
    manifest = results.manifest.model_copy(update={"synthetic": True})
    words = banner(results.model_copy(update={"manifest": manifest}))
    assert words is not None
    assert REASON in words
    assert "Synthetic voices" in words


def test_a_declared_plan_has_no_banner_and_says_when_it_was_stored() -> None:
    results = with_plan(declared=True)
    assert banner(results) is None
    assert plan_fact(results.plan).value == "stored 2026-11-21, before the first count, digest abababababab"


def test_a_default_plan_is_said_not_to_be_written_and_is_not_exploratory() -> None:
    value = plan_fact(with_plan(declared=False).plan).value
    assert value.startswith("none was written; the default one")
    assert "before the first count" in value
    assert "xploratory" not in value


def test_dimensions_that_the_plan_does_not_name_are_listed_on_report_and_card() -> None:
    results = with_plan(not_analysed=("Age", "First language"))
    sentence = "not in the analysis plan, and so not analysed here: Age, First language."
    assert sentence in render_html(results)
    assert sentence in render_card(results)
    assert not any("not analysed" in each for each in limits(shown_in_report(with_plan())))


def test_a_family_is_told_by_whom_it_holds_together() -> None:
    plan = with_plan().plan
    assert together_words(plan) == "all groups and conditions"
    some = plan.model_copy(update={"family": Family(conditions=("clean",), across="dimensions")})
    assert together_words(some) == "all groups of all dimensions under clean"
    words = " ".join(how_to_read(shown_in_report(with_plan(family=Family(conditions=("clean",))))))
    assert "those of all groups under clean hold together" in words
    assert "Benjamini and Hochberg" in words
    assert "Benjamini" not in " ".join(how_to_read(shown_in_report(with_plan())))


def test_margins_of_a_dimension_are_told_there_and_in_its_verdicts() -> None:
    results = with_plan(margins={"handset": Margin(ratio=1.1, points=2)})
    page = plain(render_html(results))
    assert "For this dimension, equivalent means within 1.10× and 2 points" in page
    assert page.count("For this dimension") == 1
    equivalent = [one for one in results.comparisons if one.verdict is Verdict.EQUIVALENT]
    assert {one.dimension for one in equivalent} == {"handset"}
    assert "(within 1.10× and 2 points)" in page


def test_smallest_ratio_stands_in_tables_card_and_csv() -> None:
    results = make_results(rendered=CLEAN_ONLY)
    # 1 + 2/√14 of the Vietnamese; as a gap, that much of the Irish rate: 0.115 · 2/√14.
    assert "<td>1.53×<small>+6.1\u00a0points</small></td>" in render_html(results)
    assert "1.53×" in render_card(results)
    rows = csv_tables(shown_in_report(results))["rates.csv"].splitlines()
    columns = rows[0].split(",")
    (row,) = [
        one.split(",")
        for one in rows
        if one.startswith("accent,Vietnamese English,clean") and ",whisper_en," in one
    ]
    assert float(row[columns.index("smallest_ratio")]) == pytest.approx(1 + 2 / 14**0.5)
    assert row[columns.index("exploratory")] == "False"


def test_results_of_earlier_versions_are_rendered() -> None:
    results = make_results(rendered=CLEAN_ONLY, accents=ACCENTS)
    old = results.model_dump(mode="json") | {"schema_version": "1.2"}
    old["plan"] = {key: old["plan"][key] for key in ("digest", "stored_at", "thresholds")}
    del old["plan"]["thresholds"]["equivalence_points"]
    for one in old["comparisons"]:
        for key in ("exploratory", "smallest_ratio", "p_adjustment"):
            del one[key]
    again = Results.model_validate(old)
    assert again.plan.declared is None
    assert "none was written" not in render_html(again)


def test_schema_keeps_what_a_plan_declares() -> None:
    plan = PlanInfo(
        digest="a",
        stored_at=datetime(2026, 11, 21, tzinfo=UTC),
        thresholds=make_results().plan.thresholds,
        margins={"age": Margin(points=3)},
        family=Family(conditions=("clean",)),
    )
    assert PlanInfo.model_validate_json(plan.model_dump_json()) == plan


def test_report_points_to_the_calibration_that_the_repository_holds() -> None:
    words = " ".join(how_to_read(shown_in_report(with_plan())))
    file = "benchmarks/results/calibration.md"
    assert file in words
    assert (Path(__file__).parents[2] / file).is_file()
