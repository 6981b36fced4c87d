"""Utterance means, design effects, words nobody said and character errors reach the findings."""

from __future__ import annotations

import json
from pathlib import Path

import jiwer
import numpy as np
import pandas as pd
import pytest
from fairness_tables import ACCENT, HEADLINE, find, no_losses, tables, the_one, utterance
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_fair.config import Plan, Reference
from asr_fair.fairness.analyse import Findings, analyse
from asr_fair.fairness.results import Figure, Status
from asr_fair.score.counts import count_errors
from asr_fair.score.normalise import Normaliser
from edacc_counts import edacc_tables

WORDS = st.lists(st.text("abcé日", min_size=1, max_size=4), min_size=1, max_size=5)


def figure(findings: Findings, group: str, measure: str, normaliser: str = HEADLINE) -> Figure:
    return the_one(
        row
        for row in findings.figures
        if (row.group, row.measure, row.normaliser) == (group, measure, normaliser)
    )


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(WORDS, st.lists(st.sampled_from(["a", "bé", "日"]), max_size=5)), min_size=1, max_size=4
    )
)
def test_character_error_rate_is_that_of_jiwer(pairs: list[tuple[list[str], list[str]]]) -> None:
    said, heard = ([" ".join(words) for words in side] for side in zip(*pairs, strict=True))
    ids = [f"u{number}" for number in range(len(pairs))]
    references = pd.DataFrame({"utterance_id": ids, "reference": said})
    transcripts = pd.DataFrame({"utterance_id": ids, "condition": "clean", "system": "s", "text": heard})
    people = pd.DataFrame({"utterance_id": ids, "speaker": ids, "duration_s": 1.0})
    found = analyse(
        count_errors(references, transcripts, [Normaliser("plain", "1", None, str)]),
        people,
        no_losses(),
        [],
        Plan(),
        headline="plain",
        expected=[("clean", "s")],
    )
    cer = figure(found, "all", "cer", "plain")
    assert cer.value == pytest.approx(jiwer.cer(said, heard))
    assert cer.n_words == sum(len(words) for words, _ in pairs)  # of words, as everywhere


def test_character_error_rate_has_an_interval_and_a_comparison_by_speakers() -> None:
    rows = [
        utterance(f"{group}{n}", [group], {"clean": 3 + n + more})
        for n in range(6)
        for group, more in (("x", 0), ("y", 4))
    ]
    words, people = tables(rows)
    characters = words.assign(unit="char+space", hits=5 * words["hits"])
    arguments = {"headline": HEADLINE, "expected": [("clean", "tiny")]}
    plan = Plan(references={"accent": Reference(group="x", reason="largest")})
    both = pd.concat([words.assign(unit="word"), characters])
    found = analyse(both, people, no_losses(), [ACCENT], plan, **arguments)
    alone = analyse(characters.drop(columns="unit"), people, no_losses(), [ACCENT], plan, **arguments)
    for measure in ("cer", "cer_ratio", "cer_gap"):
        row, same = figure(found, "y", measure), figure(alone, "y", measure.replace("cer", "wer"))
        assert (row.value, row.low, row.high, row.versus) == (same.value, same.low, same.high, same.versus)
        assert row.low < row.value < row.high
    assert figure(found, "y", "wer").value == pytest.approx(sum(range(7, 13)) / 600)


def test_counts_of_words_alone_have_no_character_error_rate() -> None:
    found = find([utterance("a", ["x"], {"clean": 3})])
    assert not any(row.measure.startswith("cer") for row in found.figures)


def test_what_no_utterance_can_tell_has_a_status() -> None:
    found = find([utterance("a", ["x"], {"clean": 3}), utterance("a", ["x"], {"clean": 1})])
    statuses = {
        "design_effect": Status.ONE_SPEAKER,
        "empty_insertions_per_minute": Status.NO_UTTERANCES,
        "share_wrong_language": Status.NO_UTTERANCES,
    }
    for measure, status in statuses.items():
        assert (figure(found, "x", measure).value, figure(found, "x", measure).status) == (None, status)
    silent = find([utterance(name, ["x"], {"clean": 0}, words=0, duration_s=float("nan")) for name in "ab"])
    statuses = {
        "utterance_mean_wer": Status.NO_REFERENCE_WORDS,
        "capped_wer": Status.NO_REFERENCE_WORDS,
        "design_effect": Status.NO_REFERENCE_WORDS,
        "share_above_one": Status.NO_REFERENCE_WORDS,
        "empty_insertions_per_minute": Status.NO_DURATION,
    }
    for measure, status in statuses.items():
        assert (figure(silent, "x", measure).value, figure(silent, "x", measure).status) == (None, status)
    assert figure(silent, "x", "share_runaway").value == 0
    nameless = find([utterance(None, ["x"], {"clean": errors}) for errors in (1, 2)])
    assert figure(nameless, "x", "design_effect").status is Status.NO_SPEAKERS
    alike = find([utterance(name, ["x"], {"clean": 5}) for name in "ab"])
    assert figure(alike, "x", "design_effect").status is Status.NO_SPREAD
    absent = find([utterance("a", ["x"], {"clean": 3}), utterance("b", ["y"], {})])
    assert figure(absent, "y", "share_runaway").status is Status.NO_UTTERANCES


def ran_away(speaker: str, *, is_so: bool, words: int = 2) -> dict[str, object]:
    """An utterance into which ten words were put that nobody said, or none."""
    return utterance(speaker, ["x"], {"clean": words + 10 if is_so else 0}, words=words)


def test_shares_of_utterances_have_the_intervals_of_rates_over_speakers() -> None:
    rng = np.random.default_rng(3)
    each = [(f"s{n}", bool(rng.random() < 0.05 * (n + 1))) for n in range(12) for _ in range(4 + n)]
    empty = [(f"s{n}", n < 3) for n in range(12)]
    found = find(
        [ran_away(name, is_so=away) for name, away in each]
        + [ran_away(name, is_so=away, words=0) for name, away in empty]
    )
    # As if every utterance were a word, and wrong where it ran away.
    for measure, counted in (("share_above_one", each), ("share_runaway", each + empty)):
        rates = find([utterance(name, ["x"], {"clean": int(away)}, words=1) for name, away in counted])
        row, same = figure(found, "x", measure), figure(rates, "x", "wer")
        assert (row.value, row.low, row.high, row.method) == (same.value, same.low, same.high, same.method)
        assert 0 < row.low < row.value < row.high


def test_a_share_of_utterances_that_was_never_seen_has_an_upper_bound() -> None:
    found = find([ran_away(f"s{n}", is_so=False) for n in range(10) for _ in range(20)])
    row = figure(found, "x", "share_runaway")
    assert (row.value, row.status) == (0.0, Status.NO_ERRORS)
    assert row.high == pytest.approx(10 / 200 * (0.05 ** (-1 / 10) - 1))  # as of errors


@pytest.fixture(scope="module")
def edacc(shared_data: Path) -> Findings:
    """Everything said of EdAcc by accent."""
    rows, counts = edacc_tables(shared_data)
    people = rows[["utterance_id"]].assign(speaker=rows["speaker_id"], duration_s=float("nan"))
    people["accent"] = [(accent,) for accent in rows["accent"]]
    return analyse(
        counts.sample(frac=1, random_state=1),
        people,
        no_losses(),
        [ACCENT],
        Plan(references={"accent": Reference(group="Mainstream US English", reason="as published")}),
        headline="whisper_en",
        expected=[("clean", str(counts["system"].iloc[0]))],
    )


@pytest.mark.shared
def test_edacc_ranks_groups_differently_pooled_and_by_utterance(edacc: Findings) -> None:
    # Methods section 1.
    groups = [group.name for group in edacc.dimensions[0].groups]
    pooled, means = (
        {group: figure(edacc, group, measure).value for group in groups}
        for measure in ("wer", "utterance_mean_wer")
    )
    assert means["Mainstream US English"] == pytest.approx(0.470, abs=1e-3)
    assert means["Jamaican English"] == pytest.approx(0.431, abs=1e-3)
    assert pooled["Mainstream US English"] == pytest.approx(0.173, abs=1e-3)
    assert pooled["Jamaican English"] == pytest.approx(0.227, abs=1e-3)
    assert (max(pooled, key=pooled.get), max(means, key=means.get)) == ("Vietnamese", "Spanish")


@pytest.mark.shared
def test_design_effects_on_edacc_are_those_of_the_methods(edacc: Findings) -> None:
    # Section 2: within 5 % of what is rounded there to two figures or one.
    published = {
        "Jamaican English": (17, 0), "Vietnamese": (14, 0), "Indian English": (9, 0), "Irish English": (7, 0),
        "Mainstream US English": (3.0, 1), "Nigerian English": (0.8, 1), "Spanish": (0.5, 1),
    }  # fmt: skip
    for group, (value, digits) in published.items():
        found = figure(edacc, group, "design_effect").value
        assert found == pytest.approx(value, abs=0.5 * 10.0**-digits + 0.05 * value)


@pytest.mark.shared
def test_edacc_has_the_published_loops_and_empty_references(edacc: Findings, shared_data: Path) -> None:
    published = json.loads((shared_data / "edacc_whisper_turbo/published_summary.json").read_text())
    loops = {group: each["count"] for group, each in published["hallucination_loops_by_group"].items()}
    groups = [group.name for group in edacc.dimensions[0].groups]
    found = {group: figure(edacc, group, "n_runaway").value for group in groups}
    assert {group: count for group, count in found.items() if count} == loops
    assert figure(edacc, "all", "n_runaway").value == sum(loops.values()) == 6
    assert figure(edacc, "all", "share_runaway").value == pytest.approx(6 / 5087)
    empty = [figure(edacc, "all", f"empty_{what}").value for what in ("references", "reference_insertions")]
    assert empty == [269, 451]
