"""How two systems side by side are told: which made fewer errors, for whom, and nothing of hidden groups."""

from __future__ import annotations

import csv
import io

import pytest
from made_people import render_card
from made_results import CONDITIONS, make_results
from made_systems import compared
from pages import Page, numbers

from asr_fair.fairness.results import Results, Verdict
from asr_fair.report import render_html
from asr_fair.report.redact import shown_in_report
from asr_fair.report.spreadsheets.tables import csv_tables
from asr_fair.report.systems.texts import pair_sentences, pairs_words


def changed(results: Results, group: str, **fields: object) -> Results:
    rows = tuple(
        row.model_copy(update=fields) if row.group == group else row for row in results.system_comparisons
    )
    return results.model_copy(update={"system_comparisons": rows})


def sentence(results: Results) -> str:
    (found,) = pair_sentences(shown_in_report(results))
    return found.replace("\u00a0", " ")


def records(results: Results, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_tables(shown_in_report(results))[name])))


@pytest.fixture(scope="module")
def results() -> Results:
    return compared()


def test_a_sentence_says_who_makes_fewer_errors_for_whom_and_how_sure(results: Results):
    told = sentence(results)
    assert told.startswith(
        "tiny and base under “Clean”, everyone: 19.9 % and 15.9 % of words wrong, missing or added; base "
        "makes 4.0 points fewer errors than tiny [2.4 to 5.6; 84 speakers, fewer errors with tiny for 3 and "
        "with base for 9; 17 utterances of one system only left out]."
    )
    assert (
        "“Vietnamese English” (Accent) fares 2.8 points worse under tiny than under base [1.1 to 4.5]" in told
    )


def test_no_report_and_no_card_shows_the_text_of_a_prompt(results: Results) -> None:
    told = {"beam_size": 5, "initial_prompt": "Mrs Harrow", "prompt": "Dr Oduya"}
    systems = tuple(each.model_copy(update={"settings": told}) for each in results.systems)
    prompted = results.model_copy(update={"systems": systems})
    for page in (render_html(prompted), render_card(prompted)):
        assert "initial prompt not shown" in page
        assert "Harrow" not in page
        assert "Oduya" not in page


def test_bounds_are_told_in_the_direction_of_the_words(results: Results):
    rows = tuple(
        row.model_copy(
            update={
                "ratio": 0.8,
                "difference": row.difference.model_copy(update={"value": -0.04, "low": -0.05, "high": -0.03}),
            }
        )
        for row in results.system_comparisons
    )
    told = sentence(results.model_copy(update={"system_comparisons": rows}))
    assert "tiny makes 4.0 points fewer errors than base [3.0 to 5.0;" in told


def test_a_group_that_fares_the_other_way_is_named(results: Results):
    (irish,) = (row for row in results.system_comparisons if row.group == "Irish")
    other = irish.difference.model_copy(update={"value": -0.031})
    told = sentence(changed(results, "Irish", difference=other, ratio=0.8))
    assert "It is the other way round, fewer errors with tiny for “Irish” (Accent) (−3.1 points)." in told


def test_groups_that_differ_are_named_where_everyone_together_does_not(results: Results):
    told = sentence(changed(results, "all", verdict=Verdict.CANNOT_TELL, reason="of thin data"))
    assert "Fewer errors with base for “Irish” (Accent) (+2.3 points), " in told
    assert "other way round" not in told


def test_no_difference_found_is_told_as_no_knowledge(results: Results):
    told = sentence(changed(results, "all", verdict=Verdict.CANNOT_TELL, reason="of thin data"))
    assert "this data cannot tell whether the two differ (of thin data)" in told


def test_gaps_whose_interval_holds_zero_are_not_named(results: Results):
    rows = tuple(
        row.model_copy(
            update={"gap_difference": row.gap_difference.model_copy(update={"simultaneous_low": -0.01})}
        )
        if row.gap_difference
        else row
        for row in results.system_comparisons
    )
    told = sentence(results.model_copy(update={"system_comparisons": rows}))
    assert "For no group can this data tell whether its gap to the others differs between the two." in told


def test_other_conditions_are_counted_by_outcome():
    told = sentence(compared(rendered=CONDITIONS))
    assert "Under all 4 other conditions: fewer errors with base." in told


def test_every_number_in_the_table_stands_in_the_results(results: Results):
    page = Page.parse(render_html(results))
    table = page.table("tiny and base: Clean")
    known = set()
    for row in results.system_comparisons:
        gap = row.gap_difference
        values = [row.wer, row.other_wer, row.difference.value, row.difference.low, row.difference.high]
        values += [] if gap is None else [gap.value, gap.low, gap.high]
        known |= {f"{100 * value:.1f}" for value in values} | {f"{100 * value:+.1f}" for value in values}
        known |= {f"{row.p_adjusted:.3f}", f"{row.p_value:.3f}", "0.002", "3", "9", f"{row.n_speakers:,}"}
        known |= {"95", "1.06", "1.47", "1"}
    found = [number for row in table.rows[2:] for cell in row[1:] for number in numbers(cell)]
    assert len(found) > 60
    assert [number for number in found if number not in known] == []


def test_matched_pairs_stand_aside_with_their_caveat(results: Results):
    page = Page.parse(render_html(results))
    assert len(page.table("MAPSSWE: tiny and base").rows) > 5
    assert "It ignores that they come from the same speakers" in page.text


def test_hidden_groups_change_nothing_that_is_shown(results: Results):
    other = {"wer": 0.918273, "n_utterances": 88_888, "n_speakers_fewer": 1, "p_value": 0.777}
    altered = results
    for group in ("Scottish", "Welsh", "unknown"):
        altered = changed(altered, group, **other)
    altered = altered.model_copy(
        update={
            "matched_pairs": tuple(
                row.model_copy(update={"n_segments": 66_666})
                if row.group in ("Scottish", "Welsh", "unknown")
                else row
                for row in results.matched_pairs
            )
        }
    )
    assert render_html(altered) == render_html(results)
    assert csv_tables(shown_in_report(altered)) == csv_tables(shown_in_report(results))
    told = changed(results, "Irish", **other)
    assert "91.8" in render_html(told)


def test_gaps_to_a_hidden_reference_are_hidden():
    rows = records(compared(reference="Welsh"), "systems.csv")
    accents = [row for row in rows if row["dimension"] == "accent"]
    assert accents
    assert {row["gap_difference_value"] for row in accents} == {""}


def test_too_few_paired_speakers_hide_a_group_that_either_system_alone_would_show(results: Results):
    few = changed(results, "Vietnamese English", n_speakers=4)
    for name in ("systems.csv", "matched_pairs.csv"):
        assert "Vietnamese English" in {row["group"] for row in records(results, name)}
        assert "Vietnamese English" not in {row["group"] for row in records(few, name)}


def test_a_pair_of_few_paired_reference_speakers_has_no_gap(results: Results):
    (row,) = (row for row in results.system_comparisons if row.group == "Vietnamese English")
    few = row.gap_difference.model_copy(update={"n_speakers": 4})
    found = records(changed(results, "Vietnamese English", gap_difference=few), "systems.csv")
    (told,) = (record for record in found if record["group"] == "Vietnamese English")
    assert (told["wer"], told["gap_difference_value"]) == (str(row.wer), "")


def test_one_system_has_no_section_and_no_words():
    results = make_results()
    assert pairs_words(shown_in_report(results)) == []
    assert "Systems compared" not in render_html(results)


def test_of_many_systems_it_is_said_with_which_one_the_others_are_compared(results: Results):
    systems = tuple(results.systems[0].model_copy(update={"name": name}) for name in ("tiny", "base", "big"))
    words = pairs_words(shown_in_report(results.model_copy(update={"systems": systems})))
    assert words[0].startswith("tiny is compared with each of the 1 other systems")


def test_the_card_holds_nothing_of_it(results: Results):
    without = results.model_copy(update={"system_comparisons": (), "matched_pairs": ()})
    assert render_card(results) == render_card(without)


def test_results_of_an_older_version_are_read(results: Results):
    content = make_results().model_dump(mode="json", exclude={"system_comparisons", "matched_pairs"})
    assert Results.model_validate(content | {"schema_version": "1.2"}).system_comparisons == ()
