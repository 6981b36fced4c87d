"""Two systems on the same utterances, against brute force, scipy, and data with a planted difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
import pytest
from fairness_tables import ACCENT, HEADLINE, cell, no_losses
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from asr_fair.config import Plan, Reference
from asr_fair.errors import FaultsError, UnknownNameError
from asr_fair.fairness.analyse import Findings, analyse
from asr_fair.fairness.counting.paired import Couple
from asr_fair.fairness.estimates.contrasts import LINEAR, contrast
from asr_fair.fairness.noise.robustness import difference_in_differences
from asr_fair.fairness.resampling.multiplicity import holm
from asr_fair.fairness.results import Status, SystemComparison, Verdict
from asr_fair.fairness.systems.differences import gap_sides
from asr_fair.fairness.systems.pairs_of import system_pairs
from asr_fair.records import SystemPair

WORDS = 200


def count_rows(utterances: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Counts of utterances with their errors by system, by condition and system where both are named."""
    rows = []
    for number, each in enumerate(utterances):
        for key, errors in each["errors"].items():
            condition, system = key if isinstance(key, tuple) else ("clean", key)
            words = each.get("words", WORDS)
            counts = {"substitutions": errors, "deletions": 0, "insertions": 0, "hits": words - errors}
            place = {"utterance_id": f"u{number}", "condition": condition, "system": system}
            rows.append(place | {"normaliser": HEADLINE} | counts)
    return pd.DataFrame(rows)


def find(
    utterances: Sequence[Mapping[str, object]],
    *,
    plan: Plan | None = None,
    counts: pd.DataFrame | None = None,
    segments: pd.DataFrame | None = None,
) -> Findings:
    table = count_rows(utterances) if counts is None else counts
    people = pd.DataFrame(
        {
            "utterance_id": [f"u{number}" for number in range(len(utterances))],
            "speaker": [each["speaker"] for each in utterances],
            "accent": [tuple(each["accent"]) for each in utterances],
            "duration_s": 2.0,
        }
    )
    expected = sorted(set(table[["condition", "system"]].itertuples(index=False, name=None)))
    return analyse(
        table,
        people,
        no_losses(),
        [ACCENT],
        plan or Plan(),
        headline=HEADLINE,
        expected=expected,
        segments=segments,
    )


def row(found: Findings, group: str = "all", condition: str = "clean") -> SystemComparison:
    (one,) = (x for x in found.system_comparisons if (x.group, x.condition) == (group, condition))
    return one


def speakers(
    group: str, n: int, a: float, b: float, *, seed: int = 1, words: int = WORDS
) -> list[dict[str, object]]:
    """One utterance a speaker, whose own rate multiplies those of both systems."""
    rng = np.random.default_rng([seed, *group.encode()])
    own = rng.gamma(12, 1 / 12, n)
    return [
        {
            "speaker": f"{group}{number}",
            "accent": [group],
            "words": words,
            "errors": {
                system: min(int(rng.poisson(words * rate * each)) + 1, words)
                for system, rate in (("a", a), ("b", b))
            },
        }
        for number, each in enumerate(own)
    ]


def plan_against(group: str) -> Plan:
    return Plan(references={"accent": Reference(group=group, reason="largest")})


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=6))
def test_p_is_the_share_of_all_sign_patterns_and_counts_are_those_of_the_speakers(pairs):
    utterances = [
        {"speaker": f"s{number}", "accent": ["x"], "errors": {"a": a, "b": b}}
        for number, (a, b) in enumerate(pairs)
    ]
    found = row(find(utterances))
    d = np.array([a - b for a, b in pairs])
    null = [abs(int(np.dot(signs, d))) for signs in product((-1, 1), repeat=len(d))]
    assert found.p_value == pytest.approx(np.mean(np.array(null) >= abs(d.sum())))
    assert found.p_method == "sign-flip-permutation-exact"
    assert found.difference.value == pytest.approx(d.sum() / (WORDS * len(d)), abs=1e-15)
    assert (found.n_speakers_fewer, found.n_speakers_more) == ((d < 0).sum(), (d > 0).sum())


def test_the_interval_leaves_out_each_speaker_under_both_systems_at_once():
    utterances = speakers("x", 12, 0.2, 0.15)
    found = row(find(utterances)).difference
    d = np.array([each["errors"]["a"] - each["errors"]["b"] for each in utterances])
    without = (d.sum() - d) / (WORDS * 11)
    se = np.sqrt(11 / 12 * np.square(without - without.mean()).sum())
    reach = stats.t.ppf(0.975, 11) * se
    assert (found.low, found.high) == pytest.approx((found.value - reach, found.value + reach), rel=1e-9)


def test_the_bootstrap_beside_it_is_scipys():
    utterances = speakers("x", 40, 0.2, 0.15)
    found = row(find(utterances)).difference
    a, b = (np.array([each["errors"][system] for each in utterances]) for system in "ab")
    expected = stats.bootstrap(
        (a - b,), lambda d, axis: d.mean(axis) / WORDS, method="percentile", n_resamples=4000, rng=1
    ).confidence_interval
    assert found.bootstrap_method == "bootstrap-percentile"
    assert (found.bootstrap_low, found.bootstrap_high) == pytest.approx(tuple(expected), rel=0.08)


def test_an_improvement_for_one_group_only_is_found_there_and_in_its_gap():
    utterances = [*speakers("Irish", 40, 0.2, 0.2), *speakers("Welsh", 40, 0.2, 0.1)]
    found = find(utterances, plan=plan_against("Irish"))
    welsh, irish = row(found, "Welsh"), row(found, "Irish")
    assert welsh.verdict is Verdict.DISPARITY
    assert welsh.ratio > 1.5
    assert irish.verdict is Verdict.EQUIVALENT
    assert irish.gap_difference is None
    gap = welsh.gap_difference
    assert gap.value == pytest.approx(welsh.difference.value - irish.difference.value, abs=1e-12)
    assert (gap.versus, gap.n_speakers, gap.family_size) == ("Irish", 40, 1)
    assert gap.simultaneous_low > 0
    assert gap.bootstrap_low > 0


def test_a_merged_cell_gives_the_difference_of_gaps_of_its_four_cells():
    drawn = [speakers(name, 14, 0.2, 0.15) for name in ("Irish", "Welsh")]
    irish, welsh = (
        Couple(*(cell([each["errors"][system] for each in own], [WORDS] * 14) for system in "ab"))
        for own in drawn
    )
    merged = contrast(gap_sides(irish, welsh), LINEAR)
    apart = difference_in_differences(irish.one, irish.other, welsh.one, welsh.other)
    assert len(gap_sides(irish, welsh)[0]) == 1
    assert merged.value == pytest.approx(apart.value, abs=1e-15)
    assert merged.bounds(0.95) == pytest.approx(apart.bounds(0.95), rel=1e-9)


def test_differences_that_add_up_to_nothing_keep_their_interval():
    utterances = [*speakers("Irish", 12, 0.2, 0.2), *speakers("Welsh", 12, 0.2, 0.1)]
    excess = sum(each["errors"]["a"] - each["errors"]["b"] for each in utterances[:12])
    utterances[0]["errors"]["b"] += excess
    gap = row(find(utterances, plan=plan_against("Irish")), "Welsh").gap_difference
    assert gap.simultaneous_low is not None


def test_gaps_of_a_mirrored_pair_are_one_contrast_told_from_both_sides():
    found = find([*speakers("Irish", 20, 0.2, 0.2), *speakers("Welsh", 20, 0.2, 0.1)])
    welsh, irish = (row(found, name).gap_difference for name in ("Welsh", "Irish"))
    assert welsh.value == pytest.approx(-irish.value)
    assert (welsh.simultaneous_low, welsh.family_size) == (pytest.approx(-irish.simultaneous_high), 1)


@pytest.mark.parametrize(
    ("n", "verdict"), [(12, Verdict.CANNOT_TELL), (29, Verdict.CANNOT_TELL), (30, Verdict.EQUIVALENT)]
)
def test_identical_systems_do_not_differ_and_are_equivalent_with_speakers_enough(n: int, verdict: Verdict):
    utterances = speakers("x", n, 0.2, 0.2)
    for each in utterances:
        each["errors"]["b"] = each["errors"]["a"]
    found = row(find(utterances))
    assert (found.difference.value, found.p_value, found.verdict) == (0.0, 1.0, verdict)
    assert "the same number of errors with every one" in found.reason
    assert found.difference.status is Status.NO_INTERVAL


def test_what_one_system_lost_is_left_out_of_both():
    utterances = [*speakers("Irish", 15, 0.2, 0.1), *speakers("Welsh", 14, 0.2, 0.1)]
    counts = count_rows(utterances)
    lost_a, lost_b, lost_by_both = {"u0", "u1", "u17"}, {"u2", "u20"}, {"u5"}
    keep = ~(
        (counts["system"].eq("a") & counts["utterance_id"].isin(lost_a | lost_by_both))
        | (counts["system"].eq("b") & counts["utterance_id"].isin(lost_b | lost_by_both))
    )
    found = find(utterances, counts=counts[keep])
    common = counts[~counts["utterance_id"].isin(lost_a | lost_b | lost_by_both)]
    paired = find(utterances, counts=common)
    assert {x.group: x.n_unpaired for x in found.system_comparisons} == {"all": 5, "Irish": 3, "Welsh": 2}
    assert row(found).n_utterances == 29 - 6
    without = [x.model_copy(update={"n_unpaired": 0}) for x in found.system_comparisons]
    assert without == list(paired.system_comparisons)
    # The systems' own rates still hold all that each of them transcribed.
    own = next(x for x in found.figures if (x.group, x.measure, x.system) == ("all", "wer", "a"))
    assert own.n_utterances == 29 - 4


def test_systems_that_share_no_utterance_have_no_figure_and_say_so():
    utterances = speakers("x", 12, 0.2, 0.1)
    counts = count_rows(utterances)
    early = counts["utterance_id"].isin([f"u{number}" for number in range(6)])
    found = find(utterances, counts=counts[early == counts["system"].eq("a")])
    one = row(found)
    assert (one.wer, one.difference.value, one.p_value, one.n_unpaired) == (None, None, None, 12)
    assert (one.verdict, one.difference.status) == (Verdict.CANNOT_TELL, Status.NO_REFERENCE_WORDS)


def test_a_system_of_which_everything_is_lost_in_a_condition_has_no_figure():
    utterances = speakers("x", 12, 0.2, 0.1)
    counts = count_rows(utterances)
    people = [each | {"speaker": each["speaker"]} for each in utterances]
    table = counts[counts["system"] == "a"]
    frame = pd.DataFrame(
        {
            "utterance_id": [f"u{n}" for n in range(12)],
            "speaker": [each["speaker"] for each in people],
            "accent": [("x",)] * 12,
            "duration_s": 2.0,
        }
    )
    expected = [("clean", "a"), ("clean", "b")]
    found = analyse(table, frame, no_losses(), [ACCENT], Plan(), headline=HEADLINE, expected=expected)
    assert row(found).wer is None


def test_without_speakers_there_are_rates_and_nothing_more():
    utterances = [each | {"speaker": None} for each in speakers("x", 12, 0.2, 0.1)]
    found = row(find(utterances))
    assert found.difference.value > 0
    assert (found.difference.low, found.difference.bootstrap_low, found.p_value) == (None, None, None)
    assert (found.n_speakers, found.n_speakers_fewer, found.verdict) == (None, None, Verdict.CANNOT_TELL)


def test_one_system_without_errors_has_a_difference_and_no_verdict():
    utterances = speakers("x", 12, 0.2, 0.1)
    for each in utterances:
        each["errors"]["b"] = 0
    found = row(find(utterances))
    assert found.difference.value == found.wer > 0
    assert (found.verdict, found.reason) == (Verdict.CANNOT_TELL, "no errors under one of the two systems")


def test_reserved_groups_have_figures_and_no_part_in_the_family():
    utterances = [*speakers("Irish", 12, 0.2, 0.1), *speakers("unknown", 11, 0.2, 0.1)]
    found = find(utterances)
    unknown = row(found, "unknown")
    assert unknown.difference.low is not None
    assert (unknown.verdict, unknown.family_size, unknown.p_adjusted) == (None, 0, None)
    assert row(found, "Irish").family_size == 1


def test_a_family_is_all_declared_groups_in_all_conditions_of_one_pair():
    utterances = [*speakers("Irish", 12, 0.2, 0.15), *speakers("Welsh", 12, 0.2, 0.15)]
    for each in utterances:
        heard = each["errors"]
        each["errors"] = {(c, s): heard[s] + n for n, c in enumerate(("clean", "hum")) for s in "ab"}
    found = find(utterances, plan=plan_against("Irish"))
    family = [x for x in found.system_comparisons if x.dimension == "accent"]
    assert {x.family_size for x in family} == {4}
    assert [x.p_adjusted for x in family] == holm([x.p_value for x in family])
    assert {x.gap_difference.family_size for x in family if x.gap_difference} == {2}


def test_the_order_of_rows_changes_nothing():
    utterances = [*speakers("Irish", 12, 0.2, 0.15), *speakers("Welsh", 12, 0.2, 0.15)]
    counts = count_rows(utterances)
    shuffled = counts.sample(frac=1, random_state=3)
    found, again = (find(utterances, counts=table).system_comparisons for table in (counts, shuffled))
    assert found == again


def test_one_system_is_compared_with_nobody():
    utterances = speakers("x", 12, 0.2, 0.1)
    counts = count_rows(utterances)
    found = find(utterances, counts=counts[counts["system"] == "a"])
    assert (found.system_comparisons, found.matched_pairs) == ((), ())


def test_different_references_are_refused():
    utterances = speakers("x", 12, 0.2, 0.1)
    counts = count_rows(utterances)
    counts.loc[0, "hits"] += 1
    with pytest.raises(FaultsError, match="different reference words"):
        find(utterances, counts=counts)


def test_up_to_three_systems_are_compared_two_by_two_and_more_with_the_first():
    three, five = ([("clean", name) for name in names] for names in ("abc", "abcde"))
    assert [pair[1:] for pair in system_pairs(three)] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [pair[1:] for pair in system_pairs(five)] == [("a", name) for name in "bcde"]
    assert [pair[1:] for pair in system_pairs(three, "c")] == [("c", "a"), ("c", "b")]


def test_systems_are_compared_where_both_were_to_transcribe():
    expected = [("clean", "a"), ("hum", "a"), ("clean", "b")]
    assert system_pairs(expected) == (SystemPair("clean", "a", "b"),)


def test_an_unknown_baseline_is_refused():
    with pytest.raises(UnknownNameError, match="baseline_system"):
        system_pairs([("clean", "a"), ("clean", "b")], "z")


def test_matched_pairs_are_summed_by_group_and_skipped_without_segments():
    utterances = [*speakers("Irish", 2, 0.2, 0.1), *speakers("Welsh", 2, 0.2, 0.1)]
    place = {"condition": "clean", "system": "a", "other_system": "b"}
    sums = [(1, 3, 1, 4), (2, 4, 3, 3), (1, 0, 2, 4)]
    names = ("n_segments", "errors", "errors_other", "squares")
    segments = pd.DataFrame(
        [
            {"utterance_id": f"u{number}", **place, **dict(zip(names, each, strict=True))}
            for number, each in enumerate(sums)
        ]
    )
    found = {x.group: x for x in find(utterances, segments=segments).matched_pairs}
    everyone = found["all"]
    assert (everyone.n_segments, everyone.n_errors, everyone.n_errors_other) == (4, 7, 6)
    # d of the segments: 2; and 2, −1 or −1, 2 (sum 1, squares 5) would not do: squares are 4 + 3 + 4 = 11.
    sd = np.sqrt((11 - 1 / 4) / 3)
    assert everyone.z == pytest.approx(0.25 / (sd / 2))
    assert everyone.p_value == pytest.approx(2 * stats.norm.sf(abs(everyone.z)))
    assert (found["Irish"].n_segments, found["Welsh"].n_segments) == (3, 1)
    assert (found["Welsh"].z, found["Welsh"].status) == (None, Status.NO_INTERVAL)
    skipped = find(utterances).matched_pairs
    assert {(x.status, x.n_segments) for x in skipped} == {(Status.SKIPPED, None)}
