"""Findings in words: exact sentences, what is folded, what is hidden, and what is never said."""

from __future__ import annotations

import html
import re

import numpy as np
import pytest
from made_people import of_card
from made_results import ACCENTS, CLEAN_ONLY, CONDITIONS, Voice, make_grid, make_results
from test_hidden_values import HIDDEN_ON_CARD, with_other_counts, with_other_rates

from asr_fair.config import Thresholds
from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.gaps import wer_ratio
from asr_fair.fairness.normalisers.robust import robustness_rows
from asr_fair.fairness.resampling.multiplicity import bonferroni
from asr_fair.fairness.results import Results, Status, Verdict
from asr_fair.fairness.verdicts.judgement import judge
from asr_fair.records import REST
from asr_fair.report import render_html
from asr_fair.report.findings import Finding, findings
from asr_fair.report.normalisers.tables import normaliser_section
from asr_fair.report.outcomes import INTERVAL
from asr_fair.report.redact import shown_in_report

IRISH = Voice("Irish", 12, 1533, 0.115)
VIETNAMESE = Voice("Vietnamese English", 14, 1702, 0.2843)
NIGERIAN = Voice("Nigerian English", 7, 824, 0.2253)
WITHOUT_SPEAKERS = [Voice(v.name, None, v.n_words, v.wer, None) for v in ACCENTS]
BECAUSE = "(most speakers of the service's home country)"
FORBIDDEN = (
    r"\b(because|cause[sd]?|due to|owing|thanks to|lead(s|ing)? to|leads|therefore|worst|best|better|worse"
    r"|normal|norm|standard|native|bias(ed)?|fair|unfair|equal|same as|similar|no (difference|disparity)"
    r"|suffers?|victims?|poor|fails?|NaN|nan|None|inf)\b"
)


def accent_findings(results: Results) -> list[Finding]:
    return [one for one in findings(shown_in_report(results)) if one.dimension == "accent"]


def texts(found: list[Finding]) -> list[str]:
    return [one.text.replace("\u00a0", " ") for one in found]


def with_comparison(results: Results, group: str, condition: str, **changes: object) -> Results:
    """The results, had one comparison come out differently, under every normaliser alike."""
    changed = tuple(
        one.model_copy(update=changes) if (one.group, one.condition) == (group, condition) else one
        for one in results.comparisons
    )
    robustness = tuple(robustness_rows(changed, results.normalisers[0]))
    return results.model_copy(update={"comparisons": changed, "robustness": robustness})


def with_figure(results: Results, group: str, condition: str, measure: str, **changes: object) -> Results:
    place = (group, condition, measure)
    changed = tuple(
        one.model_copy(update=changes) if (one.group, one.condition, one.measure) == place else one
        for one in results.figures
    )
    return results.model_copy(update={"figures": changed})


def cannot_tell(results: Results, group: str, condition: str) -> Results:
    reason = "simultaneous 95 % interval 0.84 to 3.01 includes 1, equivalence not shown"
    return with_comparison(
        results, group, condition, verdict=Verdict.CANNOT_TELL, reason=reason, low=0.84, high=3.01
    )


def test_verdicts_that_hold_are_counted_apart_from_those_that_can_tell_nothing() -> None:
    welsh = Voice("Welsh English", 14, 1702, 0.2843)
    results = make_results(rendered=CLEAN_ONLY, accents=[IRISH, VIETNAMESE, welsh])
    shown = shown_in_report(cannot_tell(results, "Vietnamese English", "clean"))
    (accent,) = (one for one in shown.results.dimensions if one.name == "accent")
    section = normaliser_section(shown, accent, shown.results.systems[0].name)
    assert section is not None
    assert "under: 2 of 2." in section.summary
    assert section.summary.endswith("“Cannot tell” under each: 1 of the 2.")


def test_a_disparity_is_told_with_group_figure_interval_speakers_verdict_and_reference() -> None:
    found = accent_findings(make_results(rendered=CLEAN_ONLY, accents=[IRISH, VIETNAMESE]))
    assert texts(found) == [
        "Accent, “Vietnamese English”: whisper-tiny.en got 28.4 % of words wrong, missing or added under "
        "“Clean” [17.3 to 46.7; 14 speakers], against 11.5 % for “Irish”: 2.47 times as many [2.00 to 3.04], "
        "a disparity."
    ]
    assert found[0].groups == ("Vietnamese English",)
    assert (found[0].versus, found[0].conditions) == ("Irish", ("clean",))
    assert (found[0].system, found[0].verdict) == ("whisper-tiny.en", Verdict.DISPARITY)


def test_what_cannot_be_told_says_what_is_missing() -> None:
    results = make_results(rendered=CLEAN_ONLY, accents=[IRISH, VIETNAMESE])
    assert texts(accent_findings(cannot_tell(results, "Vietnamese English", "clean"))) == [
        "Accent, “Vietnamese English”: whisper-tiny.en got 28.4 % of words wrong, missing or added under "
        "“Clean” [17.3 to 46.7; 14 speakers], against 11.5 % for “Irish”: 2.47 times as many, but this data "
        "cannot tell whether the two differ (simultaneous 95 % interval 0.84 to 3.01 includes 1, equivalence "
        "not shown). Only a ratio of 1.53 or more would mostly (80 %) be found with these speakers."
    ]


def test_equivalence_is_told_with_its_interval_and_margin() -> None:
    results = make_results(
        rendered=CLEAN_ONLY, accents=[Voice("Irish", 40, 5000, 0.2), Voice("B", 40, 5000, 0.21)]
    )
    reason = "difference within the margin: 90 % interval 0.98 to 1.15 inside 0.80 to 1.25"
    results = with_comparison(results, "B", "clean", verdict=Verdict.EQUIVALENT, reason=reason)
    assert texts(accent_findings(results))[0].startswith(
        "Accent, “B”: whisper-tiny.en got 21.0 % of words wrong, missing or added under “Clean” "
        "[15.2 to 29.0; 40 speakers], against 20.0 % for “Irish”: 1.05 times as many, equivalent "
        "(difference within the margin: 90 % interval 0.98 to 1.15 inside 0.80 to 1.25)."
    )


def test_conditions_of_one_outcome_are_one_finding() -> None:
    grid = make_grid()
    results = make_results(rendered=grid, accents=[IRISH, VIETNAMESE])
    (found,) = accent_findings(results)
    assert sorted(found.conditions) == sorted(condition.name for condition in grid)
    assert "A disparity, too, under every other condition (2.47 times as many" in found.text


def test_an_exception_is_named_where_that_is_shorter_and_told_by_itself() -> None:
    results = make_results(accents=[IRISH, VIETNAMESE])
    disparity, unsure = accent_findings(cannot_tell(results, "Vietnamese English", "alarm@0dB"))
    assert "too, under every other condition but “Alarm at 0 dB” (" in disparity.text
    assert unsure.conditions == ("alarm@0dB",)
    assert unsure.verdict is Verdict.CANNOT_TELL


def test_few_conditions_are_named_and_their_own_intervals_do_not_part_them() -> None:
    results = make_results(accents=[IRISH, VIETNAMESE])
    for name, low in (("scanner@10dB", 0.71), ("alarm@0dB", 0.92)):
        reason = f"simultaneous 95 % interval {low} to 3.00 includes 1, equivalence not shown"
        changes = {"verdict": Verdict.CANNOT_TELL, "reason": reason, "low": low, "high": 3.0}
        results = with_comparison(results, "Vietnamese English", name, **changes)
    unsure = accent_findings(results)[1]
    assert unsure.conditions == ("scanner@10dB", "alarm@0dB")
    assert unsure.text.replace("\u00a0", " ").endswith(
        "2.47 times as many [0.71 to 3.00], but this data cannot tell whether the two differ (simultaneous "
        "95 % interval includes 1, equivalence not shown). Only a ratio of 1.53 or more would mostly (80 %) "
        "be found with these speakers. Nor can it tell under “Alarm at 0 dB” (2.47 times as many [0.92 to "
        "3.00])."
    )


def test_what_could_have_been_seen_is_told_of_the_condition_with_figures() -> None:
    results = make_results(rendered=CONDITIONS[:2], accents=[IRISH, VIETNAMESE])
    for name, smallest in (("clean", 1.25), ("scanner@10dB", 2.0)):
        results = cannot_tell(results, "Vietnamese English", name)
        results = with_comparison(results, "Vietnamese English", name, smallest_ratio=smallest)
    (found,) = texts(accent_findings(results))
    assert "Only a ratio of 1.25 or more" in found
    assert "found with these speakers. Nor can it tell under “Scanner at 10 dB” (" in found
    assert "2.00 or more" not in found


def test_exploratory_disparity_is_labelled_and_comes_after_all_that_was_declared() -> None:
    results = make_results(rendered=CONDITIONS[:3], accents=[IRISH, VIETNAMESE])
    for name in ("scanner@10dB", "scanner@0dB"):
        results = with_comparison(results, "Vietnamese English", name, exploratory=True)
    found = findings(shown_in_report(results))
    assert [one.conditions for one in found if one.dimension == "accent"] == [
        ("clean",),
        ("scanner@10dB", "scanner@0dB"),
    ]
    assert found[-1].dimension == "accent"
    assert ": 2.47 times as many [2.00 to 3.04], a disparity (exploratory)." in texts(found)[-1]
    assert "A disparity (exploratory), too, under “Scanner at 0 dB”" in texts(found)[-1]
    assert not re.search(r"disparity(?! \(exploratory\))", found[-1].text)
    assert "exploratory" not in found[0].text


def alternating(n_errors: int, spread: int, first: int = 0) -> Cell:
    """Thirty speakers of 400 words with substitutions only, `spread` more or fewer than `n_errors` each."""
    errors = n_errors + spread * np.where(np.arange(30) % 2, 1, -1)
    nothing = np.zeros_like(errors)
    counts = np.stack([errors, nothing, nothing, 400 - errors]).astype(np.int64)
    return Cell(speakers=np.arange(first, first + 30), counts=counts, n_utterances=30)


@pytest.mark.parametrize(
    ("n_errors", "spread", "verdict", "common"),
    [
        (80, 8, Verdict.EQUIVALENT, "difference within the margin: 90 % interval inside 0.80 to 1.25"),
        (88, 60, Verdict.CANNOT_TELL, "simultaneous 95 % interval includes 1, equivalence not shown"),
        (120, 8, Verdict.DISPARITY, "simultaneous 95 % interval excludes 1"),
    ],
)
def test_reasons_as_verdicts_give_them_are_one_without_their_figures(
    n_errors: int, spread: int, verdict: Verdict, common: str
) -> None:
    group, other = alternating(n_errors, spread), alternating(80, spread, first=100)
    interval = bonferroni(wer_ratio(group, other), 0.95, 5)
    found = judge(interval, group, other, limits=Thresholds())
    assert found.verdict is verdict
    assert INTERVAL.search(found.reason)
    assert INTERVAL.sub("", found.reason) == common


def test_disparities_in_opposite_directions_are_not_folded() -> None:
    results = make_results(accents=[IRISH, VIETNAMESE])
    results = with_comparison(results, "Vietnamese English", "alarm@0dB", ratio=0.5, low=0.3, high=0.8)
    results = with_figure(results, "Vietnamese English", "alarm@0dB", "wer_gap", value=-0.1)
    assert [len(one.conditions) for one in accent_findings(results)] == [4, 1]


def test_the_larger_gap_comes_first_and_equivalence_last() -> None:
    found = findings(shown_in_report(make_results()))
    assert [(one.verdict.value, one.groups[0].split(",")[0]) for one in found] == [
        ("disparity", "Vietnamese English"),
        ("disparity", "Southern US"),
        ("cannot_tell", "telephone"),
        ("cannot_tell", "Nigerian English"),
        ("equivalent", "wideband"),
    ]


def test_the_reason_for_a_reference_is_left_to_the_section_of_the_dimension() -> None:
    results = make_results(systems=("one", "two"))
    assert not any(BECAUSE in text for text in texts(findings(shown_in_report(results))))
    assert BECAUSE in html.unescape(render_html(make_results(rendered=CLEAN_ONLY)))


def test_a_thin_group_is_named_with_what_a_verdict_needs() -> None:
    found = accent_findings(make_results(accents=[IRISH, VIETNAMESE, NIGERIAN]))
    assert texts(found)[1] == (
        "Accent: nothing can be said yet about “Nigerian English” (7 speakers, 824 words); a verdict needs "
        "10 speakers and 300 words."
    )
    assert found[1].system is None


@pytest.mark.parametrize(
    ("accents", "reference", "why"),
    [
        ([NIGERIAN, Voice("Cornish", 6, 700, 0.2)], None, "no group has 10 speakers"),
        ([NIGERIAN, IRISH], "Irish", "no group beside the reference has 10 speakers"),
        (
            [Voice("A", 12, 200, 0.2), Voice("B", 9, 900, 0.2)],
            None,
            "no group has both 10 speakers and 300 words",
        ),
        (
            [NIGERIAN, Voice("A", 7, 900, 0.2), *ACCENTS[:2]],
            None,
            "no group that may be shown has 10 speakers",
        ),
        (ACCENTS[:2], None, "no group that is compared has enough speakers to be shown"),
        (ACCENTS, None, "a comparison would tell of a hidden group"),
        (ACCENTS, "Scottish", "a comparison would tell of a hidden group"),
        (WITHOUT_SPEAKERS, "Irish", "speakers are not known"),
        ([IRISH], "Irish", "there are no two groups"),
    ],
)
def test_a_dimension_without_any_verdict_is_one_sentence_for_all_systems(
    accents: list[Voice], reference: str | None, why: str
) -> None:
    results = make_results(accents=accents, reference=reference, systems=("one", "two"))
    found = accent_findings(results)
    assert texts(found) == [f"Accent: {why}, so nothing can be said about differences between groups yet."]


def test_two_groups_that_are_each_the_rest_of_the_other_are_told_once_and_named() -> None:
    results = make_results(accents=[IRISH, VIETNAMESE], reference=None, rendered=CLEAN_ONLY)
    (found,) = accent_findings(results)
    assert found.groups == ("Vietnamese English",)
    assert found.versus == REST
    assert "against 11.5\u00a0% for “Irish”: 2.47 times as many" in found.text
    unsure = cannot_tell(cannot_tell(results, "Irish", "clean"), "Vietnamese English", "clean")
    assert [one.groups for one in accent_findings(unsure)] == [("Irish",)]


def test_the_rest_of_several_groups_is_told_as_such() -> None:
    accents = [IRISH, VIETNAMESE, Voice("Kiwi", 11, 1200, 0.21)]
    found = accent_findings(make_results(accents=accents, reference=None, rendered=CLEAN_ONLY))
    assert "for all other groups: " in found[0].text


def test_no_errors_are_told_with_their_bound_and_no_ratio() -> None:
    results = make_results(rendered=CLEAN_ONLY, accents=[IRISH, Voice("Kiwi", 12, 1900, 0.0)])
    results = with_comparison(
        results, "Kiwi", "clean", ratio=None, low=None, high=None, reason="no errors in the group",
        verdict=Verdict.CANNOT_TELL,
    )  # fmt: skip
    assert texts(accent_findings(results))[0].startswith(
        "Accent, “Kiwi”: whisper-tiny.en got 0.0 % of words wrong, missing or added under “Clean” [no "
        "errors; at most 1.2; 12 speakers], against 11.5 % for “Irish”: this data cannot tell whether the "
        "two differ (no errors in the group)."
    )


def test_a_missing_rate_is_told_in_words() -> None:
    results = make_results(rendered=CLEAN_ONLY, accents=[IRISH, VIETNAMESE])
    place = ("Vietnamese English", "clean")
    results = with_figure(results, *place, "wer", value=None, status=Status.NO_REFERENCE_WORDS)
    results = with_figure(results, *place, "wer_gap", value=None, status=Status.NO_COMPARISON)
    lost = {"verdict": Verdict.CANNOT_TELL, "ratio": None, "low": None, "high": None}
    results = with_comparison(results, *place, **lost, reason="fewer than 10 speakers: 0 in this group")
    assert texts(accent_findings(results))[0].startswith(
        "Accent, “Vietnamese English”: no rate of whisper-tiny.en under “Clean” (no reference words), so "
        "compared with “Irish” "
        "this data cannot tell whether the two differ (fewer than 10 speakers: 0 in this group)."
    )


def test_few_words_and_a_dominant_speaker_are_told_of_either_side() -> None:
    accents = [Voice("Irish", 12, 450, 0.115, 0.4), Voice("Kiwi", 14, 376, 0.28, 0.3)]
    (found,) = texts(accent_findings(make_results(rendered=CLEAN_ONLY, accents=accents)))
    assert "Few words: 376 for “Kiwi” and 450 for “Irish”." in found
    assert "One speaker said over 25 % of the words of “Kiwi”." in found
    assert "One speaker said over 25 % of the words of “Irish”." in found
    accents = [IRISH, Voice("Kiwi", 14, 376, 0.28)]
    assert "Few words: 376." in accent_findings(make_results(rendered=CLEAN_ONLY, accents=accents))[0].text


def test_a_disparity_that_noise_adds_to_on_one_scale_only_says_so() -> None:
    results = make_results(rendered=CONDITIONS[:2], accents=[IRISH, VIETNAMESE])
    place = ("Vietnamese English", "scanner@10dB")
    results = with_comparison(results, *place, ratio=1.9, low=1.4, high=2.6)
    results = with_figure(results, *place, "did", value=0.15, low=0.02, high=0.28)
    results = with_figure(results, *place, "ratio_of_ratios", value=0.8, low=0.6, high=1.1)
    results = with_figure(results, *place, "relative_retention", value=0.686, low=0.5, high=0.94)
    (found,) = texts(accent_findings(results))
    assert (
        "The scales disagree on what “Scanner at 10 dB” does to “Vietnamese English” compared with Irish: it "
        "lost 15.0 points more, its WER grew 0.80 times as much and it kept 0.69 times as much of its word "
        "accuracy. Only in points and words kept is the difference clear of chance; one scale alone does not "
        "show that it does more to either." in found
    )
    agreeing = with_figure(results, *place, "ratio_of_ratios", value=1.2, low=0.9, high=1.6)
    assert "disagree" not in accent_findings(agreeing)[0].text


@pytest.mark.parametrize("reference", ["Irish", "Scottish", "Welsh", None])
def test_hidden_groups_stand_nowhere_in_the_report(reference: str | None) -> None:
    found = findings(shown_in_report(make_results(reference=reference)))
    assert found
    assert not re.search("Scottish|Welsh|unknown|declined", repr(found).replace("hidden", ""))


@pytest.mark.parametrize("reference", ["Irish", "Welsh", None])
def test_findings_do_not_depend_on_groups_without_shown_rates(reference: str | None) -> None:
    results = make_results(reference=reference)
    changed = with_other_rates(results, HIDDEN_ON_CARD)
    assert findings(shown_in_report(changed)) == findings(shown_in_report(results))
    changed = with_other_counts(changed, HIDDEN_ON_CARD)
    assert findings(shown_in_report(of_card(changed))) == findings(shown_in_report(of_card(results)))


def test_what_is_hidden_on_the_card_stands_in_no_finding_of_it() -> None:
    accents = [voice for voice in ACCENTS if voice.name not in {"Welsh", "unknown"}]
    results = make_results(accents=accents)
    assert "Nigerian English" in repr(findings(shown_in_report(results)))
    assert not re.search("Scottish|Nigerian", repr(findings(shown_in_report(of_card(results)))))


@pytest.mark.parametrize("reference", ["Irish", None])
@pytest.mark.parametrize("accents", [ACCENTS, WITHOUT_SPEAKERS, ACCENTS[3:6], ACCENTS[:2]], ids=len)
def test_no_finding_names_a_cause_ranks_people_or_suggests_equality(
    accents: list[Voice], reference: str | None
) -> None:
    names = [voice.name for voice in accents]
    results = make_results(accents=accents, reference=reference if reference in names else None)
    for one in findings(shown_in_report(results)):
        assert not re.search(FORBIDDEN, one.text), one.text
        assert not re.search(r"\d\.\d{3}", one.text), one.text
        assert (one.verdict is Verdict.EQUIVALENT) == ("quivalent (" in one.text)


def test_a_run_without_dimensions_has_no_findings() -> None:
    nothing = dict.fromkeys(("dimensions", "comparisons", "robustness", "normaliser_traces", "losses"), ())
    results = make_results(rendered=CLEAN_ONLY, **nothing)
    overall = tuple(one for one in results.figures if one.dimension == "overall")
    assert findings(shown_in_report(results.model_copy(update={"figures": overall}))) == ()
