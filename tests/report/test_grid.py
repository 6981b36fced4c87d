"""A run over a grid of rooms, noises, levels and handsets: what is told together and what apart."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from itertools import groupby, permutations
from pathlib import Path

import pytest
from made_people import render_card, render_card_html
from made_results import ACCENTS, CLEAN_ONLY, CONDITIONS, make_grid, make_results
from pages import Page, numbers
from test_hidden_values import (
    HIDDEN_IN_REPORT,
    HIDDEN_ON_CARD,
    report_and_tables,
    with_other_counts,
    with_other_rates,
)
from test_numbers_shown import numeric_cells, written

from asr_fair.fairness.results import ConditionInfo, Loss, Results, read_results
from asr_fair.report import render_html
from asr_fair.report.heat_map import N_SHADES, Shades, heat_map
from asr_fair.report.losses import losses_table
from asr_fair.report.noise.panels import MARKS, panels_of
from asr_fair.report.plots.noise import noise_curves
from asr_fair.report.redact import shown_in_report
from asr_fair.report.settings import in_reading_order
from asr_fair.report.spreadsheets.tables import csv_tables

GRID = make_grid(profiles=(None, "scanner"))
PLACES = ("No room or handset added", "Landline telephone", "Scanner bay, 3 m", "Scanner bay, 3 m; Landline")
VOICES = [voice for voice in ACCENTS if voice.name not in {"Vietnamese English", "declined"}]
SHOWN = [voice for voice in VOICES if voice.name not in {"Scottish", "Welsh", "unknown"}]
HEAT_MAP = "WER under every condition: Accent"


@pytest.fixture(scope="module")
def grid_results() -> Results:
    return make_results(rendered=GRID, accents=VOICES)


@pytest.fixture(scope="module")
def html(grid_results: Results) -> str:
    return render_html(grid_results)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page.parse(html)


def curves(html: str, place: str) -> str:
    """The plots against SNR of the accents in one room and handset."""
    title = f"WER against signal-to-noise ratio ({place})</h4>"
    return html.split(title)[1].split("<h4>")[0]


@pytest.mark.parametrize("n_noises", [1, 4, 5, 9])
def test_a_plot_mixes_no_rooms_and_no_handsets_and_repeats_no_mark(n_noises: int) -> None:
    noises = [f"noise{number}" for number in range(n_noises)]
    grid = {one.name: one for one in make_grid(profiles=(None, *noises))}
    marks = {noise: set() for noise in noises}
    for panel in panels_of(tuple(grid.values()), dodge_db=0.5):
        assert len({(grid[name].room, grid[name].handset) for name in panel.conditions}) == 1
        assert len({(one.colour, one.shape) for one in panel.series}) == len(panel.series) <= len(MARKS)
        for one in panel.series:
            (noise,) = {grid[name].profile for name in one.stops}
            marks[noise].add((one.colour, one.shape))
    assert all(len(own) == 1 for own in marks.values())  # a noise has one mark in all rooms


@pytest.mark.parametrize("n_noises", [1, 4, 5, 9])
def test_each_noisy_condition_stands_in_one_plot_near_its_own_snr(n_noises: int) -> None:
    grid = make_grid(profiles=(None, *(f"noise{number}" for number in range(n_noises))), snrs_db=(20, 5, -5))
    placed = [
        (name, at)
        for panel in panels_of(grid, dodge_db=0.5)
        for one in panel.series
        for name, at in one.stops.items()
    ]
    assert Counter(name for name, _ in placed) == Counter(one.name for one in grid if one.profile)
    snr_db = {one.name: one.snr_db for one in grid}
    assert all(abs(at - snr_db[name]) <= 0.75 for name, at in placed)


def test_titles_of_plots_against_snr_are_told_apart() -> None:
    grid = make_grid(profiles=(None, *(f"noise{number}" for number in range(6))))
    titles = [panel.title for panel in panels_of(grid, dodge_db=0.5)]
    assert len(set(titles)) == len(titles) == 4 * 2


def test_lines_end_at_their_own_room_and_handset_without_noise() -> None:
    bases = {panel.title: panel.base for panel in panels_of(GRID, dodge_db=0.5)}
    assert list(bases.values()) == ["clean", "landline", "bay", "bay+landline"]


def test_lines_end_nowhere_where_their_room_was_not_run_without_noise() -> None:
    without = [one for one in GRID if one.name != "bay" and (one.room or not one.handset)]
    bases = {panel.title: panel.base for panel in panels_of(without, dodge_db=0.5)}
    assert bases["Scanner bay, 3 m"] is None
    assert bases["Scanner bay, 3 m; Landline telephone"] == "bay+landline"
    shown = shown_in_report(make_results(rendered=without))
    _, in_the_bay, _ = noise_curves(shown, shown.results.dimensions[1], "whisper-tiny.en")
    assert in_the_bay.title.endswith("(Scanner bay, 3 m)")
    for plot in in_the_bay.plots:
        assert not any(word in plot.svg for word in ("no noise", "clean"))
    assert "at the right" not in in_the_bay.caption


def test_room_or_handset_that_never_meets_noise_has_no_plot_against_snr() -> None:
    only_quiet = [one for one in GRID if one.room is None or one.profile is None]
    assert [panel.base for panel in panels_of(only_quiet, dodge_db=0.5)] == ["clean", "landline"]


def test_transcripts_handed_in_under_other_names_are_not_taken_for_speech_without_noise() -> None:
    others = (ConditionInfo(name="corridor", title="corridor"), *CONDITIONS[1:])
    (panel,) = panels_of(others, dodge_db=0.5)
    assert panel.base is None


def test_each_plot_tells_the_conditions_of_its_room_and_no_other(html: str) -> None:
    in_the_bay = curves(html, "Scanner bay, 3 m")
    assert in_the_bay.count("<figure>") == len(SHOWN)
    # Irish: 0.115 · 1.31 in the room alone, and · 1.6 at 10 dB, · 2.2 at 0 dB, · 1.24 for this noise.
    irish = next(
        label for label in Page.parse(in_the_bay).attributes("aria-label") if label.startswith("Irish")
    )
    assert irish == (
        "Irish. Scanner bay, 3 m: 15.1\u00a0%; Scanner bay, 3 m; Scanner, 10 dB SNR: 29.9\u00a0%; "
        "Scanner bay, 3 m; Scanner, 0 dB SNR: 41.1\u00a0%; Scanner: within 30\u00a0% at every SNR heard "
        "(≥\u00a00\u00a0dB) [at most\u00a01.5]"
    )
    assert "no noise" in in_the_bay
    assert ">clean<" not in in_the_bay
    assert ">clean<" in curves(html, "No room or handset added")


def test_conditions_stand_by_room_and_handset_then_noise_at_falling_snr() -> None:
    by_parts = {(one.room, one.handset, one.profile, one.snr_db): one.name for one in GRID}
    expected = [
        by_parts[room, handset, profile, snr_db]
        for room in (None, "bay")
        for handset in (None, "landline")
        for profile, snr_db in ((None, None), ("scanner", 10), ("scanner", 0))
    ]
    assert [one.name for one in in_reading_order(GRID)] == expected


def test_clean_comes_first_and_no_room_or_handset_is_torn_apart_in_whatever_order_they_were_named() -> None:
    for order in permutations(GRID[:5]):
        ordered = in_reading_order(order)
        assert ordered[0].name == "clean"
        places = [place for place, _ in groupby((one.room, one.handset) for one in ordered)]
        assert len(places) == len(set(places))


def test_heat_map_holds_every_condition_and_every_shown_group(page: Page) -> None:
    places, heading, *rows = page.table(HEAT_MAP).rows
    assert [title.startswith(place) for title, place in zip(places[1:], PLACES, strict=True)] == [True] * 4
    assert heading[:2] == ["Group", "Speakers"]
    assert len(heading) == 2 + len(GRID)
    in_the_bay = 2 + 2 * len(GRID) // 4
    assert heading[in_the_bay : in_the_bay + 2] == ["No noise", "Scanner, 10\u00a0dB SNR"]
    assert rows[0][:2] == ["Everyone", "84"]
    irish = next(row for row in rows if row[0] == "Irish")
    assert irish[1] == "12"
    assert irish[in_the_bay + 1] == "29.9"  # 0.115 · 1.31 in the room · 1.6 at 10 dB · 1.24 for this noise
    assert [row[0] for row in rows if len(row) == len(heading)] == [
        "Everyone",
        *(voice.name for voice in SHOWN),
    ]


def test_heat_map_says_in_words_which_groups_are_hidden_or_indicative(page: Page) -> None:
    rows = {row[0]: row[1:] for row in page.table(HEAT_MAP).rows}
    assert rows["Scottish"] == ["hidden: fewer than 3 speakers"]
    assert rows["Welsh"] == ["4", "counts only: fewer than 5 speakers"]
    assert rows["Nigerian English"][0] == "7 indicative"


def test_shades_rise_with_the_rate_and_are_alike_for_all_systems() -> None:
    made = make_results(systems=("tiny", "base"))
    shown = shown_in_report(made)
    cells = [
        cell
        for system in ("tiny", "base")
        for block in heat_map(shown, shown.results.dimensions[0], system).blocks
        for row in block.rows
        for cell in row.cells
        if cell.shade is not None
    ]
    ordered = sorted(cells, key=lambda cell: float(cell.text))
    shades = [cell.shade for cell in ordered]
    assert shades == sorted(shades)
    assert (shades[0], shades[-1]) == (0, N_SHADES - 1)
    assert len({cell.text for cell in cells}) > N_SHADES


@pytest.mark.parametrize(
    ("values", "value", "shade"),
    [
        ([0.1, 0.8], 0.1, 0),
        ([0.1, 0.8], 0.8, N_SHADES - 1),
        ([0.1, 0.8], 0.45, 3),
        ([0.2, 3.0], 3.0, N_SHADES - 1),
        ([0.2, 3.0], 0.5, 2),  # not squeezed by the one above 100 %
        ([0.2], 0.2, 0),
        ([], 0.2, 0),
    ],
)
def test_steps_of_shades_have_the_same_width(values: list[float], value: float, shade: int) -> None:
    assert Shades.of(values).of_value(value) == shade


def test_heat_map_is_left_out_where_there_is_nothing_to_survey() -> None:
    assert HEAT_MAP not in render_html(make_results(conditions=CLEAN_ONLY))


def test_every_number_in_the_tables_of_a_grid_stands_in_the_results(
    grid_results: Results, page: Page
) -> None:
    known = set(written(grid_results))
    assert [n for cell in numeric_cells(page) for n in numbers(cell) if n not in known and n != "95"] == []


def test_hidden_groups_leave_no_trace_in_report_tables_and_card_of_a_grid(
    grid_results: Results, html: str
) -> None:
    changed = with_other_counts(with_other_rates(grid_results, HIDDEN_IN_REPORT), HIDDEN_IN_REPORT)
    assert report_and_tables(changed) == (html, csv_tables(shown_in_report(grid_results)))
    changed = with_other_counts(with_other_rates(grid_results, HIDDEN_ON_CARD), HIDDEN_ON_CARD)
    assert render_card(changed) == render_card(grid_results)
    assert render_card_html(changed) == render_card_html(grid_results)


def test_without_enough_speakers_in_all_the_heat_map_has_no_row_of_everyone() -> None:
    made = make_results()
    few = tuple(f.model_copy(update={"n_speakers": 2}) if f.group == "all" else f for f in made.figures)
    page = Page.parse(render_html(made.model_copy(update={"figures": few})))
    assert "Everyone" not in [row[0] for row in page.table(HEAT_MAP).rows]


def test_each_room_and_handset_unfolds_by_itself_and_the_first_is_open(page: Page) -> None:
    details = [attributes for tag, attributes in page.elements if tag == "details"]
    places = ["open" in attributes for attributes in details if attributes.get("class") == "place"]
    assert places == [True, *[False] * (len(PLACES) - 1)] * 2  # in each of two dimensions
    assert sum("open" in attributes for attributes in details) == 2  # what lies deeper in them is folded
    assert page.open == []
    captions = [table.caption for table in page.tables]
    assert len(set(captions)) == len(captions)


def test_one_room_and_handset_is_not_folded(report_html: str) -> None:
    assert "each condition</h4></summary>" not in report_html
    assert "<h4>Each condition</h4>" in report_html


def test_what_was_run_names_the_parts_and_says_once_what_snr_means(grid_results: Results, page: Page) -> None:
    card = Page.parse(render_card_html(grid_results))
    for text in (page.text, card.text):
        assert text.count("the level of active speech over that of the noise while it sounds") == 1
        assert "after the room, before the handset" in text
        assert "Rooms, simulated Scanner bay, 3 m" in text
        assert "Handsets, simulated Landline telephone" in text
        assert "12, each with the same utterances; one is “Clean: the recording as it is”" in text
        assert "Rooms and handsets were simulated" in text


def test_nothing_is_said_of_parts_that_a_run_does_not_have(report: Page) -> None:
    assert "simulated" not in report.text.replace("settings of a synthesiser or a simulation", "")
    clean_only = render_html(make_results(conditions=CLEAN_ONLY))
    assert "SNR" not in clean_only
    assert "added by computation" not in clean_only


def test_no_noise_is_claimed_to_be_added_to_transcripts_that_were_handed_in() -> None:
    unknown = (CONDITIONS[0], ConditionInfo(name="scanner@0dB", title="scanner@0dB"))
    text = Page.parse(render_html(make_results(conditions=unknown))).text
    assert "added by computation" not in text
    assert "known to those who handed in the transcripts" in text


def test_provenance_names_parts_and_whole_digest(page: Page, grid_results: Results) -> None:
    digest = next(one.digest for one in grid_results.conditions if one.name == "bay+scanner@0dB+landline")
    parts = f"room bay, noise scanner, handset landline, SNR 0\u00a0dB, digest {digest}"
    assert f"Condition bay+scanner@0dB+landline {parts}".replace("\u00a0", " ") in page.text


def test_what_is_lost_alike_under_every_condition_stands_in_one_row() -> None:
    made = make_results()
    loss = made.losses[0]
    everywhere = [loss.model_copy(update={"condition": one.name}) for one in CONDITIONS]
    other = loss.model_copy(update={"n_missing": 7})
    assert _conditions_of_losses(made, (*everywhere, other)) == ["all 5 conditions", "Scanner at 0 dB"]
    assert _conditions_of_losses(made, everywhere[1:]) == [one.title for one in CONDITIONS[1:]]


def _conditions_of_losses(made: Results, losses: Sequence[Loss]) -> list[str]:
    table = losses_table(shown_in_report(made.model_copy(update={"losses": tuple(losses)})))
    return [row.cells[1].text for block in table.blocks for row in block.rows]


def test_table_of_conditions_holds_their_parts_as_they_are(grid_results: Results) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_tables(shown_in_report(grid_results))["conditions.csv"])))
    assert len(rows) == len(GRID)
    last = rows[-1]
    assert (last["room"], last["profile"], last["handset"]) == ("bay", "scanner", "landline")
    assert float(last["snr_db"]) == 0


def test_results_of_schema_1_0_are_still_read_and_shown(tmp_path: Path) -> None:
    content = json.loads(make_results().model_dump_json())
    content["schema_version"] = "1.0"
    for condition in content["conditions"]:
        for new in ("room", "room_title", "profile_title", "handset", "handset_title"):
            del condition[new]
    path = tmp_path / "results.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    text = Page.parse(render_html(read_results(path))).text
    assert "results schema 1.0" in text
    assert "Noises, added scanner; alarm" in text
