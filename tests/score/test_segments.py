"""Segments counted by utterance add up to the test over all of them, from texts to NIST's figures."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from asr_fair.records import SystemPair
from asr_fair.score.counts import count_errors
from asr_fair.score.matched_pairs import SegmentSums, matched_pairs_of, place_errors, segments, sum_segments
from asr_fair.score.normalise import load_normaliser
from asr_fair.score.segments import SEGMENT_COLUMNS, count_segments, with_errors

RAW = load_normaliser("raw")
AB = SystemPair("clean", "a", "b")
SENTENCE = ["please", "bring", "the", "second", "tray", "to", "room", "nine", "before", "the", "round"]


def transcripts(texts: dict[tuple[str, str, str], str]) -> pd.DataFrame:
    rows = [(*key, text) for key, text in texts.items()]
    return pd.DataFrame(rows, columns=["utterance_id", "condition", "system", "text"])


def references(texts: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame({"utterance_id": list(texts), "reference": list(texts.values())})


def summed(found: pd.DataFrame) -> SegmentSums:
    return SegmentSums(*(int(found[name].sum()) for name in SegmentSums._fields))


def heard(n: int, *, systems: str = "abc", conditions: tuple[str, ...] = ("clean", "hum")) -> pd.DataFrame:
    """Words lost, changed and added at random."""
    rng = np.random.default_rng(8)
    texts = {}
    for number in range(n):
        for condition in conditions:
            for system in systems:
                kept = [word if rng.random() > 0.2 else "oops" for word in SENTENCE if rng.random() > 0.1]
                texts[f"u{number}", condition, system] = " ".join(kept)
    return transcripts(texts)


def read_texts(path: Path) -> dict[str, tuple[str, str]]:
    """Reference and transcript of each sentence in NIST's sgml format."""
    found = {}
    for name, body in re.findall(r'<PATH id="([^"]+)"[^>]*>\s*(.*?)\s*</PATH>', path.read_text(), re.DOTALL):
        said, understood = [], []
        operations = re.findall(r'(?:^|:)([CSDI]),"?([^,"]*)"?,"?([^,"]*)"?', body, re.MULTILINE)
        for kind, reference, hypothesis in operations:
            said.append(reference)
            # A broken-off word is right whatever was recognised.
            is_broken_off = kind == "C" and reference.startswith("(")
            understood.append(reference if is_broken_off else hypothesis)
        found[name] = (" ".join(filter(None, said)), " ".join(filter(None, understood)))
    return found


@pytest.mark.shared
def test_nists_figures_come_from_its_texts(shared_data: Path) -> None:
    read = [read_texts(shared_data / "mapsswe" / f"file{number}.sgml") for number in (1, 2)]
    said = {name: reference for name, (reference, _) in read[0].items()}
    assert said == {name: reference for name, (reference, _) in read[1].items()}
    texts = {
        (name, "clean", system): text
        for system, own in zip("ab", read, strict=True)
        for name, (_, text) in own.items()
    }
    found = matched_pairs_of(summed(count_segments(references(said), transcripts(texts), RAW, [AB])))
    assert (found.n_segments, found.errors) == (3, (9, 7))
    assert (round(found.mean, 3), round(found.sd, 3), round(found.z, 3)) == (0.667, 0.577, 2.000)


def test_every_pair_and_condition_has_the_segments_of_its_own_transcripts() -> None:
    table = heard(30)
    said = references({f"u{number}": " ".join(SENTENCE) for number in range(30)})
    pairs = [
        SystemPair(condition, *names) for condition in ("clean", "hum") for names in combinations("abc", 2)
    ]
    found = count_segments(said, table.sample(frac=1, random_state=1), RAW, pairs)
    assert tuple(found.columns) == SEGMENT_COLUMNS
    for pair in pairs:
        own = found[(found[list(SystemPair._fields)] == list(pair)).all(axis=1)]
        one, other = (
            [
                text.split()
                for text in table.query(f"condition == {pair.condition!r} and system == {system!r}")["text"]
            ]
            for system in pair[1:]
        )
        # One by one, each utterance ending its last segment.
        found_by_utterance = [
            errors
            for texts in zip(one, other, strict=True)
            for errors in segments(*(place_errors(SENTENCE, text) for text in texts))
        ]
        assert len(one) == 30
        assert summed(own) == sum_segments(found_by_utterance)


def test_what_was_right_in_all_systems_is_left_out_and_changes_nothing() -> None:
    said = references({f"u{number}": " ".join(SENTENCE) for number in range(30)})
    table = heard(30, conditions=("clean",))
    right = table["utterance_id"].isin([f"u{number}" for number in range(20)])
    table.loc[right, "text"] = " ".join(SENTENCE)
    chosen = with_errors(table, count_errors(said, table, [RAW]), "raw")
    assert set(chosen["utterance_id"]) == {f"u{number}" for number in range(20, 30)}
    pd.testing.assert_frame_equal(
        count_segments(said, chosen, RAW, [AB]), count_segments(said, table, RAW, [AB])
    )


def test_an_utterance_that_one_system_lost_has_no_segments() -> None:
    said = references({"u0": "a b c", "u1": "a b c"})
    texts = {("u0", "clean", "a"): "x b c", ("u1", "clean", "a"): "x y c", ("u1", "clean", "b"): "a b c"}
    found = count_segments(said, transcripts(texts), RAW, [AB])
    assert found["utterance_id"].tolist() == ["u1"]
    assert summed(found) == (1, 2, 0, 4)


def test_no_errors_no_rows() -> None:
    said = references({"u0": "a b c"})
    table = transcripts({("u0", "clean", "a"): "a b c", ("u0", "clean", "b"): "a b c"})
    found = count_segments(said, table, RAW, [AB])
    assert found.empty
    assert tuple(found.columns) == SEGMENT_COLUMNS
