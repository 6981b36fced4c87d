"""Names of a table and of files: matched loosely, and only where nothing else could be meant."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_fair.manifest.matching import Matches, match_names, tokens

ENDINGS = frozenset({".wav", ".flac", ".mp3"})


def match(names: list[str], files: list[str], **options: bool) -> Matches:
    return match_names(names, files, endings=ENDINGS, **options)


@pytest.mark.parametrize(
    ("name", "file", "overlooked"),
    [
        ("day1/anna 1.wav", "day1/anna 1.wav", "as written"),
        ("Mu\u0308ller.wav", "M\u00fcller.wav", "Unicode form"),
        ("ANNA.WAV", "anna.wav", "upper and lower case"),
        ("Groß.wav", "gross.wav", "upper and lower case"),
        ("anna", "anna.wav", "ending"),
        ("anna.mp3", "Anna.FLAC", "ending"),
        ("anna.v2", "anna.v2.wav", "ending"),
        ("Anna Maria_2", "anna-maria-2.WAV", "spaces and signs"),
        ("Ward7_03", "ward 7 03.wav", "spaces and signs"),
        ("3", "003.wav", "leading zeros"),
        ("p1-2", "P01_002.wav", "leading zeros"),
        ("C:\\Studie\\Tag 1\\anna.wav", "tag_1/anna.wav", "spaces and signs"),
        ("anna.wav", "2026/day1/anna.wav", "as written"),
        ("किरण", "किरण.wav", "ending"),
    ],
)
def test_a_name_means_its_recording_however_it_is_written(name: str, file: str, overlooked: str) -> None:
    matches = match([name], [file, "other.wav"])
    assert matches.file_of == {0: 0}
    assert matches.form_of == {0: overlooked}
    assert matches.files_alone == (1,)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("1-01.wav", "10-1.wav"),
        ("anna.wav", "anna2.wav"),
        ("day2/anna.wav", "day1/anna.wav"),
        ("10", "1.wav"),
        ("किरण", "करण.wav"),
        ("!.wav", "?.wav"),
        ("", "anna.wav"),
    ],
)
def test_another_name_is_not_taken(name: str, file: str) -> None:
    matches = match([name], [file])
    assert (matches.file_of, matches.rows_alone, matches.files_alone) == ({}, (0,), (0,))


def test_what_could_mean_two_recordings_is_refused() -> None:
    matches = match(["anna 1", "bob"], ["anna-1.wav", "anna_1.wav", "bob.wav"])
    assert matches.file_of == {1: 2}
    assert matches.ambiguous == {0: (0, 1)}
    assert matches.files_alone == ()  # the two are named with the row that may mean them


def test_an_exact_name_is_not_drowned_by_similar_ones() -> None:
    matches = match(["anna-1.wav", "12", "012"], ["anna-1.wav", "anna_1.wav", "12.wav", "012.wav"])
    assert matches.file_of == {0: 0, 1: 2, 2: 3}


def test_of_two_rows_that_mean_one_recording_the_stricter_gets_it_and_equals_none() -> None:
    matches = match(["012", "12"], ["012.wav"])
    assert (matches.file_of, matches.ambiguous) == ({0: 0}, {1: (0,)})
    matches = match(["anna", "anna"], ["anna.wav"])
    assert (matches.file_of, matches.ambiguous) == ({}, {0: (0,), 1: (0,)})
    assert match(["anna", "anna"], ["anna.wav"], shared=True).file_of == {0: 0, 1: 0}


def test_folders_tell_recordings_of_one_name_apart() -> None:
    files = ["a/day1/001.wav", "a/day2/001.wav", "002.wav", "b/002.wav"]
    matches = match(["day1/1", "DAY2\\001", "001", "002.wav", "x/b/002.wav"], files)
    assert matches.file_of == {0: 0, 1: 1, 3: 2, 4: 3}
    assert matches.ambiguous == {2: (0, 1)}


def test_folders_that_differ_are_overlooked_only_when_asked() -> None:
    assert match(["audio/anna.wav"], ["day1/anna.wav"]).rows_alone == (0,)
    assert match(["audio/anna.wav"], ["day1/anna.wav"], whole_folders=False).file_of == {0: 0}


def test_numbers_stay_apart_and_words_do_not() -> None:
    assert tokens("Anna-Maria 1_02") == ("annamaria", "1", "02")
    assert tokens("1.5") != tokens("15")


@given(st.lists(st.text("aAüß01 _-", min_size=1, max_size=5).filter(str.strip), unique=True, max_size=12))
def test_whatever_the_names_every_one_is_accounted_for_once_and_each_finds_itself(names: list[str]) -> None:
    files = [unicodedata.normalize("NFD", name) for name in names]
    matches = match(names, files)
    accounted = sorted([*matches.file_of, *matches.ambiguous, *matches.rows_alone])
    assert accounted == list(range(len(names)))
    assert len(set(matches.file_of.values())) == len(matches.file_of)
    exact = match(names, names)
    assert exact.file_of == {position: position for position in range(len(names))}
