"""Noise in the report: points first, tolerances in plain words, and a word where scales disagree."""

from __future__ import annotations

import csv
import io

import pytest
from made_results import CONDITIONS, Voice, make_grid, make_results
from pages import Page

from asr_fair.config import Thresholds
from asr_fair.fairness.results import Figure, Results, Status
from asr_fair.report import render_html
from asr_fair.report.noise.scales import disagreements
from asr_fair.report.noise.snr_tables import along_snr_table
from asr_fair.report.noise.tables import excess_table
from asr_fair.report.noise.tolerance_words import (
    apart_bounds,
    apart_words,
    reached_bounds,
    reached_words,
    tolerance_words,
)
from asr_fair.report.plots.noise import noise_curves
from asr_fair.report.redact import shown_in_report
from asr_fair.report.settings import settings_of
from asr_fair.report.spreadsheets.tables import csv_tables

IRISH = Voice("Irish", 12, 1533, 0.115)
VIETNAMESE = Voice("Vietnamese English", 14, 1702, 0.2843)
WELSH = Voice("Welsh", 12, 1600, 0.2)
SYSTEM = "whisper-tiny.en"


def db(measure: str = "tolerance_db", **known: object) -> Figure:
    place = {"dimension": "accent", "group": "g", "condition": "hum", "system": "s", "normaliser": "n"}
    counts = {"n_speakers": 12, "n_utterances": 100, "n_words": 900}
    return Figure(**{**place, **counts, "measure": measure, "value": None, **known})


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u2212", "-")


@pytest.mark.parametrize(
    ("figure", "words", "bounds"),
    [
        (db(value=8.41, low=6.9, high=10.2), "reaches 30 % WER at 8.4 dB", "[6.9 to 10.2]"),
        (db(value=-2.5, high=1.0), "reaches 30 % WER at -2.5 dB", "at most 1.0"),
        (
            db(value=3.0, status=Status.OPEN_INTERVAL),
            "reaches 30 % WER at 3.0 dB",
            "interval reaches beyond the SNRs heard",
        ),
        (db(value=3.0, status=Status.ONE_SPEAKER), "reaches 30 % WER at 3.0 dB", "one speaker: no interval"),
        (
            db(status=Status.BELOW_RANGE, censored_at=0.0, high=0.0),
            "within 30 % at every SNR heard (≥ 0 dB)",
            "",
        ),
        (
            db(status=Status.BELOW_RANGE, censored_at=0.0, high=1.5),
            "within 30 % at every SNR heard (≥ 0 dB)",
            "at most 1.5",
        ),
        (db(status=Status.ABOVE_RANGE, censored_at=20.0, low=20.0), "above 30 % even at 20 dB", ""),
        (db(status=Status.ABOVE_RANGE, censored_at=20.0), "above 30 % even at 20 dB", "no bound known"),
        (db(status=Status.NO_REFERENCE_WORDS), "no reference words", ""),
    ],
)
def test_tolerances_are_told_in_plain_words(figure: Figure, words: str, bounds: str) -> None:
    assert (plain(reached_words(figure, 0.3)), plain(reached_bounds(figure))) == (words, bounds)


@pytest.mark.parametrize(
    ("figure", "words", "bounds"),
    [
        (db(value=3.14, low=1.0, high=5.2), "needs 3.1 dB cleaner audio", "[+1.0 to +5.2]"),
        (db(value=3.14, low=-1.0, high=7.2), "needs 3.1 dB cleaner audio", "[-1.0 to +7.2]; may be none"),
        (db(value=-2.0, high=-0.4), "bears 2.0 dB more noise", "at most -0.4"),
        (db(value=0.04, low=-1.0, high=1.0), "the same", "[-1.0 to +1.0]; may be none"),
        (
            db(status=Status.ABOVE_RANGE, censored_at=6.0, low=4.1),
            "needs over 6.0 dB cleaner audio",
            "at least +4.1",
        ),
        (
            db(status=Status.BELOW_RANGE, censored_at=-9.0, high=0.5),
            "bears over 9.0 dB more noise",
            "at most +0.5; may be none",
        ),
        (
            db(status=Status.BELOW_RANGE, censored_at=-1.75),
            "bears over 1.8 dB more noise",
            "no bound known; may be none",
        ),
        (db(status=Status.NO_COMPARISON), "cannot be compared at the SNRs heard", ""),
    ],
)
def test_differences_in_db_are_told_as_audio_that_is_needed(figure: Figure, words: str, bounds: str) -> None:
    assert (plain(apart_words(figure)), plain(apart_bounds(figure))) == (words, bounds)


def test_one_line_tells_tolerance_and_difference() -> None:
    own = db(value=8.4, low=6.9, high=10.2)
    apart = db("tolerance_difference_db", value=3.1, low=1.0, high=5.2, versus="rest")
    assert plain(tolerance_words(own, apart, 0.3)) == (
        "reaches 30 % WER at 8.4 dB [6.9 to 10.2]; to all other groups: needs 3.1 dB cleaner audio "
        "[+1.0 to +5.2]"
    )


def test_points_lost_beyond_the_reference_come_before_everything_else_about_noise(report: Page) -> None:
    captions = [table.caption for table in report.tables if "Accent" in table.caption]
    starts = [
        "WER under every condition",
        "Points lost beyond Irish",
        "Along the signal-to-noise ratio",
        "Rates and verdicts",
        "What each group loses against clean speech",
        "The same on two other scales",
    ]
    places = [next(i for i, caption in enumerate(captions) if caption.startswith(start)) for start in starts]
    assert places == sorted(places)
    rows = report.table("Points lost beyond Irish: Accent").rows
    assert rows[0][1] == "Scanner at 10 dB"
    assert next(row for row in rows if row[0] == "Nigerian English")[1].startswith("+4.4")


def test_curve_table_holds_tolerance_and_area_of_each_noise(report: Page) -> None:
    rows = report.table("Along the signal-to-noise ratio: Accent").rows
    assert rows[0] == ["Group", "Tolerance", "Compared with Irish", "Mean WER", "Beyond Irish"]
    irish = next(row for row in rows if row[0] == "Irish")
    assert irish[1].startswith("within 30\u00a0% at every SNR heard (≥\u00a00\u00a0dB)")
    assert irish[2] == irish[4] == ""
    nigerian = next(row for row in rows if row[0] == "Nigerian English")
    # 20 dB for each point of 0.2253 · 1.7 and of (0.2253 − 0.115) · 1.7, as the results were made.
    assert nigerian[1].startswith("reaches 30\u00a0% WER at 7.7\u00a0dB")
    assert nigerian[2].startswith("needs 3.8\u00a0dB cleaner audio")


def test_plots_mark_the_limit_and_say_the_tolerance_in_words(results: Results) -> None:
    shown = shown_in_report(results)
    (group, *_) = noise_curves(shown, shown.results.dimensions[0], SYSTEM)
    assert "a WER of 30\u00a0%" in group.caption
    nigerian = next(plot for plot in group.plots if plot.title == "Nigerian English")
    assert "; scanner: reaches 30\u00a0% WER at 7.7\u00a0dB [" in nigerian.description
    without = make_results()
    figures = tuple(f for f in without.figures if not f.measure.startswith("tolerance"))
    shown = shown_in_report(without.model_copy(update={"figures": figures}))
    (bare, *_) = noise_curves(shown, shown.results.dimensions[0], SYSTEM)
    assert "tolerance" not in bare.caption
    marks = [plot.svg.count("stroke-dasharray") for plot in (nigerian, bare.plots[0])]
    assert marks[0] == marks[1] + 3  # the limit, and a line down from it for each of two noises


def test_results_without_tolerances_have_a_curve_table_without_them() -> None:
    results = make_results()
    figures = tuple(f for f in results.figures if not f.measure.startswith("tolerance"))
    shown = shown_in_report(results.model_copy(update={"figures": figures}))
    table = along_snr_table(shown, shown.results.dimensions[0], SYSTEM)
    assert [column.title for column in table.columns] == ["Group", "Mean WER", "Beyond Irish"]
    assert "Tolerance" not in " ".join(table.notes)


def test_room_without_noise_stands_beside_its_noises_to_be_subtracted() -> None:
    grid = make_grid(profiles=(None, "scanner"), handsets=(None,))
    shown = shown_in_report(make_results(rendered=grid))
    table = excess_table(shown, shown.results.dimensions[0], SYSTEM)
    assert next(column.title for column in table.columns if column.over == "Scanner bay, 3 m") == "No noise"
    assert "less that of “No noise”" in table.notes[-1]
    shown = shown_in_report(make_results(rendered=CONDITIONS))
    assert len(excess_table(shown, shown.results.dimensions[0], SYSTEM).notes) == 1


def test_results_of_schema_1_2_are_read_without_a_limit_or_censoring() -> None:
    results = make_results()
    old = results.model_dump(mode="json") | {"schema_version": "1.2"}
    del old["plan"]["thresholds"]["tolerable_wer"]
    old["figures"] = [
        {name: value for name, value in row.items() if name != "censored_at"}
        for row in old["figures"]
        if not row["measure"].startswith("tolerance")
    ]
    read = Results.model_validate(old)
    assert read.plan.thresholds == Thresholds()
    assert all(row.censored_at is None for row in read.figures)


def test_spreadsheet_of_curves_holds_the_very_figures(results: Results) -> None:
    table = list(csv.DictReader(io.StringIO(csv_tables(shown_in_report(results))["noise_curves.csv"])))
    figures = {
        (f.dimension, f.group, f.condition, f.normaliser, f.measure): f
        for f in results.figures
        if f.measure in ("area", "tolerance_db", "tolerance_difference_db")
    }
    assert len(table) == 8 * 2 * 2  # everyone, 5 accents, 2 handsets; noises; normalisers
    for row in table:
        assert (row["lowest_snr_db"], row["highest_snr_db"], row["tolerable_wer"]) == ("0.0", "10.0", "0.3")
        key = (row["dimension"], row["group"], row["noise"], row["normaliser"])
        for measure in ("area", "tolerance_db"):
            figure = figures[(*key, measure)]
            for column, value in (
                (measure, figure.value),
                (f"{measure}_low", figure.low),
                (f"{measure}_high", figure.high),
                (f"{measure}_censored_at", figure.censored_at),
            ):
                assert row[column] == ("" if value is None else str(value))
            assert row[f"{measure}_status"] == figure.status.value


def told(results: Results) -> list[str]:
    shown = shown_in_report(results)
    (setting,) = settings_of(shown.results.conditions)
    return list(disagreements(shown, shown.results.dimensions[0], SYSTEM, setting))


def with_scales(
    results: Results, group: str, condition: str, **scales: tuple[float, float, float]
) -> Results:
    def changed(figure: Figure) -> Figure:
        if (figure.group, figure.condition) != (group, condition) or figure.measure not in scales:
            return figure
        value, low, high = scales[figure.measure]
        return figure.model_copy(update={"value": value, "low": low, "high": high})

    return results.model_copy(update={"figures": tuple(map(changed, results.figures))})


def three(did: float, ratio: float, kept: float, *, clear: tuple[bool, bool, bool]) -> dict[str, tuple]:
    halves = [0.01 if sure else 5.0 for sure in clear]
    values = zip(("did", "ratio_of_ratios", "relative_retention"), (did, ratio, kept), halves, strict=True)
    return {measure: (value, value - half, value + half) for measure, value, half in values}


def made(*voices: Voice, reference: str | None = "Irish") -> Results:
    return make_results(rendered=CONDITIONS[:3], accents=[IRISH, *voices], reference=reference)


def test_hand_example_of_the_methods_is_told_as_a_disagreement() -> None:
    scales = three(0.15, 0.80, 0.686, clear=(True, True, True))
    (sentence,) = told(with_scales(made(VIETNAMESE), "Vietnamese English", "scanner@0dB", **scales))
    assert plain(sentence) == (
        "The scales disagree on what “Scanner at 0 dB” does to “Vietnamese English” compared with Irish: it "
        "lost 15.0 points more, its WER grew 0.80 times as much and it kept 0.69 times as much of its word "
        "accuracy. Each by itself would be clear of chance; one scale alone does not show that it does more "
        "to either."
    )


def test_scales_that_agree_or_say_nothing_as_they_are_written_are_silent() -> None:
    for values in (
        (0.15, 1.2, 0.9),
        (0.15, 1.0, 0.9),
        (0.15, 0.998, 0.9),
        (0.0003, 0.8, 1.1),
        (-0.1, 0.8, 1.2),
    ):
        scales = three(*values, clear=(True, True, True))
        assert told(with_scales(made(VIETNAMESE), "Vietnamese English", "scanner@0dB", **scales)) == []


def test_disagreements_that_are_not_clear_of_chance_share_one_sentence() -> None:
    results = made(VIETNAMESE, WELSH)
    unclear = three(0.1, 0.9, 0.9, clear=(False, False, False))
    for group, condition in (
        ("Vietnamese English", "scanner@0dB"),
        ("Vietnamese English", "scanner@10dB"),
        ("Welsh", "scanner@0dB"),
    ):
        results = with_scales(results, group, condition, **unclear)
    assert told(results) == [
        "The scales point in different directions, none of them clear of chance, for “Vietnamese English” "
        "under “Scanner at 10 dB” and “Scanner at 0 dB”; “Welsh” under “Scanner at 0 dB”."
    ]


def test_two_groups_that_are_each_others_rest_are_told_once() -> None:
    results = made(VIETNAMESE, reference=None)
    for group, sign in (("Irish", -1), ("Vietnamese English", 1)):
        scales = three(sign * 0.15, 0.8**sign, 0.686**sign, clear=(True, True, True))
        results = with_scales(results, group, "scanner@0dB", **scales)
    about = [sentence for sentence in told(results) if "“Scanner at 0 dB”" in sentence]
    assert len(about) == 1
    assert "does to “Irish” compared with all other groups" in about[0]


def test_sentence_stands_open_between_the_verdicts_and_the_folded_table_of_what_is_lost() -> None:
    scales = three(0.15, 0.80, 0.686, clear=(True, False, True))
    page = render_html(with_scales(made(VIETNAMESE), "Vietnamese English", "scanner@0dB", **scales))
    verdicts = page.index("Rates and verdicts: Accent")
    sentence = page.index("Only in points and words kept is the difference clear of chance", verdicts)
    assert sentence < page.index("What each group loses against clean speech: Accent")
