"""Measures, noise scales and areas reach the findings, each with its interval and status."""

from __future__ import annotations

import jiwer
import pytest
from fairness_tables import ACCENT, HEADLINE, figure, find, no_losses, tables, utterance

from asr_fair.config import Plan, Reference
from asr_fair.fairness.analyse import Findings, analyse
from asr_fair.fairness.counting.slices import Column
from asr_fair.fairness.noise.axes import snr_axes
from asr_fair.fairness.results import ConditionInfo, Status

NOISY = {
    "hum@0dB": ConditionInfo(name="hum@0dB", title="", profile="hum", snr_db=0),
    "hum@10dB": ConditionInfo(name="hum@10dB", title="", profile="hum", snr_db=10),
    "hum@20dB": ConditionInfo(name="hum@20dB", title="", profile="hum", snr_db=20),
    "bay+hum@0dB": ConditionInfo(name="bay+hum@0dB", title="", room="bay", profile="hum", snr_db=0),
}
CLEAN = ConditionInfo(name="clean", title="")
ERRORS = {
    "Welsh": {"clean": 10, "hum@20dB": 14, "hum@10dB": 20, "hum@0dB": 40, "bay+hum@0dB": 50},
    "Irish": {"clean": 5, "hum@20dB": 6, "hum@10dB": 12, "hum@0dB": 30, "bay+hum@0dB": 35},
}
MORE = ((0, 1, 2, 3), (2, 0, 3, 1))
"""Errors of each speaker beyond those, in most conditions and in the loudest: 1.5 on average."""


def heard() -> Findings:
    rows = [
        utterance(
            f"{group}{n}", [group], {at: errors + MORE[at == "hum@0dB"][n] for at, errors in by.items()}
        )
        for group, by in ERRORS.items()
        for n in range(4)
    ]
    counts, people = tables(rows)
    return analyse(
        counts,
        people,
        no_losses(),
        [ACCENT],
        Plan(references={"accent": Reference(group="Irish", reason="largest")}),
        headline=HEADLINE,
        expected=[(condition, "tiny") for condition in ERRORS["Irish"]],
        conditions=[CLEAN, *NOISY.values()],
    )


def wer(group: str, condition: str) -> float:
    return (ERRORS[group][condition] + 1.5) / 100


def test_measures_of_the_four_counts_are_jiwers():
    # Two speakers, "x y" each: one says it all and a word more, of the other one word is heard as another.
    rows = [utterance("a", ["x"], {"clean": 0}, words=2), utterance("b", ["x"], {"clean": 1}, words=2)]
    counts, people = tables(rows)
    counts.loc[0, "insertions"] = 1
    found = analyse(
        counts, people, no_losses(), [ACCENT], Plan(), headline=HEADLINE, expected=[("clean", "tiny")]
    )
    oracle = jiwer.process_words(["x y", "x y"], ["x y z", "x z"])
    assert figure(found, "x", "mer").value == pytest.approx(oracle.mer)
    assert figure(found, "x", "wil").value == pytest.approx(oracle.wil)
    precision, recall, f1 = (
        figure(found, "x", f"word_{name}").value for name in ("precision", "recall", "f1")
    )
    assert (precision, recall) == (pytest.approx(3 / 5), pytest.approx(3 / 4))
    assert f1 == pytest.approx(2 / (1 / precision + 1 / recall))


def test_precision_is_undefined_where_nothing_was_recognised():
    rows = [utterance(name, ["x"], {"clean": 100}) for name in "ab"]
    counts, people = tables(rows)
    counts[["substitutions", "deletions"]] = counts[["deletions", "substitutions"]].to_numpy()
    found = analyse(
        counts, people, no_losses(), [ACCENT], Plan(), headline=HEADLINE, expected=[("clean", "tiny")]
    )
    precision = figure(found, "x", "word_precision")
    assert (precision.value, precision.status) == (None, Status.NO_HYPOTHESIS_WORDS)
    assert figure(found, "x", "word_recall").value == 0
    silent = find([utterance("a", ["x"], {"clean": 0}, words=0)])
    assert figure(silent, "x", "word_precision").status is Status.NO_REFERENCE_WORDS


def test_noise_has_three_scales_each_with_its_interval():
    found = heard()
    clean, noisy = ({group: wer(group, at) for group in ERRORS} for at in ("clean", "hum@0dB"))
    kept = {group: (1 - noisy[group]) / (1 - clean[group]) for group in ERRORS}
    expected = {
        "did": noisy["Welsh"] - clean["Welsh"] - (noisy["Irish"] - clean["Irish"]),
        "ratio_of_ratios": noisy["Welsh"] / clean["Welsh"] / (noisy["Irish"] / clean["Irish"]),
        "retention": kept["Welsh"],
        "relative_retention": kept["Welsh"] / kept["Irish"],
    }
    for measure, value in expected.items():
        row = figure(found, "Welsh", measure, "hum@0dB")
        assert row.value == pytest.approx(value)
        assert row.low < row.value < row.high
        assert row.versus == (None if measure == "retention" else "Irish")


def test_area_over_snr_stands_under_the_name_of_its_noise():
    found = heard()
    areas = {
        group: (wer(group, "hum@0dB") + 2 * wer(group, "hum@10dB") + wer(group, "hum@20dB")) / 4
        for group in ERRORS
    }
    own = figure(found, "Welsh", "area", "hum")
    assert own.value == pytest.approx(areas["Welsh"])
    assert own.low < own.value < own.high
    assert (own.n_speakers, own.n_words) == (4, 400)
    apart = figure(found, "Welsh", "area_difference", "hum")
    assert (apart.value, apart.versus) == (pytest.approx(areas["Welsh"] - areas["Irish"]), "Irish")
    assert not any(row.condition == "bay+hum" for row in found.figures)


def test_an_axis_holds_what_differs_in_its_snr_only():
    phone = [
        ConditionInfo(name=f"p{snr}", title="", profile="hum", snr_db=snr, handset="phone") for snr in (0, 5)
    ]
    columns = [Column(name, system, "n") for system in ("s", "t") for name in (*NOISY, "p0", "p5", "clean")]
    axes = snr_axes(columns, [CLEAN, *NOISY.values(), *phone])
    assert [(axis.column.condition, axis.column.system) for axis in axes] == [
        ("hum", "s"),
        ("hum+phone", "s"),
        ("hum", "t"),
        ("hum+phone", "t"),
    ]
    assert axes[0].positions == {0: 0, 10: 1, 20: 2}
    assert axes[1].positions == {0: 4, 5: 5}
    assert snr_axes(columns, []) == []
