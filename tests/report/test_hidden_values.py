"""What is hidden cannot influence a single byte of what is handed on."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from pathlib import Path

import pytest
from made_people import render_card, render_card_html, render_card_tex, write_report
from made_results import ACCENTS, CLEAN_ONLY, CROSSED, WOMEN, Voice, figures_of, make_combined, make_results
from pages import Page

from asr_fair.fairness.results import Results
from asr_fair.report import render_html
from asr_fair.report.redact import shown_in_report
from asr_fair.report.spreadsheets.tables import csv_tables

HIDDEN_IN_REPORT = {"Scottish", "unknown"}
HIDDEN_ON_CARD = {"Scottish", "Welsh", "unknown"}
OTHER_VALUE = 0.918273


def with_other_rates(results: Results, groups: Collection[str]) -> Results:
    """The same results, had these groups been transcribed differently."""
    figures = tuple(
        f.model_copy(update={"value": OTHER_VALUE, "low": 0.1, "high": 3.0, "censored_at": 4.0})
        if f.group in groups
        else f
        for f in results.figures
    )
    comparisons = tuple(
        c.model_copy(
            update={"ratio": 7.77, "low": 6.66, "high": 8.88, "reason": "quite another"}
            | {"smallest_ratio": 5.55, "gap": 0.3131, "gap_low": 0.2727, "gap_high": 0.4141}
        )
        if c.group in groups
        else c
        for c in results.comparisons
    )
    models = tuple(
        m.model_copy(update={"ratio": 5.55, "low": 4.44, "high": 9.99}) if m.group in groups else m
        for m in results.models
    )
    robustness = tuple(
        r.model_copy(update={"robust": None, "reason": "quite another", "ratios": {"whisper_en": 7.77}})
        if r.group in groups
        else r
        for r in results.robustness
    )
    return results.model_copy(
        update={
            "figures": figures,
            "comparisons": comparisons,
            "models": models,
            "robustness": robustness,
        }
    )


def with_other_words(results: Results, groups: Collection[str]) -> Results:
    """The same results, had these groups said other words, of which the rules changed more."""
    traces = tuple(
        trace.model_copy(
            update={
                "n_words": 33_333,
                "n_altered": 22_222,
                "altered_share": 2 / 3,
                "rules": tuple(rule.model_copy(update={"n_words": 22_222}) for rule in trace.rules),
            }
        )
        if trace.group in groups
        else trace
        for trace in results.normaliser_traces
    )
    return results.model_copy(update={"normaliser_traces": traces})


def with_other_counts(results: Results, groups: Collection[str]) -> Results:
    """The same results, had these groups said and lost something else."""
    other = {"n_utterances": 88_888, "n_words": 77_777, "duration_s": 66_666.0, "largest_speaker_share": 0.5}
    other |= {"n_utterances_expected": 99_999}
    dimensions = tuple(
        dimension.model_copy(
            update={
                "groups": tuple(
                    group.model_copy(update=other) if group.name in groups else group
                    for group in dimension.groups
                )
            }
        )
        for dimension in results.dimensions
    )
    losses = tuple(
        loss.model_copy(update={"n_expected": 55_555, "n_errors": 4_444}) if loss.group in groups else loss
        for loss in results.losses
    )
    return results.model_copy(update={"dimensions": dimensions, "losses": losses})


def report_and_tables(results: Results) -> tuple[str, dict[str, str]]:
    return render_html(results), csv_tables(shown_in_report(results))


def test_report_and_tables_do_not_depend_on_hidden_groups(results: Results) -> None:
    changed = with_other_counts(with_other_rates(results, HIDDEN_IN_REPORT), HIDDEN_IN_REPORT)
    changed = with_other_words(changed, HIDDEN_IN_REPORT)
    assert report_and_tables(changed) == report_and_tables(results)


def test_links_heat_map_and_first_screen_do_not_depend_on_hidden_groups(results: Results) -> None:
    changed = with_other_counts(with_other_rates(results, HIDDEN_IN_REPORT), HIDDEN_IN_REPORT)
    changed = with_other_rates(changed, {"Welsh"})
    page = render_html(results, "utterances?")
    assert render_html(changed, "utterances?") == page
    for group in (*HIDDEN_IN_REPORT, "Welsh"):
        assert f"tag.accent={group}" not in page


def test_report_and_tables_do_not_depend_on_rates_of_groups_shown_as_counts(results: Results) -> None:
    changed = with_other_words(with_other_rates(results, {"Welsh"}), {"Welsh"})
    assert report_and_tables(changed) == report_and_tables(results)


@pytest.mark.parametrize("hidden", [HIDDEN_IN_REPORT, {"Welsh"}])
def test_noise_tables_hold_no_figure_of_a_hidden_group(results: Results, hidden: set[str]) -> None:
    tables = csv_tables(shown_in_report(results))
    for name in ("noise.csv", "noise_curves.csv"):
        groups = {row["group"] for row in csv.DictReader(io.StringIO(tables[name]))}
        assert "Irish" in groups
        assert not groups & hidden


def test_no_curve_is_compared_with_a_reference_that_may_not_be_shown() -> None:
    results = make_results(reference="Welsh")
    page, tables = report_and_tables(results)
    accents = [
        row for row in csv.DictReader(io.StringIO(tables["noise_curves.csv"])) if row["dimension"] == "accent"
    ]
    assert accents
    assert not any(
        row["versus"] or row["tolerance_difference_db"] or row["area_difference"] for row in accents
    )
    assert "compared with Welsh" not in page


def test_report_depends_on_rates_that_are_shown(results: Results) -> None:
    page, tables = report_and_tables(with_other_rates(results, {"Nigerian English"}))
    assert "91.8" in page
    assert str(OTHER_VALUE) in tables["rates.csv"]
    page, tables = report_and_tables(with_other_words(results, {"Nigerian English"}))
    assert "22,222" in page
    assert "22222" in tables["normaliser_traces.csv"]


def test_words_stand_in_the_report_where_three_said_them_and_nowhere_else(
    results: Results, tmp_path: Path
) -> None:
    page = render_html(results)
    assert "um Irish references" in page
    assert "um Irish transcripts" in page
    assert "um Scottish" not in page
    assert "um Welsh" not in page
    handed_out = [path for path in write_report(results, tmp_path) if path.name != "report.html"]
    assert len(handed_out) > 5
    for path in [*handed_out, tmp_path / "report.html"]:
        text = path.read_text(encoding="utf-8")
        assert "secret" not in text, path.name
        assert path.name == "report.html" or "um Irish" not in text, path.name


def test_six_people_of_whom_two_spoke_are_hidden_wherever_two_are(tmp_path: Path) -> None:
    mostly_silent = Voice("Scottish", 6, 987_654, 0.45678912, 0.6, n_heard=2)
    results = make_results(rendered=CLEAN_ONLY, accents=[mostly_silent, *ACCENTS[1:]])
    changed = with_other_counts(with_other_rates(results, {"Scottish"}), {"Scottish"})
    # Losses are told of people, whoever spoke: of six they may be.
    changed = changed.model_copy(update={"losses": results.losses})
    assert report_and_tables(changed) == report_and_tables(results)
    assert render_card(changed) == render_card(results)
    assert "hidden: fewer than 3 speakers with reference words" in render_html(results)
    for path in write_report(results, tmp_path):
        text = path.read_text(encoding="utf-8")
        for value in ("987654", "987,654", "0.45678912", "45.7 %", "45.7\u00a0%"):
            assert value not in text, path.name


def test_group_without_any_reference_word_has_a_row_that_says_so() -> None:
    silent = Voice("Kiwi", 12, 0, None, n_heard=0)
    results = make_results(rendered=CLEAN_ONLY, accents=[*ACCENTS, silent])
    rows = Page.parse(render_html(results)).table("Rates and verdicts: Accent").rows
    assert ["Kiwi", "hidden: no reference words"] in rows
    assert "\n| Kiwi | hidden |" in render_card(results)


def test_card_does_not_depend_on_hidden_groups(results: Results) -> None:
    changed = with_other_counts(with_other_rates(results, HIDDEN_ON_CARD), HIDDEN_ON_CARD)
    assert render_card(changed) == render_card(results)
    assert render_card_html(changed) == render_card_html(results)
    assert render_card_tex(changed) == render_card_tex(results)


def test_card_hides_the_next_smallest_group_with_a_single_hidden_one() -> None:
    accents = [voice for voice in ACCENTS if voice.name not in {"Welsh", "unknown"}]
    results = make_results(conditions=CLEAN_ONLY, accents=accents)
    together = {"Scottish", "Nigerian English"}
    changed = with_other_counts(with_other_rates(results, together), together)
    assert render_card(changed) == render_card(results)


@pytest.mark.parametrize("reference", ["Scottish", "Welsh"])
def test_nothing_is_compared_with_a_reference_that_may_not_be_shown(reference: str) -> None:
    results = make_results(conditions=CLEAN_ONLY, reference=reference)
    page, tables = report_and_tables(results)
    accent_rows = [line for line in tables["rates.csv"].splitlines() if line.startswith("accent")]
    shown = [figure for figure in figures_of(results, "accent", "Irish") if figure.versus == reference]
    assert shown
    for figure in shown:
        assert f"{figure.value}" not in "".join([page, *accent_rows])


def test_ratio_to_the_rest_is_hidden_where_the_rest_is_one_hidden_group() -> None:
    two = [Voice("many", 40, 5000, 0.2), Voice("few", 2, 200, 0.3)]
    results = make_results(conditions=CLEAN_ONLY, accents=two, reference=None)
    page, tables = report_and_tables(results)
    ratio = next(figure for figure in results.figures if figure.measure == "wer_ratio")
    assert ratio.dimension == "accent"
    assert f"{ratio.value}" not in tables["rates.csv"]
    assert f"{ratio.value:.2f}×" not in page


def test_hidden_values_stand_in_no_written_file(tmp_path: Path) -> None:
    secret = Voice("Scottish", 2, 987_654, 0.45678912, 0.6)
    results = make_results(conditions=CLEAN_ONLY, accents=[secret, *ACCENTS[1:]])
    (tmp_path / "card_text.md").write_text("## Fairness\nOur words.\n", encoding="utf-8")
    for path in write_report(results, tmp_path):
        text = path.read_text(encoding="utf-8")
        for value in ("987654", "987,654", "987,{}654", "0.45678912", "45.7 %", "45.7\u00a0%", "45.7~"):
            assert value not in text, path.name


def test_without_enough_speakers_in_all_even_the_total_is_hidden() -> None:
    results = make_results(conditions=CLEAN_ONLY)
    few = tuple(f.model_copy(update={"n_speakers": 2}) if f.group == "all" else f for f in results.figures)
    manifest = results.manifest.model_copy(update={"n_speakers": 2})
    hidden = results.model_copy(update={"figures": few, "manifest": manifest})
    assert report_and_tables(with_other_rates(hidden, {"all"})) == report_and_tables(hidden)
    assert "hidden: too few known speakers" in render_html(hidden)


def with_other_standardised(results: Results, groups: Collection[str]) -> Results:
    changed = tuple(
        one.model_copy(update={"value": OTHER_VALUE, "low": 0.1, "high": 3.0}) if one.group in groups else one
        for one in results.standardised
    )
    return results.model_copy(update={"standardised": changed})


def in_dimension(results: Results, name: str, groups: Collection[str]) -> Results:
    """The same results, had these groups of one dimension been another: its other namesakes stay."""
    changed = with_other_rates(results, groups)
    figures = tuple(
        new if old.dimension == name else old
        for old, new in zip(results.figures, changed.figures, strict=True)
    )
    comparisons = tuple(
        new if old.dimension == name else old
        for old, new in zip(results.comparisons, changed.comparisons, strict=True)
    )
    return results.model_copy(update={"figures": figures, "comparisons": comparisons})


def test_report_and_tables_do_not_depend_on_hidden_combinations() -> None:
    results = make_combined()
    hidden = {"Welsh × wideband"}
    changed = in_dimension(results, "accent × handset", hidden)
    changed = with_other_counts(changed, hidden)
    assert report_and_tables(changed) == report_and_tables(results)
    shown = in_dimension(results, "accent × handset", {"Irish × wideband"})
    assert report_and_tables(shown) != report_and_tables(results)


def test_report_and_tables_do_not_depend_on_hidden_groups_of_a_level() -> None:
    results = make_combined()
    level = "accent | handset = woman"
    hidden = in_dimension(results, level, {"Nigerian English", "Scottish"})
    assert report_and_tables(hidden) == report_and_tables(results)
    other = [
        Voice(v.name, v.n_speakers, 987_654 if v.name == "Scottish" else v.n_words, v.wer) for v in WOMEN
    ]
    assert report_and_tables(make_combined(women=other)) == report_and_tables(results)
    shown = in_dimension(results, level, {"Vietnamese English"})
    assert report_and_tables(shown) != report_and_tables(results)


def test_figures_over_levels_are_shown_only_where_both_sides_of_every_level_are() -> None:
    results = make_combined()
    # Two speakers in all; four in the level; not in the level at all.
    for group in ("Scottish", "Nigerian English"):
        assert report_and_tables(with_other_standardised(results, {group})) == report_and_tables(results)
    page, tables = report_and_tables(with_other_standardised(results, {"Vietnamese English"}))
    assert "+91.8" in page
    assert str(OTHER_VALUE) in tables["within.csv"]
    few = [Voice("Irish", 4, 401, 0.1011), *WOMEN[1:]]
    thin = make_combined(women=few)
    changed = with_other_standardised(thin, {"Vietnamese English"})
    assert report_and_tables(changed) == report_and_tables(thin)


def test_card_holds_nothing_of_combinations_and_levels() -> None:
    results, plain = make_combined(), make_results(rendered=CLEAN_ONLY)
    for render in (render_card, render_card_html, render_card_tex):
        assert render(results) == render(plain)
    assert {voice.name for voice in CROSSED}.isdisjoint(render_card(results).split(" | "))
