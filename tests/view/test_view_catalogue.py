"""What filters select is what the run counted: compared with its results and its plain tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from asr_fair.errors import ConfigError
from asr_fair.pipeline.stored_run import StoredRun, open_run
from asr_fair.records import ErrorCounts
from asr_fair.view.addresses import ServerAddresses
from asr_fair.view.browser import Browser
from asr_fair.view.catalogue import Catalogue
from asr_fair.view.change import Change, Other
from asr_fair.view.kinds import Kind
from asr_fair.view.listing import list_page
from asr_fair.view.query import Query, Sort
from asr_fair.view.rates import NoRate, no_rate
from asr_fair.view.selection import ROWS_PER_PAGE, Selection, select
from view.made_run import HOSTILE_GROUP, HOSTILE_ID, TEXTS
from view.word_run import HIDDEN


def ids(browser: Browser, query: Query) -> list[str]:
    selection = select(browser.catalogue, query)
    return [str(browser.catalogue.utterance_ids[row % len(TEXTS)]) for row in selection.rows]


def of_one(**asked: object) -> Query:
    return Query(condition="clean", system="one", **asked)


def test_sums_of_a_selection_are_the_figures_of_the_results(made: Browser) -> None:
    results = made.run.results
    compared = 0
    for figure in results.figures:
        if figure.measure != "wer" or figure.normaliser != made.catalogue.headline:
            continue
        groups = {} if figure.dimension == "overall" else {figure.dimension: figure.group}
        totals = select(made.catalogue, Query(figure.condition, figure.system, groups=groups)).totals()
        scored = totals.n_utterances - totals.n_lost
        assert (totals.counts.reference_words, scored) == (figure.n_words, figure.n_utterances)
        assert totals.counts.wer == pytest.approx(figure.value)
        compared += 1
    assert compared > 20


def test_totals_count_people_and_what_was_lost_once(made: Browser) -> None:
    totals = select(made.catalogue, Query()).totals()
    assert (totals.n_rows, totals.n_utterances, totals.n_speakers) == (4 * len(TEXTS), len(TEXTS), 3)
    assert (
        totals.n_lost == 4
    )  # of one system, under both conditions: an error, and one that was not handed in


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.RUNAWAY, {"runaway"}),
        (Kind.ABOVE_ONE, {"runaway", HOSTILE_ID}),
        (Kind.EMPTY_TRANSCRIPT, {"empty-transcript"}),
        (Kind.NOBODY_SPOKE, {"nobody"}),
        (Kind.LOST, {"lost", "missing"}),
        (Kind.WRONG_LANGUAGE, {"plain-2"}),
        (Kind.NONE, {"plain-1"}),
    ],
)
def test_a_kind_of_error_is_what_its_name_says(made: Browser, kind: Kind, expected: set[str]) -> None:
    assert set(ids(made, of_one(kind=kind))) == expected


@pytest.mark.parametrize("kind", [Kind.ERRORS, Kind.SUBSTITUTIONS, Kind.DELETIONS, Kind.INSERTIONS])
def test_kinds_by_count_are_those_of_the_counts(made: Browser, kind: Kind) -> None:
    counts = made.run.counts.query("normaliser == 'whisper_en' and unit == 'word'")
    errors = counts[["substitutions", "deletions", "insertions"]]
    wanted = errors.any(axis=1) if kind is Kind.ERRORS else counts[kind.value] > 0
    expected = sorted(counts.loc[wanted, "utterance_id"])
    assert sorted(ids(made, Query(kind=kind))) == expected


def test_somebody_with_two_labels_is_found_under_each_and_under_both(made: Browser) -> None:
    both = {"accent": "Irish"}, {"accent": "Scottish"}
    assert all(set(ids(made, Query(groups=each))) == {"plain-1", "plain-2"} for each in both)
    assert ids(made, of_one(groups={"accent": "Irish", "place": "ward"})) == ["plain-2"]
    assert ids(made, of_one(groups={"accent": "declined"})) == ["rtl"]
    assert made.catalogue.tags["accent"].groups == (HOSTILE_GROUP, "Irish", "Scottish", "declined")


def test_most_errors_come_first_and_what_was_lost_last(made: Browser) -> None:
    rows = select(made.catalogue, of_one()).rows
    errors = [made.catalogue.counts_of(int(row)).errors for row in rows]
    n_scored = len(TEXTS) - 2
    assert errors[:n_scored] == sorted(errors[:n_scored], reverse=True)
    assert set(ids(made, of_one())[n_scored:]) == {"lost", "missing"}


def test_the_highest_rate_is_that_of_words_where_nobody_spoke(made: Browser) -> None:
    rows = ids(made, of_one(sort=Sort.RATE))
    assert rows[:2] == ["nobody", "runaway"]
    assert ids(made, of_one(sort=Sort.ID)) == sorted(TEXTS)


def test_a_row_has_the_counts_and_the_text_of_its_place(made: Browser) -> None:
    row = made.catalogue.row(made.numbers["plain-2"], "clean", "one")
    assert made.catalogue.place(row) == (1, "clean", "one")
    assert made.catalogue.counts_of(row) == ErrorCounts(1, 1, 1, 6)
    assert made.heard(row) == TEXTS["plain-2"]["one"]
    assert made.catalogue.loss_of(row) is None
    lost = made.catalogue.row(made.numbers["lost"], "clean", "one")
    assert (made.heard(lost), made.catalogue.loss_of(lost)) == (None, "truncated")
    missing = made.catalogue.row(made.numbers["missing"], "clean", "one")
    assert (made.outcome(missing), made.catalogue.loss_of(missing)) == (None, "no_transcript")


def test_pages_hold_every_row_once(made: Browser) -> None:
    rows = made.catalogue.ordered("id")
    everything = np.ones(len(rows), dtype=bool)
    many = Selection(made.catalogue, np.tile(rows, 4), everything)
    pages = [each for page in range(1, many.n_pages + 1) for each in many.on_page(page)]
    assert pages == list(many.rows)
    assert many.n_pages == -(-len(many.rows) // ROWS_PER_PAGE)
    assert list(many.on_page(99)) == list(many.on_page(many.n_pages))
    assert Selection(made.catalogue, rows[:0], ~everything).n_pages == 1


def test_opening_a_run_reads_neither_results_nor_texts(
    made_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: StoredRun) -> None:
        raise AssertionError

    for name in ("results", "counts", "outcomes"):
        monkeypatch.setattr(StoredRun, name, property(refuse))
    assert Browser.open(made_run).catalogue.n_utterances == len(TEXTS)


def test_a_run_without_outcomes_is_refused(made_run: Path, made: Browser) -> None:
    with pytest.raises(ConfigError, match="holds no outcome"):
        Catalogue.of(open_run(made_run), _Empty(made))  # type: ignore[arg-type]


class _Empty:
    def __init__(self, browser: Browser) -> None:
        self.index = browser.outcomes.index.iloc[:0]


@pytest.mark.parametrize("text", ["TRAY", "now", "النور", "", " two ", ".*", "<SCRIPT>", "\u202e", "nowhere"])
def test_a_text_is_looked_for_in_what_was_written_and_in_what_was_heard(made: Browser, text: str) -> None:
    expected = [
        row
        for row in range(len(made.catalogue.losses))
        for number, _, _ in [made.catalogue.place(row)]
        if text.lower() in made.reference(number).lower() or text.lower() in (made.heard(row) or "").lower()
    ]
    assert sorted(made.select(Query(said=text)).rows) == (expected if text else list(range(4 * len(TEXTS))))
    own = [row for row in expected if made.catalogue.place(row)[1:] == ("clean", "one")]
    assert not text or sorted(made.select(of_one(said=text)).rows) == own


@pytest.mark.parametrize("other", [Other("clean", None), Other(None, "two"), Other("noisy", "one")])
@pytest.mark.parametrize("sort", [Sort.WORSE, Sort.BETTER])
def test_rows_are_ordered_by_their_errors_more_than_in_another_column(
    made: Browser, other: Other, sort: Sort
) -> None:
    catalogue = made.catalogue
    changes = {}
    for row in range(len(catalogue.losses)):
        number, condition, system = catalogue.place(row)
        there = catalogue.row(number, other.condition or condition, other.system or system)
        if there != row and catalogue.loss_of(row) is None and catalogue.loss_of(there) is None:
            changes[row] = catalogue.counts_of(row).errors - catalogue.counts_of(there).errors
    assert min(changes.values()) < 0 or max(changes.values()) > 0
    selection = made.select(Query(other=other, sort=sort))
    found = [changes.pop(row) for row in selection.rows.tolist()]
    assert found == sorted(found, reverse=sort is Sort.WORSE)
    assert not changes


def test_a_change_is_told_in_words(made: Browser) -> None:
    change = Change(made.catalogue, Other(None, "two"))
    words = {
        each: change.words(made.catalogue.row(made.numbers[each], "clean", "one"))
        for each in ("plain-1", "plain-2", "runaway", "nobody")
    }
    assert words["plain-1"] == "4 fewer errors than clean · two"
    assert words["plain-2"] == "3 more errors than clean · two"
    assert words["nobody"] == "4 more errors than clean · two"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (of_one(groups={"accent": "Irish"}), None),
        (of_one(groups={"accent": HIDDEN}), NoRate.FEW),
        (of_one(kind=Kind.ERRORS, groups={"accent": "Irish"}), NoRate.CHOSEN),
        (of_one(said="tray"), NoRate.CHOSEN),
        (of_one(other=Other(None, "two")), NoRate.CHOSEN),
        (Query(), NoRate.COLUMNS),
        (of_one(), None),
    ],
)
def test_a_rate_is_told_of_one_column_of_enough_people_chosen_by_who_they_are(
    word_run: Path, query: Query, expected: NoRate | None
) -> None:
    browser = Browser.open(word_run)
    assert no_rate(query, browser.select(query).totals(), browser.least_speakers) is expected
    told = [
        each for each in list_page(browser, query, ServerAddresses(browser.catalogue)).totals if "WER" in each
    ]
    assert len(told) == 1
    assert (expected or "WER ") in told[0]
    assert ("%" in told[0]) == (expected is None)
