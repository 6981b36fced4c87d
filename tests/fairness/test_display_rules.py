"""What is shown of thin groups."""

from __future__ import annotations

import pytest
from fairness_tables import LIMITS

from asr_fair.fairness.display import Flag, Visibility, flags, for_card, for_report, shows, visibility
from asr_fair.fairness.results import DimensionInfo, Figure, GroupInfo

HIDDEN, COUNTS, INDICATIVE, FULL = Visibility


def group(name: str, n_speakers: int | None, n_words: int = 5000, share: float | None = 0.1) -> GroupInfo:
    kind = "reserved" if name in ("declined", "unknown") else "declared"
    return GroupInfo(
        name=name,
        kind=kind,
        n_speakers=n_speakers,
        n_utterances=50,
        n_words=n_words,
        largest_speaker_share=share,
    )


def dimension(**n_speakers: int | None) -> DimensionInfo:
    groups = tuple(group(name, number) for name, number in n_speakers.items())
    return DimensionInfo(name="accent", title="Accent", source="self_report", level="speaker", groups=groups)


def row(name: str, versus: str | None) -> Figure:
    return Figure(
        dimension="accent",
        group=name,
        condition="clean",
        system="tiny",
        normaliser="basic",
        measure="wer_ratio",
        value=1.0,
        versus=versus,
        n_speakers=9,
        n_utterances=9,
        n_words=9,
    )


@pytest.mark.parametrize(
    ("n_speakers", "n_words", "expected"),
    [
        (2, 5000, HIDDEN),
        (3, 5000, COUNTS),
        (4, 5000, COUNTS),
        (5, 5000, INDICATIVE),
        (9, 5000, INDICATIVE),
        (10, 299, INDICATIVE),
        (10, 300, FULL),
        (None, 5000, INDICATIVE),
    ],
)
def test_thresholds_of_the_published_rules(n_speakers, n_words, expected):
    assert visibility(n_speakers, n_words, LIMITS) is expected


def test_reserved_groups_follow_the_same_thresholds():
    seen = for_report(dimension(Scottish=12, declined=4, unknown=1), LIMITS)
    assert seen == {"Scottish": FULL, "declined": COUNTS, "unknown": HIDDEN}


def test_card_hides_the_next_smallest_with_a_single_hidden_group():
    seen = for_card(dimension(a=40, b=4, c=12, d=6), LIMITS)
    assert seen == {"a": FULL, "b": HIDDEN, "c": FULL, "d": HIDDEN}


def test_card_hides_no_third_group_where_two_are_hidden():
    seen = for_card(dimension(a=40, b=4, c=12, d=2), LIMITS)
    assert seen == {"a": FULL, "b": HIDDEN, "c": FULL, "d": HIDDEN}


def test_card_with_everyone_above_the_limit_hides_nobody():
    assert set(for_card(dimension(a=40, b=5), LIMITS).values()) == {FULL, INDICATIVE}


def test_card_asks_for_more_speakers_where_its_limit_is_higher():
    limits = LIMITS.model_copy(update={"card_min_speakers": 10})
    assert for_card(dimension(a=40, b=30, c=9), limits) == {"a": FULL, "b": HIDDEN, "c": HIDDEN}


def test_card_shows_nobody_where_speakers_are_not_known():
    assert set(for_card(dimension(a=None, b=None), LIMITS).values()) == {HIDDEN}


def test_ratio_to_a_hidden_reference_is_not_shown():
    seen = for_report(dimension(a=40, b=2), LIMITS)
    assert shows(row("a", None), seen)
    assert not shows(row("a", "b"), seen)
    assert not shows(row("b", "a"), seen)


def test_rest_that_is_a_hidden_group_is_not_shown():
    assert not shows(row("a", "rest"), for_report(dimension(a=40, b=2, declined=20), LIMITS))
    assert shows(row("a", "rest"), for_report(dimension(a=40, b=2, c=20), LIMITS))


def test_rest_does_not_undo_complementary_suppression():
    # Everyone less a less its rest is exactly those who declined, who are hidden together with b.
    seen = for_card(dimension(a=40, b=12, c=20, declined=2), LIMITS)
    assert seen == {"a": FULL, "b": HIDDEN, "c": FULL, "declined": HIDDEN}
    assert not shows(row("a", "rest"), seen)
    assert shows(row("a", "c"), seen)


def test_flags_name_few_words_a_dominant_speaker_and_unknown_speakers():
    assert flags(group("a", 20), LIMITS) == ()
    assert flags(group("a", 20, n_words=999, share=0.3), LIMITS) == (Flag.FEW_WORDS, Flag.DOMINANT_SPEAKER)
    assert flags(group("a", 20, share=0.25), LIMITS) == ()
    assert flags(group("a", 6), LIMITS) == (Flag.INDICATIVE,)
    assert flags(group("a", None, share=None), LIMITS) == (Flag.NO_SPEAKERS,)
