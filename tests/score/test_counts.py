import pandas as pd
import pytest

from asr_fair.errors import AsrFairError
from asr_fair.score.counts import CHARACTERS, COUNT_COLUMNS, WORDS, count_errors, of_unit
from asr_fair.score.normalise import Normaliser, load_normaliser

REFERENCES = pd.DataFrame({"utterance_id": ["u1", "u2", "u3"], "reference": ["Twenty ten.", "", "it's fine"]})


def transcripts(*rows: tuple[str, str, str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["utterance_id", "condition", "system", "text"], dtype=object)


def test_counts_stand_beside_their_keys_in_the_order_of_the_transcripts() -> None:
    table = transcripts(
        ("u3", "clean", "s", "it is fine"), ("u1", "noise@0dB", "s", "2011 a"), ("u1", "clean", "s", "2010")
    )
    counts = count_errors(REFERENCES, table, [load_normaliser("whisper_en"), load_normaliser("basic")])
    counts = counts.drop(columns="wrong_language")
    assert of_unit(counts, WORDS).values.tolist() == [
        ["u3", "clean", "s", "whisper_en", "word", 0, 0, 0, 3],
        ["u1", "noise@0dB", "s", "whisper_en", "word", 1, 0, 1, 0],
        ["u1", "clean", "s", "whisper_en", "word", 0, 0, 0, 1],
        ["u3", "clean", "s", "basic", "word", 1, 0, 0, 2],  # "it s fine" against "it is fine"
        ["u1", "noise@0dB", "s", "basic", "word", 2, 0, 0, 0],
        ["u1", "clean", "s", "basic", "word", 1, 1, 0, 0],
    ]
    assert of_unit(counts, CHARACTERS).values.tolist() == [
        ["u3", "clean", "s", "whisper_en", "char+space", 0, 0, 0, 10],  # "it is fine"
        ["u1", "noise@0dB", "s", "whisper_en", "char+space", 1, 0, 2, 3],  # "2010", "2011 a"
        ["u1", "clean", "s", "whisper_en", "char+space", 0, 0, 0, 4],
        ["u3", "clean", "s", "basic", "char+space", 0, 0, 1, 9],
        ["u1", "noise@0dB", "s", "basic", "char+space", 5, 4, 0, 1],  # "twenty ten", "2011 a": the space
        ["u1", "clean", "s", "basic", "char+space", 4, 6, 0, 0],
    ]
    assert (counts.dtypes.iloc[-4:] == "int64").all()


def test_empty_transcript_is_all_deletions_never_perfect() -> None:
    counts = count_errors(REFERENCES, transcripts(("u1", "clean", "s", "")), [load_normaliser("basic")])
    assert counts[list(COUNT_COLUMNS)].values.tolist() == [[0, 2, 0, 0], [0, 10, 0, 0]]


def test_empty_reference_keeps_its_insertions() -> None:
    counts = count_errors(REFERENCES, transcripts(("u2", "clean", "s", "so so")), [load_normaliser("basic")])
    assert counts[list(COUNT_COLUMNS)].values.tolist() == [[0, 0, 2, 0], [0, 0, 5, 0]]


def test_lost_outcomes_have_no_row() -> None:
    table = transcripts(("u1", "clean", "s", None), ("u2", "clean", "s", ""))
    counts = count_errors(REFERENCES, table, [load_normaliser("basic")])
    assert set(counts["utterance_id"]) == {"u2"}


def test_no_transcripts_give_an_empty_table_with_all_columns() -> None:
    counts = count_errors(REFERENCES, transcripts(), [load_normaliser("basic")])
    assert counts.empty
    assert list(counts.columns)[-5:] == ["substitutions", "deletions", "insertions", "hits", "wrong_language"]


def test_transcript_without_reference_is_refused() -> None:
    with pytest.raises(AsrFairError, match="'u9'"):
        count_errors(REFERENCES, transcripts(("u9", "clean", "s", "x")), [load_normaliser("basic")])


def test_one_normaliser_serves_both_sides_and_sees_a_reference_once() -> None:
    seen: list[str] = []

    def shout(text: str) -> str:
        seen.append(text)
        return text.upper()

    table = transcripts(*[("u1", condition, "s", "twenty TEN.") for condition in ("clean", "a", "b")])
    counts = count_errors(REFERENCES, table, [Normaliser("shout", "1", None, shout)])
    assert counts["hits"].tolist() == [2, 2, 2, 11, 11, 11]
    assert seen.count("Twenty ten.") == 1


def test_progress_adds_up_to_all_transcripts() -> None:
    steps: list[int] = []
    table = transcripts(*[("u1", f"c{i}", "s", "x") for i in range(5_003)])
    count_errors(REFERENCES, table, [load_normaliser("basic")], progress=steps.append)
    assert sum(steps) == 5_003
    assert len(steps) == 2


def test_counts_made_before_there_were_characters_count_words() -> None:
    old = pd.DataFrame({"utterance_id": ["u1"], "hits": [3]})
    assert of_unit(old, WORDS) is old
    assert of_unit(old, CHARACTERS).empty


def test_wrong_language_is_known_where_one_was_detected_and_it_is_known_what_was_spoken() -> None:
    references = REFERENCES.assign(language=["en", None, "en-GB"])
    table = transcripts(*[(f"u{n}", at, "s", "x") for n in (1, 2, 3) for at in ("a", "b", "c")])
    table["language"] = ["en", "cy", None, "en", "cy", None, "EN_us", "de", None]
    counts = of_unit(count_errors(references, table, [load_normaliser("basic")]), WORDS)
    assert counts["wrong_language"].astype(object).where(counts["wrong_language"].notna(), None).tolist() == [
        False, True, None, None, None, None, False, True, None,
    ]  # fmt: skip


def test_units_that_are_not_asked_for_are_not_counted() -> None:
    table = transcripts(("u3", "clean", "s", "it is fine"), ("u1", "clean", "s", "2010"))
    whole = count_errors(REFERENCES, table, [load_normaliser("basic")])
    words = count_errors(REFERENCES, table, [load_normaliser("basic")], units=[WORDS])
    pd.testing.assert_frame_equal(words, of_unit(whole, WORDS))


def test_counts_are_the_same_however_many_parts_they_are_made_in(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(f"u{n % 3 + 1}", f"c{n}", "s", f"it is 20{n % 5} fine") for n in range(20)]
    normalisers = [load_normaliser("whisper_en"), load_normaliser("raw")]
    whole = count_errors(REFERENCES, transcripts(*rows), normalisers)
    monkeypatch.setattr("asr_fair.score.counts.PROGRESS_STEP", 3)
    pd.testing.assert_frame_equal(count_errors(REFERENCES, transcripts(*rows), normalisers), whole)
