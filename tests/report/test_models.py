"""Models in the report: side by side, with words, and silent about hidden groups."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from made_models import FAAS, N_ROWS, SIGMA, SYSTEM, make_faas, make_models
from made_people import render_card_html
from made_results import ACCENTS, CLEAN_ONLY, Voice, make_results
from pages import Page
from test_hidden_values import HIDDEN_IN_REPORT, with_other_rates

from asr_fair.fairness.model_status import ModelName, ModelStatus
from asr_fair.fairness.models.faas import FAAS_WARNING
from asr_fair.fairness.results import ModelRow, Results
from asr_fair.report import render_html
from asr_fair.report.model import Table
from asr_fair.report.models.tables import fits_table, models_table
from asr_fair.report.models.texts import STATUS_WORDS, adjusting_words
from asr_fair.report.page import build_report
from asr_fair.report.redact import shown_in_report
from asr_fair.report.spreadsheets.tables import csv_tables

SHOWN = [voice for voice in ACCENTS if (voice.n_speakers or 0) >= 5]
COMPARED = [voice.name for voice in SHOWN if voice.name not in ("Irish", "declined")]
BOTH_FAAS = tuple(make_faas(["accent", "handset"]))


def modelled(
    rows: Sequence[ModelRow] | None = None, accents: Sequence[Voice] = SHOWN, **changes: object
) -> Results:
    models = tuple(make_models(COMPARED, CLEAN_ONLY) if rows is None else rows)
    return make_results(rendered=CLEAN_ONLY, accents=accents, models=models, **changes)


def changed(**changes: object) -> list[ModelRow]:
    """Rows of which the adjusted ones came out otherwise."""
    return [
        one.model_copy(update=changes) if one.adjusted_for else one
        for one in make_models(COMPARED, CLEAN_ONLY)
    ]


def accent_table(results: Results, make=models_table) -> Table | None:
    shown = shown_in_report(results)
    return make(shown, shown.results.dimensions[0], SYSTEM)


def words_of(table: Table) -> str:
    cells = (
        f"{cell.text} {cell.detail}" for block in table.blocks for row in block.rows for cell in row.cells
    )
    return " ".join([*cells, *table.notes])


@pytest.fixture(scope="module")
def page() -> Page:
    return Page.parse(render_html(modelled(faas=BOTH_FAAS)))


def test_ratios_stand_side_by_side_with_their_intervals(page: Page) -> None:
    heading, *rows = page.table("Ratio to Irish by models: Accent").rows
    assert heading[:5] == ["Group", "Speakers", "Pooled ratio", "Marginal", "Marginal, adjusted"]
    assert len(heading) == 9
    vietnamese = next(row for row in rows if row[0] == "Vietnamese English")
    assert [" ".join(text.split()) for text in vietnamese[3:5]] == [
        "1.50× [1.20 to 1.80]",
        "1.10× [0.88 to 1.32]",
    ]
    assert [row[0] for row in rows if len(row) == 1] == ["Clean", "All conditions together"]
    assert [row[0] for row in rows if len(row) > 1] == COMPARED * 2


def test_what_models_rest_on_is_told(page: Page) -> None:
    row = page.table("What the models rest on: Accent").rows[1]
    assert [" ".join(text.split()) for text in row] == [
        "Clean",
        "84",
        "67,891 utterances",
        "269 with 451 inserted words",
        "17",
        "55.8",
        "0.43 p < 0.001",
        "0.43 p < 0.001",
    ]


def test_words_say_what_adjusting_means_and_does_not(page: Page) -> None:
    for words in (
        "Marginal:",
        "Conditional:",
        "Adjusted: the ratio where handset and length of the utterance",
    ):
        assert words in page.text
    assert "not what brings the errors about" in page.text
    assert "rest on single utterances" in page.text


def test_without_covariates_nothing_is_said_of_adjusting() -> None:
    table = accent_table(modelled([one for one in make_models(COMPARED, CLEAN_ONLY) if not one.adjusted_for]))
    assert len(table.columns) == 6
    assert "Adjusted" not in words_of(table)


def test_model_without_a_figure_says_why() -> None:
    rows = changed(ratio=None, low=None, high=None, status=ModelStatus.RANK_DEFICIENT)
    assert "cannot be told apart from what is adjusted for" in words_of(accent_table(modelled(rows)))
    assert set(STATUS_WORDS) == set(ModelStatus)


def test_finding_tells_where_adjusting_changes_whether_1_is_excluded(page: Page) -> None:
    assert (
        "Adjusted for handset and length of the utterance it is 1.10 times as many [0.88 to 1.32], which "
        "includes 1; by the same model without adjusting, 1.50 times as many [1.20 to 1.80], which excludes 1"
    ) in page.text


@pytest.mark.parametrize(
    ("low", "high", "told"), [(1.01, 1.4, False), (1.004, 1.4, True), (0.5, 0.9, True), (None, None, False)]
)
def test_finding_is_silent_where_both_intervals_exclude_1_alike(
    low: float | None, high: float | None, told: bool
) -> None:
    shown = shown_in_report(modelled(changed(low=low, high=high)))
    assert bool(adjusting_words(shown, "accent", "Vietnamese English", "clean", SYSTEM)) is told


def test_rows_stand_in_a_table_of_their_own() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_tables(shown_in_report(modelled()))["models.csv"])))
    assert len(rows) == len(COMPARED) * 2 * len(ModelName) * 2
    assert rows[1]["adjusted_for"] == "handset; duration_s"
    assert (rows[1]["ratio"], rows[1]["sigma"], rows[-1]["condition"]) == ("1.1", "", "")


def test_models_of_hidden_groups_change_nothing_that_is_shown() -> None:
    groups = [voice.name for voice in ACCENTS if voice.name not in ("Irish", "declined", "unknown")]
    results = modelled(list(make_models(groups, CLEAN_ONLY)), ACCENTS)
    other = with_other_rates(results, {*HIDDEN_IN_REPORT, "Welsh"})
    assert other.models != results.models
    assert build_report(other) == build_report(results)
    assert csv_tables(shown_in_report(other)) == csv_tables(shown_in_report(results))
    assert "5.55" in words_of(accent_table(with_other_rates(results, {"Vietnamese English"})))


def test_nothing_of_the_whole_fit_is_shown_where_a_group_of_it_is_hidden() -> None:
    results = modelled(accents=ACCENTS, faas=BOTH_FAAS)
    shown = shown_in_report(results)
    page, tables = build_report(results), csv_tables(shown)
    for value in (f"{N_ROWS}", f"{N_ROWS:,}", f"{SIGMA}", "55.8"):
        assert value not in f"{page} {tables}"
    assert accent_table(results, fits_table) is None
    # The dimension without a hidden group keeps its own.
    assert [row.header for row in page.faas.blocks[0].rows] == ["Handset, Clean"]
    assert "so is FAAS" in page.limits[-1]


def test_nothing_is_modelled_against_a_hidden_reference() -> None:
    rows = list(make_models(COMPARED, CLEAN_ONLY, versus="Scottish"))
    results = modelled(rows, ACCENTS, reference="Scottish")
    assert accent_table(results) is None
    assert len(csv_tables(shown_in_report(results))["models.csv"].splitlines()) == 1


def test_faas_stands_beside_its_warning_and_only_where_asked_for(page: Page) -> None:
    assert FAAS_WARNING in page.text
    assert [row[:2] for row in page.table("FAAS").rows[1:]] == [
        [name, str(FAAS)] for name in ("Accent, Clean", "Handset, Clean", "All of them, Clean")
    ]
    assert build_report(modelled()).faas is None


def test_card_holds_neither_models_nor_faas() -> None:
    assert render_card_html(modelled(faas=BOTH_FAAS)) == render_card_html(modelled([], faas=()))
