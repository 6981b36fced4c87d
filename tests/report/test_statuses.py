"""A figure that does not exist shows why, in words; nothing prints as NaN, None or an empty promise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from made_people import write_report
from made_results import ACCENTS, CLEAN_ONLY, CONDITIONS, Voice, make_results
from pages import Page

from asr_fair.fairness.results import Status
from asr_fair.report import render_html
from asr_fair.report.wording import STATUS_WORDS

WITHOUT_SPEAKERS = [Voice(v.name, None, v.n_words, v.wer, None) for v in ACCENTS]


def rates_row(html: str, group: str) -> list[str]:
    return next(row for row in Page.parse(html).table("Rates and verdicts: Accent").rows if row[0] == group)


def test_every_status_has_words() -> None:
    assert set(STATUS_WORDS) == set(Status)


def test_an_indicative_group_has_no_verdict_and_a_full_one_has() -> None:
    html = render_html(make_results(conditions=CLEAN_ONLY, accents=ACCENTS))
    by_speakers = {voice.n_speakers: voice.name for voice in ACCENTS}
    assert rates_row(html, by_speakers[7])[11].startswith("no verdict")
    assert "no verdict" not in rates_row(html, by_speakers[40])[11]


def test_no_errors_show_zero_with_an_upper_bound() -> None:
    row = rates_row(
        render_html(make_results(conditions=CLEAN_ONLY, accents=[*ACCENTS, Voice("Kiwi", 12, 900, 0.0)])),
        "Kiwi",
    )
    assert row[4] == "0.0\u00a0% no errors; at most\u00a01.2"


def test_no_reference_words_are_told_in_words() -> None:
    row = rates_row(
        render_html(make_results(conditions=CLEAN_ONLY, accents=[*ACCENTS, Voice("Silent", 12, 0, None)])),
        "Silent",
    )
    assert row[4] == "no reference words"
    assert row[9] == "no comparison possible"


def test_without_speakers_there_are_rates_but_no_interval() -> None:
    row = rates_row(render_html(make_results(conditions=CLEAN_ONLY, accents=WITHOUT_SPEAKERS)), "Irish")
    assert row[1] == "not known"
    assert row[4] == "11.5\u00a0% no speaker labels: no interval"


def test_comparison_with_a_group_without_errors_is_told() -> None:
    accents = [Voice("Irish", 12, 900, 0.0), *(v for v in ACCENTS if v.name != "Irish")]
    row = rates_row(render_html(make_results(conditions=CLEAN_ONLY, accents=accents)), "Vietnamese English")
    assert row[9] == "no comparison possible"
    assert row[11].startswith("cannot tell")


@pytest.mark.parametrize(
    "accents", [ACCENTS, WITHOUT_SPEAKERS, [*ACCENTS, Voice("Silent", 12, 0, None)]], ids=len
)
def test_no_output_holds_nan_none_or_infinity(accents: list[Voice], tmp_path: Path) -> None:
    for path in write_report(make_results(rendered=CONDITIONS[:3], accents=accents), tmp_path):
        text = re.sub(r"<style>.*?</style>", "", path.read_text(encoding="utf-8"), flags=re.S)
        values = re.sub(
            r'fill="none"|stroke="none"|display="none"|src \'none\'|(uri|action) \'none\'', "", text
        )
        assert not re.search(r"\b(nan|NaN|None|null|Infinity|inf|undefined)\b", values), path.name


def test_results_without_any_dimension_still_make_a_report(tmp_path: Path) -> None:
    nothing = dict.fromkeys(("dimensions", "comparisons", "robustness", "normaliser_traces", "losses"), ())
    results = make_results(conditions=CLEAN_ONLY, **nothing)
    overall = tuple(f for f in results.figures if f.dimension == "overall")
    paths = write_report(results.model_copy(update={"figures": overall}), tmp_path)
    assert all(path.stat().st_size for path in paths)


def test_dimension_without_a_group_to_show_has_its_table_and_no_plot() -> None:
    html = render_html(make_results(accents=[Voice("Irish", 2, 200, 0.1), Voice("Welsh", 4, 400, 0.2)]))
    accent = html.split("Accent</h2>")[1].split("Handset</h2>")[0]
    assert "<figure>" not in accent
    assert accent.count("<table>") == 1
