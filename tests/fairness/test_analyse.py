"""From tables to findings."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from fairness_tables import (
    ACCENT,
    HEADLINE,
    cell,
    comparison,
    figure,
    find,
    no_losses,
    tables,
    utterance,
)

from asr_fair.config import Plan, Reference
from asr_fair.errors import FaultsError
from asr_fair.fairness.analyse import analyse
from asr_fair.fairness.estimates.gaps import wer_ratio
from asr_fair.fairness.results import Status, Verdict


def speech(name: str, accent: str, n_speakers: int, errors: int, noisy: int) -> list[dict[str, object]]:
    """Two utterances a speaker; speakers differ a little."""
    return [
        utterance(f"{name}{speaker}", [accent], {"clean": errors + speaker % 3, "hum": noisy + speaker % 5})
        for speaker in range(n_speakers)
        for _ in range(2)
    ]


THREE_GROUPS = [
    *speech("w", "Welsh", 12, 30, 50),
    *speech("s", "Scottish", 12, 10, 20),
    *speech("c", "Cornish", 4, 20, 30),
    *speech("d", "declined", 3, 40, 60),
]
CONDITIONS = ("clean", "hum")


def test_pooled_rate_is_the_word_weighted_mean_of_utterance_rates():
    rows = [utterance("a", ["x"], {"clean": 3}, words=10), utterance("b", ["x"], {"clean": 9}, words=90)]
    assert figure(find(rows), "x", "wer").value == 12 / 100
    assert figure(find(rows), "x", "speaker_mean_wer").value == pytest.approx((0.3 + 0.1) / 2)


def test_kinds_of_errors_add_up_to_the_rate():
    found = find([utterance("a", ["x"], {"clean": 130}), utterance("b", ["x"], {"clean": 7})])
    parts = [figure(found, "x", f"{kind}_rate").value for kind in ("substitution", "deletion", "insertion")]
    assert parts == [107 / 200, 0.0, 30 / 200]
    assert figure(found, "x", "wer").value == pytest.approx(sum(parts))


def test_order_of_rows_changes_no_figure():
    counts, people = tables(THREE_GROUPS)
    people["duration_s"] = np.random.default_rng(0).uniform(0.1, 9, len(people))
    plan, expected = Plan(), [(condition, "tiny") for condition in CONDITIONS]
    results = [
        analyse(
            counts.sample(frac=1, random_state=seed),
            people.sample(frac=1, random_state=seed + 1),
            no_losses(),
            [ACCENT],
            plan,
            headline=HEADLINE,
            expected=expected,
        )
        for seed in (0, 1)
    ]
    assert results[0] == results[1]


def test_categorical_keys_change_no_figure():
    counts, people = tables(THREE_GROUPS)
    keys = ["utterance_id", "condition", "system", "normaliser"]
    arguments = {"headline": HEADLINE, "expected": [(condition, "tiny") for condition in CONDITIONS]}
    plain = analyse(counts, people, no_losses(), [ACCENT], Plan(), **arguments)
    categorical = counts.assign(**{key: counts[key].astype("category") for key in keys})
    assert analyse(categorical, people, no_losses(), [ACCENT], Plan(), **arguments) == plain


def test_reference_of_the_plan_is_what_groups_are_compared_with():
    found = find(THREE_GROUPS, reference="Scottish", conditions=CONDITIONS)
    to_rest = {row.measure for row in found.figures if row.versus == "rest"}
    assert to_rest == {"wer_gap"}
    assert {row.versus for row in found.figures if row.measure != "wer_gap"} == {None, "Scottish"}
    assert {row.versus for row in found.figures if row.measure == "wer_gap"} == {"rest", "Scottish"}
    assert {(row.group, row.condition) for row in found.comparisons} == {
        (group, condition) for group in ("Welsh", "Cornish") for condition in CONDITIONS
    }
    assert {row.family_size for row in found.comparisons} == {4}
    assert comparison(found, "Welsh").verdict is Verdict.DISPARITY
    assert comparison(found, "Cornish").reason == "fewer than 10 speakers: 4 in this group"
    assert found.dimensions[0].reference_reason == "largest"


def test_gap_to_the_rest_stands_beside_a_declared_reference():
    found = find(THREE_GROUPS, reference="Scottish")
    for name in ("Scottish", "Welsh", "Cornish"):
        others = [
            row["errors"]["clean"] for row in THREE_GROUPS if row["accent"] not in ((name,), ("declined",))
        ]
        key = (name, "wer_gap", "rest", "clean", "whisper_en")
        (gap,) = (
            row
            for row in found.figures
            if (row.group, row.measure, row.versus, row.condition, row.normaliser) == key
        )
        rate = figure(found, name, "wer").value
        assert gap.value == pytest.approx(rate - sum(others) / (100 * len(others)))


def test_without_a_reference_each_group_is_compared_with_the_rest():
    found = find(THREE_GROUPS)
    others = [row for row in THREE_GROUPS if row["accent"] in (("Scottish",), ("Cornish",))]
    rest = sum(row["errors"]["clean"] for row in others) / (100 * len(others))
    welsh = figure(found, "Welsh", "wer").value
    assert figure(found, "Welsh", "wer_gap").value == pytest.approx(welsh - rest)
    assert figure(found, "Welsh", "wer_gap").versus == "rest"


def test_two_groups_without_a_reference_are_one_contrast_in_each_condition():
    pair = [row for row in THREE_GROUPS if row["accent"] != ("Cornish",)]
    without = find(pair, conditions=CONDITIONS)
    assert {row.family_size for row in without.comparisons} == {2}
    declared = find(pair, conditions=CONDITIONS, reference="Scottish")
    assert comparison(without, "Welsh").low == comparison(declared, "Welsh").low
    both = [*pair, utterance("b", ["Welsh", "Scottish"], {"clean": 20, "hum": 30})]
    assert {row.family_size for row in find(both, conditions=CONDITIONS).comparisons} == {4}


def test_group_of_which_nothing_is_left_keeps_its_size_in_the_manifest():
    rows = [*speech("w", "Welsh", 4, 30, 50), *(utterance(f"h{n}", ["headset"], {}) for n in range(6))]
    (info,) = (one for one in find(rows).dimensions[0].groups if one.name == "headset")
    assert (info.n_speakers, info.n_utterances) == (0, 0)
    assert (info.n_speakers_expected, info.n_utterances_expected) == (6, 6)
    nameless = find([row | {"speaker": None} for row in rows]).dimensions[0].groups
    assert {one.n_speakers_expected for one in nameless} == {None}


def test_empty_references_and_transcripts_are_counted_apart():
    rows = [
        utterance("a", ["x"], {"clean": 3}, words=0),
        utterance("a", ["x"], {"clean": 0}, words=0),
        utterance("b", ["x"], {"clean": 8}, words=5),
        utterance("b", ["y"], {"clean": 2}, words=2),
    ]
    counts, people = tables(rows)
    # All wrong is not empty; all missing is.
    counts.loc[3, ["substitutions", "deletions"]] = [0, 2]
    arguments = {"headline": HEADLINE, "expected": [("clean", "tiny")]}
    found = analyse(counts, people, no_losses(), [ACCENT], Plan(), **arguments)
    measures = ("empty_references", "empty_reference_insertions", "empty_transcripts")
    counted = {
        group: tuple(figure(found, group, measure).value for measure in measures)
        for group in ("all", "x", "y")
    }
    assert counted == {"all": (2, 3, 1), "x": (2, 3, 0), "y": (0, 0, 1)}


def test_rows_count_speakers_with_words_and_groups_those_present_too():
    speakers = range(6)
    rows = [utterance(f"s{i}", ["x"], {"clean": i % 2}, words=9 if i < 2 else 0) for i in speakers]
    quiet = [utterance(f"q{i}", ["y"], {"clean": 0}, words=0) for i in speakers]
    found = find([*rows, *quiet])
    x, y = found.dimensions[0].groups
    assert (x.n_speakers, x.n_speakers_with_words, x.n_speakers_expected) == (6, 2, 6)
    assert (y.n_speakers, y.n_speakers_with_words, y.is_silent) == (6, 0, True)
    assert [figure(found, group, "wer").n_speakers for group in ("all", "x", "y")] == [2, 2, 0]
    assert figure(found, "x", "wer").n_utterances == 6


def test_reserved_groups_have_rates_and_no_part_in_comparisons():
    found = find(THREE_GROUPS, conditions=CONDITIONS)
    measures = {row.measure for row in found.figures if row.group == "declined"}
    assert "wer" in measures
    assert measures.isdisjoint({"wer_ratio", "wer_gap", "did"})
    assert "declined" not in {row.group for row in found.comparisons}
    assert {row.family_size for row in found.comparisons} == {6}
    assert [(group.name, group.kind) for group in found.dimensions[0].groups][-1] == ("declined", "reserved")


def test_simultaneous_interval_is_wider_than_the_one_of_the_figure():
    found = find(THREE_GROUPS, reference="Scottish")
    single, together = figure(found, "Welsh", "wer_ratio"), comparison(found, "Welsh")
    assert together.ratio == single.value
    assert together.low < single.low < single.high < together.high


def test_person_with_two_labels_counts_in_both_groups_and_in_neither_rest():
    rows = [
        utterance("a", ["x", "y"], {"clean": 10}),
        utterance("b", ["x"], {"clean": 20}),
        utterance("c", ["y"], {"clean": 40}),
        utterance("d", ["y"], {"clean": 44}),
    ]
    found = find(rows)
    assert (figure(found, "x", "wer").value, figure(found, "x", "wer").n_speakers) == (0.15, 2)
    assert figure(found, "y", "wer").n_speakers == 3
    assert figure(found, "all", "wer").n_speakers == 4
    assert figure(found, "x", "wer_gap").value == pytest.approx(0.15 - 0.42)
    oracle = wer_ratio(cell([10, 20], [100] * 2), cell([10, 40, 44], [100] * 3, speakers=[0, 2, 3]))
    to_reference = figure(find(rows, reference="y"), "x", "wer_ratio")
    assert to_reference.method in (None, "jackknife-log-union")
    assert (to_reference.value, to_reference.low) == (oracle.value, (oracle.bounds(0.95) or [None])[0])


def test_noise_figures_stand_at_noisy_conditions_only():
    found = find(THREE_GROUPS, reference="Scottish", conditions=CONDITIONS)
    noise = [row for row in found.figures if row.measure in ("noise_ratio", "noise_gap", "did")]
    assert {row.condition for row in noise} == {"hum"}
    gaps = {group: figure(found, group, "noise_gap", "hum").value for group in ("Welsh", "Scottish", "all")}
    assert figure(found, "Welsh", "did", "hum").value == pytest.approx(gaps["Welsh"] - gaps["Scottish"])


def test_manifest_without_speakers_has_rates_without_intervals_or_verdicts():
    found = find([row | {"speaker": None} for row in THREE_GROUPS], reference="Scottish")
    wer = figure(found, "Welsh", "wer")
    assert (wer.value, wer.low, wer.n_speakers, wer.status) == (0.31, None, None, Status.NO_SPEAKERS)
    assert {row.verdict for row in found.comparisons} == {Verdict.CANNOT_TELL}
    assert {group.n_speakers for group in found.dimensions[0].groups} == {None}


def test_condition_without_any_outcome_has_its_status_and_no_number():
    rows = [utterance(name, ["x"], {"clean": 5}) for name in "abc"]
    found = figure(find(rows, conditions=CONDITIONS), "x", "wer", "hum")
    assert (found.value, found.n_speakers, found.status) == (None, 0, Status.NO_REFERENCE_WORDS)


def test_group_is_described_by_its_thinnest_condition():
    rows = [utterance(name, ["x"], {"clean": 5, "hum": 6}) for name in "abcd"]
    rows[0]["errors"] = {"clean": 5}
    (info,) = find(rows, conditions=CONDITIONS).dimensions[0].groups
    assert (info.n_speakers, info.n_utterances, info.n_words, info.duration_s) == (3, 3, 300, 8.0)
    assert info.largest_speaker_share == pytest.approx(1 / 3)


def test_lost_outcomes_are_counted_for_every_group_they_belong_to():
    rows = [utterance("a", ["x", "y"], {}), utterance("b", ["x"], {"clean": 5})]
    lost = pd.DataFrame(
        [("u0", "clean", "tiny", "error", "silent"), ("u0", "hum", "tiny", "missing", None)],
        columns=["utterance_id", "condition", "system", "kind", "reason"],
    )
    found = find(rows, conditions=CONDITIONS, losses=lost).losses
    counted = {
        (loss.group, loss.condition): (loss.n_expected, loss.n_errors, loss.n_missing, loss.reasons)
        for loss in found
    }
    assert counted == {
        (group, condition): (expected, *outcome)
        for group, expected in (("all", 2), ("x", 2), ("y", 1))
        for condition, outcome in (("clean", (1, 0, {"silent": 1})), ("hum", (0, 1, {})))
    }


def test_second_normaliser_has_figures_and_verdicts_of_its_own():
    counts, people = tables(THREE_GROUPS)
    counts = counts[counts["condition"] == "clean"]
    both = pd.concat([counts.assign(normaliser="basic"), counts])
    found = analyse(
        both, people, no_losses(), [ACCENT], Plan(), headline=HEADLINE, expected=[("clean", "tiny")]
    )
    assert list(dict.fromkeys(row.normaliser for row in found.figures)) == [HEADLINE, "basic"]
    assert list(dict.fromkeys(row.normaliser for row in found.comparisons)) == [HEADLINE, "basic"]
    assert {row.normaliser for row in found.summaries} == {HEADLINE}


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Plan(dimensions=("acent",)), "plan: dimensions: unknown dimension 'acent'. Did you mean 'accent'?"),
        (
            Plan(references={"accent": Reference(group="Welch", reason="first")}),
            "plan: references.accent: unknown group 'Welch'. Did you mean 'Welsh'?",
        ),
        (
            Plan(references={"acsent": Reference(group="Welsh", reason="first")}),
            "plan: references.acsent: unknown dimension 'acsent'. Did you mean 'accent'?",
        ),
        (
            Plan(references={"accent": Reference(group="declined", reason="first")}),
            "plan: references.accent: unknown group 'declined'",
        ),
    ],
)
def test_plan_that_names_what_does_not_exist_is_refused(plan, message):
    counts, people = tables(THREE_GROUPS)
    with pytest.raises(FaultsError, match="unknown") as refused:
        analyse(counts, people, no_losses(), [ACCENT], plan, headline=HEADLINE, expected=[("clean", "tiny")])
    assert str(refused.value).startswith(message)


def test_counts_that_are_not_expected_are_refused():
    counts, people = tables(THREE_GROUPS)
    arguments = {"headline": HEADLINE, "expected": [("clean", "tiny")]}
    with pytest.raises(FaultsError, match=r"counts: condition: 1 not expected here, got 'hum'"):
        analyse(counts, people, no_losses(), [ACCENT], Plan(), **arguments)
    clean = counts[counts["condition"] == "clean"]
    with pytest.raises(FaultsError, match=r"counts: utterance_id: 2 not expected here, got 'u0'"):
        analyse(clean, people.iloc[2:], no_losses(), [ACCENT], Plan(), **arguments)


def test_speaker_of_some_utterances_only_is_refused():
    rows = [utterance("a", ["x"], {"clean": 1}), utterance(None, ["x"], {"clean": 2})]
    with pytest.raises(FaultsError, match="speaker_id: is missing for 1 of 2 utterances"):
        find(rows)


def test_findings_are_json_without_nan():
    for row in find(THREE_GROUPS, conditions=CONDITIONS).figures:
        json.loads(row.model_dump_json(), parse_constant=pytest.fail)
