"""What another normaliser does to rates, gaps and verdicts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fairness_tables import ACCENT, HEADLINE, cell, find, no_losses, tables, utterance

from asr_fair.config import Plan, Reference
from asr_fair.fairness.analyse import Findings, analyse
from asr_fair.fairness.estimates.contrasts import LINEAR, Term, contrast
from asr_fair.fairness.estimates.gaps import wer_gap
from asr_fair.fairness.normalisers.factor import normaliser_shift, normaliser_shift_difference
from asr_fair.fairness.normalisers.robust import robustness_rows
from asr_fair.fairness.results import Comparison, Status, Verdict

CONDITIONS = ("clean", "hum")


def voices(name: str, rate: float, n_speakers: int = 14) -> list[dict[str, object]]:
    rng = np.random.default_rng(len(name))
    rows = []
    for speaker in range(n_speakers):
        errors = {condition: int(rng.poisson(rate)) + 1 for condition in CONDITIONS}
        rows.append(utterance(f"{name}{speaker}", [name], errors, words=200))
    return rows


def under(counts: pd.DataFrame, name: str, more: dict[str, int], people: pd.DataFrame) -> pd.DataFrame:
    """The same counts under another normaliser: `more` substitutions for every utterance of a group."""
    accent = people.set_index("utterance_id")["accent"].str[0]
    extra = counts["utterance_id"].map(accent).map(more).fillna(0).astype(int)
    other = counts.assign(normaliser=name)
    other["substitutions"] += extra
    other["hits"] -= extra
    return other


def three_normalisers(more: dict[str, dict[str, int]], *, rates: dict[str, float]) -> Findings:
    counts, people = tables([row for name, rate in rates.items() for row in voices(name, rate)])
    every = [counts, *(under(counts, name, own, people) for name, own in more.items())]
    return analyse(
        pd.concat(every),
        people,
        no_losses(),
        [ACCENT],
        Plan(references={"accent": Reference(group="Welsh", reason="largest")}),
        headline=HEADLINE,
        expected=[(condition, "tiny") for condition in CONDITIONS],
    )


MOVED = {"basic": {"Manx": 20, "Welsh": 20}, "raw": {"Manx": 40}, "whisper_en+dialect": {}}


@pytest.fixture(scope="module")
def found() -> Findings:
    return three_normalisers(MOVED, rates={"Manx": 40, "Welsh": 20, "Cornish": 22})


def values(found: Findings, measure: str) -> dict[tuple[str, str, str], float | None]:
    return {
        (row.group, row.condition, row.normaliser): row.value
        for row in found.figures
        if row.measure == measure and row.versus != "rest"
    }


def test_a_shift_is_the_difference_of_the_two_rates(found: Findings) -> None:
    wer, shift = values(found, "wer"), values(found, "normaliser_shift")
    assert {key[0] for key in shift} == {"all", "Manx", "Welsh", "Cornish"}
    assert {key[2] for key in shift} == set(MOVED)
    for (group, condition, normaliser), value in shift.items():
        expected = wer[group, condition, normaliser] - wer[group, condition, HEADLINE]
        assert value == pytest.approx(expected, abs=1e-15)
    assert shift["Manx", "clean", "raw"] == pytest.approx(40 / 200)
    assert shift["Cornish", "hum", "basic"] == 0.0


def test_an_interaction_is_the_difference_of_the_gaps(found: Findings) -> None:
    gap, moved = values(found, "wer_gap"), values(found, "normaliser_shift_difference")
    assert {key[0] for key in moved} == {"Manx", "Cornish"}
    for (group, condition, normaliser), value in moved.items():
        expected = gap[group, condition, normaliser] - gap[group, condition, HEADLINE]
        assert value == pytest.approx(expected, abs=1e-15)
    assert moved["Manx", "clean", "basic"] == pytest.approx(0.0, abs=1e-15)
    assert moved["Cornish", "clean", "basic"] == pytest.approx(-20 / 200)


def test_a_speaker_is_left_out_of_both_normalisers_at_once() -> None:
    rng = np.random.default_rng(5)
    words = rng.integers(80, 200, 12)
    headline = rng.integers(5, 30, 12)
    moved = headline + 4 + rng.integers(0, 3, 12)
    pair = cell(moved, words), cell(headline, words)
    paired = normaliser_shift(*pair)
    apart = wer_gap(pair[0], cell(headline, words, speakers=range(20, 32)))
    assert paired.value == apart.value
    assert paired.estimate.se < apart.estimate.se / 3
    # One side, so the jackknife of the rate of what was added: a third way to the same number.
    added = contrast([[Term(+1, cell(moved - headline, words))]], LINEAR)
    assert paired.estimate.se == pytest.approx(added.estimate.se)
    four = normaliser_shift_difference(*pair, cell(headline, words), cell(headline, words))
    assert four.method == "jackknife-union"


def test_a_rule_that_changes_no_count_shifts_by_nothing_and_has_no_interval() -> None:
    one = cell([3, 4, 9], [100, 90, 80])
    assert (normaliser_shift(one, one).at(0.95).value, normaliser_shift(one, one).at(0.95).low) == (0, None)
    none = cell([0, 0], [9, 9])
    assert normaliser_shift(cell([0, 0], [0, 0]), none).status is Status.NO_REFERENCE_WORDS
    assert normaliser_shift(one, cell([0, 0, 0], [0, 0, 0])).status is Status.NO_COMPARISON


def test_every_normaliser_but_raw_is_judged_in_families_of_its_own(found: Findings) -> None:
    by_name = {
        name: [row for row in found.comparisons if row.normaliser == name] for name in (HEADLINE, *MOVED)
    }
    assert {name: len(rows) for name, rows in by_name.items()} == {
        HEADLINE: 4,
        "basic": 4,
        "raw": 0,
        "whisper_en+dialect": 4,
    }
    assert {row.family_size for row in found.comparisons} == {4}
    assert all(row.p_value is not None for row in by_name[HEADLINE])
    assert all(row.p_value is row.p_method is row.p_adjusted is None for row in by_name["basic"])
    # The same counts and the same draws: the same interval to the last bit.
    untested = dict.fromkeys(["p_value", "p_method", "p_adjusted", "p_adjustment"])
    assert [row.model_copy(update=untested | {"normaliser": ""}) for row in by_name[HEADLINE]] == [
        row.model_copy(update={"normaliser": ""}) for row in by_name["whisper_en+dialect"]
    ]


def test_more_normalisers_leave_the_headline_as_it_is(found: Findings) -> None:
    alone = three_normalisers({}, rates={"Manx": 40, "Welsh": 20, "Cornish": 22})
    assert alone.comparisons == tuple(row for row in found.comparisons if row.normaliser == HEADLINE)
    assert alone.summaries == found.summaries
    assert {row.robust for row in alone.robustness} == {None}
    assert {row.reason for row in alone.robustness} == {"judged under whisper_en only"}


def test_a_disparity_that_another_normaliser_takes_away_is_not_robust() -> None:
    found = three_normalisers(
        {"basic": {"Manx": 1}, "whisper_en+dialect": {"Manx": -19}}, rates={"Manx": 40, "Welsh": 20}
    )
    (manx, _) = found.robustness
    assert (manx.group, manx.condition, manx.normaliser) == ("Manx", "clean", HEADLINE)
    assert manx.robust is False
    assert manx.reason == "disparity under whisper_en and basic, cannot tell under whisper_en+dialect"
    assert manx.verdicts["basic"] is Verdict.DISPARITY
    rates = values(found, "wer")
    assert manx.ratios["whisper_en+dialect"] == pytest.approx(
        rates["Manx", "clean", "whisper_en+dialect"] / rates["Welsh", "clean", "whisper_en+dialect"]
    )


def row(normaliser: str, verdict: Verdict, ratio: float | None) -> Comparison:
    return Comparison(
        dimension="accent",
        group="Manx",
        versus="Welsh",
        condition="clean",
        system="tiny",
        normaliser=normaliser,
        verdict=verdict,
        reason="",
        ratio=ratio,
        low=None,
        high=None,
        method="",
        family_size=1,
    )


@pytest.mark.parametrize(
    ("under", "robust", "reason"),
    [
        ({"whisper_en": 1.4, "basic": 1.3}, True, "disparity under whisper_en and basic"),
        (
            {"whisper_en": 1.4, "basic": 0.7},
            False,
            "disparity (higher WER) under whisper_en, disparity (lower WER) under basic",
        ),
        ({"whisper_en": 1.4, "basic": None}, None, "no ratio under basic"),
        ({"whisper_en": 1.4, "raw": 1.4}, None, "judged under whisper_en only"),
        ({"whisper_en": 1.4}, None, "judged under whisper_en only"),
    ],
)
def test_verdict_and_sign_must_hold_under_two_normalisers_at_least(under, robust, reason) -> None:
    rows = [row(name, Verdict.DISPARITY, ratio) for name, ratio in under.items()]
    (found,) = robustness_rows(rows, "whisper_en")
    assert (found.robust, found.reason) == (robust, reason)


def test_order_of_rows_changes_nothing() -> None:
    counts, people = tables([row for name in ("Manx", "Welsh") for row in voices(name, 20)])
    both = pd.concat([counts, under(counts, "basic", {"Manx": 9}, people)])
    arguments = {"headline": HEADLINE, "expected": [(condition, "tiny") for condition in CONDITIONS]}
    one, other = (
        analyse(both.sample(frac=1, random_state=seed), people, no_losses(), [ACCENT], Plan(), **arguments)
        for seed in (0, 1)
    )
    assert one == other


def test_without_speakers_nothing_is_claimed() -> None:
    rows = [each | {"speaker": None} for name in ("Manx", "Welsh") for each in voices(name, 20)]
    assert find(rows, reference="Welsh").robustness[0].robust is None
