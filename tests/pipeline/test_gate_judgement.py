"""Each rule comes to what the interval says of its limit, and groups that may not be judged never pass."""

from __future__ import annotations

import pytest

from asr_fair.errors import FaultsError
from asr_fair.fairness.results import Figure, Results, Status
from asr_fair.pipeline.gate.judge import Bounds, bounds_of, judged
from asr_fair.report.gate.outcome import Check, GateOutcome, Outcome
from asr_fair.report.gate.words import beside
from pipeline.gate_policies import judge
from report.made_results import ACCENTS, CLEAN_ONLY, Voice, figures_of, make_results

FULL = ("Irish", "Southern US, with a long name as its speakers gave it", "Vietnamese English")
SMALL = ("Scottish", "Welsh", "Nigerian English")
LONG = FULL[1]


@pytest.fixture(scope="module")
def results() -> Results:
    return make_results(rendered=CLEAN_ONLY)


def outcomes(gate: GateOutcome) -> dict[str, str]:
    return {check.place.group: check.outcome.value for check in gate.rules[0].checks}


def of_group(gate: GateOutcome, group: str) -> Check:
    return next(check for check in gate.rules[0].checks if check.place.group == group)


@pytest.mark.parametrize(
    ("low", "high", "together", "limit", "expected"),
    [
        (0.1, 0.2, 0.1, 0.2, Outcome.PASS),
        (0.1, 0.2, 0.1, 0.21, Outcome.PASS),
        (0.1, 0.2, 0.1, 0.1999, Outcome.CANNOT_TELL),
        (0.1, 0.2, 0.1, 0.1, Outcome.CANNOT_TELL),
        (0.1, 0.2, 0.1, 0.0999, Outcome.FAIL),
        (0.1, 0.2, 0.05, 0.0999, Outcome.CANNOT_TELL),
        (0.1, 0.2, None, 0.0999, Outcome.CANNOT_TELL),
        (None, 0.2, None, 0.3, Outcome.PASS),
        (0.1, None, 0.1, 0.3, Outcome.CANNOT_TELL),
        (0.1, None, 0.1, 0.05, Outcome.FAIL),
    ],
)
def test_the_named_side_of_the_interval_decides(
    low: float | None, high: float | None, together: float | None, limit: float, expected: Outcome
) -> None:
    assert judged(Bounds(0.15, low, high, together), limit) is expected


@pytest.mark.parametrize(
    ("status", "bounds", "limit", "expected"),
    [
        # Kept even at 0 dB, the lowest SNR heard: within any limit from there on.
        (Status.BELOW_RANGE, {"high": 0.0}, 0.0, Outcome.PASS),
        (Status.BELOW_RANGE, {"high": 0.0}, -1.0, Outcome.CANNOT_TELL),
        (Status.BELOW_RANGE, {}, 5.0, Outcome.CANNOT_TELL),
        # Kept nowhere: above the highest SNR heard, 10 dB, and so beyond a limit of 10 dB itself.
        (Status.ABOVE_RANGE, {"low": 10.0}, 10.0, Outcome.FAIL),
        (Status.ABOVE_RANGE, {"low": 10.0}, 11.0, Outcome.CANNOT_TELL),
        (Status.ABOVE_RANGE, {"low": 8.0}, 8.0, Outcome.CANNOT_TELL),
        (Status.ABOVE_RANGE, {"low": 8.0}, 7.5, Outcome.FAIL),
        (Status.OK, {"value": 6.0, "low": 5.0}, 5.0, Outcome.CANNOT_TELL),
        (Status.OK, {"value": 6.0, "low": 5.0}, 4.0, Outcome.FAIL),
    ],
)
def test_a_tolerance_beyond_the_snrs_heard_is_judged_by_what_is_known_of_it(
    results: Results, status: Status, bounds: dict[str, float], limit: float, expected: Outcome
) -> None:
    censored = {Status.BELOW_RANGE: 0.0, Status.ABOVE_RANGE: 10.0}.get(status)
    base = figures_of(results, "accent", "Irish")[0]
    nothing = {"value": None, "low": None, "high": None}
    figure: Figure = base.model_copy(
        update=nothing | {"measure": "tolerance_db", "status": status, "censored_at": censored} | bounds
    )
    assert judged(bounds_of(figure, figure.low), limit) is expected


def test_each_group_is_judged_and_small_ones_cannot_be_told(results: Results) -> None:
    gate = judge(results, {"measure": "group_wer", "limit": "17 %", "dimensions": ["accent"]})
    assert outcomes(gate) == {
        "Scottish": "cannot_tell",
        "Welsh": "cannot_tell",
        "Nigerian English": "cannot_tell",
        "Irish": "cannot_tell",
        LONG: "cannot_tell",
        "Vietnamese English": "fail",
    }
    assert "hidden: fewer than 3 speakers" in of_group(gate, "Scottish").why
    assert "counts only: fewer than 5 speakers" in of_group(gate, "Welsh").why
    assert "indicative only: fewer than 10 speakers" in of_group(gate, "Nigerian English").why
    assert gate.rules[0].n_together == 3
    assert (gate.outcome, gate.exit_status) == (Outcome.FAIL, 1)
    wider = judge(results, {"measure": "group_wer", "limit": "20 %", "dimensions": ["accent"]})
    assert of_group(wider, "Irish").outcome is Outcome.PASS
    assert wider.outcome is Outcome.CANNOT_TELL


def test_a_small_group_keeps_a_rule_from_passing_unless_the_policy_ignores_it(results: Results) -> None:
    rule = {"measure": "group_wer", "limit": "90 %", "dimensions": ["accent"]}
    blocked = judge(results, rule)
    assert (blocked.outcome, blocked.exit_status) == (Outcome.CANNOT_TELL, 3)
    warned = judge(results, rule, cannot_tell="warn")
    assert (warned.outcome, warned.exit_status) == (Outcome.CANNOT_TELL, 0)
    ignored = judge(results, rule, ignore_small_groups=True)
    assert (ignored.outcome, ignored.exit_status) == (Outcome.PASS, 0)
    assert ignored.rules[0].count(Outcome.IGNORED) == len(SMALL)
    indicative = judge(results, rule, judge_indicative=True)
    assert of_group(indicative, "Nigerian English").outcome is Outcome.PASS
    assert of_group(indicative, "Welsh").outcome is Outcome.CANNOT_TELL


def test_where_every_group_is_ignored_nothing_passes(results: Results) -> None:
    rule = {"measure": "group_wer", "limit": "90 %", "dimensions": ["accent"], "groups": list(SMALL)}
    for measure in ("group_wer", "highest_wer"):
        gate = judge(results, {**rule, "measure": measure}, ignore_small_groups=True)
        assert {check.outcome for check in gate.rules[0].checks} == {Outcome.CANNOT_TELL}
        assert gate.outcome is Outcome.CANNOT_TELL


def test_without_speakers_nothing_is_judged_even_where_small_groups_are_ignored() -> None:
    nobody = [Voice(voice.name, None, voice.n_words, voice.wer, None) for voice in ACCENTS]
    results = make_results(rendered=CLEAN_ONLY, accents=nobody)
    rules = [
        {"measure": measure, "limit": limit, "dimensions": ["accent"]}
        for measure, limit in (
            ("group_wer", "900 %"),
            ("highest_wer", "900 %"),
            ("gap", "900 points"),
            ("ratio", 90),
        )
    ]
    gate = judge(results, *rules, ignore_small_groups=True)
    assert {rule.outcome for rule in gate.rules} == {Outcome.CANNOT_TELL}
    assert "no speaker labels" in of_group(gate, "Irish").why


def test_the_highest_group_fails_where_one_does_and_passes_where_all_do(results: Results) -> None:
    def highest(limit: str, **keys: object) -> Check:
        gate = judge(results, {"measure": "highest_wer", "limit": limit, "dimensions": ["accent"]}, **keys)
        (check,) = gate.rules[0].checks
        return check

    fails = highest("17 %")
    assert fails.outcome is Outcome.FAIL
    # Of groups whose rates are hidden nothing is told, though their rates are higher.
    assert fails.place.group == "Vietnamese English"
    assert "3 of 6 groups not judged" in fails.why
    assert fails.high is None
    assert highest("90 %").outcome is Outcome.CANNOT_TELL
    passes = highest("90 %", ignore_small_groups=True)
    assert passes.outcome is Outcome.PASS
    rates = [f for f in results.figures if f.measure == "wer" and f.normaliser == "whisper_en"]
    assert passes.high == max(f.high for f in rates if f.group in FULL and f.dimension == "accent")


def test_gap_and_ratio_are_judged_against_the_reference_and_it_is_not(results: Results) -> None:
    gate = judge(
        results,
        {"measure": "gap", "limit": "25 points", "dimensions": ["accent"]},
        {"measure": "ratio", "limit": 1.1, "dimensions": ["accent"]},
        ignore_small_groups=True,
    )
    assert {check.place.versus for rule in gate.rules for check in rule.checks} == {"Irish"}
    assert "Irish" not in outcomes(gate)
    assert [rule.outcome for rule in gate.rules] == [Outcome.PASS, Outcome.FAIL]


def test_a_small_other_side_is_no_more_judged_than_a_small_group() -> None:
    two = [Voice("many", 40, 5000, 0.2), Voice("some", 8, 900, 0.3)]
    results = make_results(rendered=CLEAN_ONLY, accents=two, reference=None)
    gate = judge(results, {"measure": "ratio", "limit": 50, "dimensions": ["accent"]})
    assert outcomes(gate) == {"many": "cannot_tell", "some": "cannot_tell"}
    assert "on one of the two sides" in of_group(gate, "many").why


def test_losses_are_counted_and_told_by_the_groups_of_the_manifest() -> None:
    gate = judge(make_results(), {"measure": "losses", "limit": "2 %", "conditions": ["scanner@0dB"]})
    everyone = of_group(gate, "all")
    assert (everyone.outcome, everyone.value) == (Outcome.FAIL, 3 / 90)
    assert "3 of 90 utterances lost" in everyone.why
    # Scottish lost 3 of 9, and is hidden.
    assert of_group(gate, "Scottish").value is None
    assert of_group(gate, "Scottish").outcome is Outcome.CANNOT_TELL
    assert of_group(gate, "Irish").outcome is Outcome.PASS


def test_reserved_groups_are_judged_where_they_are_named(results: Results) -> None:
    rule = {"measure": "group_wer", "limit": "90 %", "groups": ["declined"]}
    assert outcomes(judge(results, rule)) == {"declined": "pass"}
    assert "declined" not in outcomes(judge(results, {"measure": "group_wer", "limit": "90 %"}))


def test_everyone_together_is_one_place_for_each_condition_and_system() -> None:
    results = make_results(systems=("one", "two"))
    gate = judge(results, {"measure": "everyone_wer", "limit": "90 %"})
    assert len(gate.rules[0].checks) == 2 * len(results.conditions)
    assert gate.outcome is Outcome.PASS


def test_tolerances_are_looked_for_by_noise_without_level() -> None:
    rule = {"measure": "tolerance", "limit": "9 dB", "dimensions": ["accent"], "conditions": ["alarm"]}
    gate = judge(make_results(), rule, ignore_small_groups=True)
    assert {check.place.condition for check in gate.rules[0].checks} == {"alarm"}
    assert of_group(gate, "Irish").beyond == 0.0
    assert of_group(gate, "Irish").outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"dimensions": ["acent"]}, r"rules\.0\.dimensions: .*got 'acent'\. Did you mean 'accent'\?"),
        ({"groups": ["Irsh"]}, r"rules\.0\.groups: matches nothing in this run.*Did you mean 'Irish'\?"),
        ({"conditions": ["noisy"]}, r"rules\.0\.conditions: .* This run holds: clean"),
        ({"systems": ["tiny"]}, r"rules\.0\.systems: .* This run holds: whisper-tiny\.en"),
        ({"measure": "tolerance", "limit": "3 dB"}, "Run one noise at two or more levels"),
        ({"measure": "gap", "limit": "3 points", "groups": ["Irish"]}, "A reference is compared with nobody"),
    ],
)
def test_a_rule_that_matches_nothing_is_refused_with_what_is_there(
    results: Results, rule: dict[str, object], said: str
) -> None:
    with pytest.raises(FaultsError, match=said):
        judge(results, {"measure": "group_wer", "limit": "20 %", **rule})


def test_all_names_that_match_nothing_are_told_at_once(results: Results) -> None:
    rules = [{"measure": "group_wer", "limit": "20 %", "groups": [name]} for name in ("nobody", "no one")]
    with pytest.raises(FaultsError) as caught:
        judge(results, *rules)
    assert [fault.field for fault in caught.value.faults] == ["rules.0.groups", "rules.1.groups"]


def test_a_rule_against_a_baseline_needs_one(results: Results) -> None:
    with pytest.raises(FaultsError, match=r"rules\.0\.worse_by: .*Name one with --baseline RUN"):
        judge(results, {"measure": "group_wer", "worse_by": "1 point"})


def test_a_bound_that_rounds_to_its_limit_is_written_out(results: Results) -> None:
    rule = judge(results, {"measure": "group_wer", "limit": "25 %"}).rules[0]
    assert beside(0.25, rule) == "25.0\u00a0%"
    assert beside(0.25004, rule) == "25.0040\u00a0%"
    assert beside(0.2511, rule) == "25.1\u00a0%"
