"""What a reader sees first: the system, the people, the conditions, the highest WER, and the limits."""

from __future__ import annotations

from made_people import build_card
from made_results import CLEAN_ONLY, HANDSETS, Voice, dimension, make_combined, make_results
from pages import Page

from asr_fair.fairness.results import Results
from asr_fair.report import render_html
from asr_fair.report.first_screen import cannot_say, highest, who_and_what
from asr_fair.report.redact import shown_in_report
from asr_fair.report.references import thin_references


def of_accents(accents: list[Voice]) -> Results:
    """Results of clean speech that tell of accents and of nothing else."""
    made = make_results(rendered=CLEAN_ONLY, accents=accents)
    told = {
        name: tuple(row for row in getattr(made, name) if row.dimension != "handset")
        for name in ("figures", "comparisons", "robustness", "normaliser_traces")
    }
    return made.model_copy(update={**told, "dimensions": made.dimensions[:1]})


def highest_of(results: Results) -> str:
    found = highest(shown_in_report(results))
    assert found is not None
    return found.text


def test_first_screen_comes_before_all_tables_and_names_all_five_things(report_html: str) -> None:
    first = "<div>" + report_html.split('<div class="first">')[1].split('<details class="reading">')[0]
    assert report_html.index("<table") > report_html.index('<details class="reading">')
    text = Page.parse(first).text
    for words in (
        "System whisper-tiny.en (whisper tiny.en)",
        "84 speakers, 1,232 utterances, 1.26 hours; collected: 2024-03 to 2024-09",
        "Accent (6): reported by the speakers themselves; Handset (2): read from device logs",
        "5, the same utterances in each: clean; scanner, alarm at 10 dB, 0 dB SNR",
        "Highest WER: “Vietnamese English”",
        "disparity Accent, “Vietnamese English”: whisper-tiny.en got",
        "this data cannot tell whether the two sides differ",
        "All limits",
    ):
        assert words in text


def test_method_and_provenance_come_last(report_html: str) -> None:
    order = ["tested", "findings", "unsaid", "reading", "losses", "dimension-1-accent", "limits", "method"]
    places = [report_html.index(f'id="{anchor}"') for anchor in order]
    assert places[0] < places[1]
    assert places == sorted(places)
    assert "Model digest" not in report_html[: places[-1]]


def test_highest_is_told_with_its_interval_and_of_all_conditions() -> None:
    # 0.2843 · 2.6 under the loudest scanner.
    assert highest_of(make_results()) == (
        "“Vietnamese English” (Accent) under “Scanner at 0 dB”: whisper-tiny.en got 73.9\u00a0% of words "
        "wrong, missing or added [45.0\u00a0to\u00a0121.3; 14 speakers]."
    )


def test_highest_names_the_system_that_has_it() -> None:
    assert ": base got 79.1\u00a0% of words" in highest_of(make_results(systems=("tiny", "base")))


def test_a_group_that_is_hidden_reserved_or_only_indicative_is_not_the_highest() -> None:
    louder = [
        Voice("Scottish", 2, 183, 0.9),
        Voice("Welsh", 4, 361, 0.9),
        Voice("Nigerian English", 7, 824, 0.9),
        Voice("Irish", 12, 1533, 0.115),
        Voice("Kiwi", 12, 1533, 0.1199),
        Voice("declined", 20, 2000, 0.9),
        Voice("unknown", 20, 2000, 0.9),
    ]
    assert highest_of(of_accents(louder)).startswith(
        "“Kiwi” (Accent) under “Clean”: whisper-tiny.en got 12.0\u00a0%"
    )


def test_where_no_group_is_shown_in_full_the_highest_is_called_indicative() -> None:
    few = [Voice("Irish", 6, 600, 0.1), Voice("Welsh", 7, 600, 0.2), Voice("Scottish", 2, 600, 0.9)]
    text = highest_of(of_accents(few))
    assert text.startswith("“Welsh”")
    assert "indicative: too few speakers or words for a verdict" in text


def test_without_two_groups_to_show_none_is_called_the_highest() -> None:
    results = of_accents([Voice("Irish", 12, 1533, 0.1), Voice("few", 2, 90, 0.1)])
    assert highest(shown_in_report(results)) is None
    assert "Highest WER:" not in Page.parse(render_html(results)).text.replace("groups. Highest WER", "")


def test_combinations_are_never_the_highest() -> None:
    crossed = [Voice("Irish × wideband", 12, 1502, 0.9), Voice("Welsh × wideband", 12, 1502, 0.8)]
    assert "×" not in highest_of(make_combined(crossed=crossed))


def test_thirty_dimensions_and_conditions_stay_a_few_words_and_one_menu() -> None:
    many = tuple(
        dimension(f"tag{n}", f"Tag number {n}", HANDSETS, None, source="device_log", level="utterance")
        for n in range(30)
    )
    nothing = dict.fromkeys(("figures", "comparisons", "losses", "robustness", "normaliser_traces"), ())
    results = make_results(rendered=CLEAN_ONLY).model_copy(update={**nothing, "dimensions": many})
    groups = next(fact.value for fact in who_and_what(shown_in_report(results)) if fact.name == "Groups")
    assert groups.endswith("Tag number 5 (2) and 24 more: read from device logs")
    nav = render_html(results).split("<nav")[1].split("</nav>")[0]
    outside, menu = nav.split("<details")
    assert menu.count("Tag number") == 30
    assert "Tag number" not in outside


def test_limits_on_top_count_what_cannot_be_told_and_who_is_too_few() -> None:
    said = cannot_say(shown_in_report(make_results()))
    # Accent: 3 of 6 groups have ten speakers; both handsets have.
    assert said[1] == "3 of 8 groups have too few speakers or words for a verdict."
    assert len(said) == 3
    only = make_results(rendered=CLEAN_ONLY, comparisons=())
    assert "cannot tell" not in " ".join(cannot_say(shown_in_report(only)))


def test_a_run_without_dimensions_has_a_first_screen_without_groups() -> None:
    results = make_results(rendered=CLEAN_ONLY)
    bare = results.model_copy(
        update={"dimensions": (), "comparisons": (), "losses": (), "robustness": (), "normaliser_traces": ()}
        | {"figures": tuple(one for one in results.figures if one.group == "all")}
    )
    page = Page.parse(render_html(bare))
    assert "What was tested System whisper-tiny.en" in page.text
    assert "Groups" not in page.text.split("What the data cannot say")[0]


def test_a_declared_reference_that_is_too_small_is_told_on_top_in_its_section_and_on_the_card() -> None:
    for small, words in (
        (
            Voice("Irish", 7, 824, 0.2),
            "fewer than 10 known speakers or 300 words, so no comparison with it",
        ),
        (
            Voice("Irish", 2, 183, 0.2),
            "too few speakers to be shown, so nothing can be compared with it.",
        ),
    ):
        made = of_accents([small, Voice("Welsh", 20, 2000, 0.3), Voice("Scottish", 21, 2100, 0.3)])
        accents = made.dimensions[0].model_copy(update={"reference": "Irish", "reference_reason": "stated"})
        results = made.model_copy(update={"dimensions": (accents,)})
        (said,) = [one for one in cannot_say(shown_in_report(results)) if "declared reference" in one]
        assert said.startswith("“Irish”, the declared reference of Accent,")
        assert words in said
        assert render_html(results).count(words) == 2
        assert words in str(build_card(results))
        (warned,) = thin_references(shown_in_report(results))
        assert warned.endswith("declare another reference in the plan before the next run.")


def test_a_reference_that_is_large_enough_is_not_warned_of() -> None:
    assert thin_references(shown_in_report(make_results())) == []


def test_what_the_data_cannot_say_is_one_step_from_the_top_at_any_width(report_html: str) -> None:
    top = report_html.split("</header>")[0]
    assert '<a href="#unsaid">What the data cannot say</a>' in top
