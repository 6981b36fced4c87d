"""What is shown of thin groups."""

from __future__ import annotations

import pytest
from fairness_tables import LIMITS
from hypothesis import example, given
from hypothesis import strategies as st

from asr_fair.fairness.display import (
    Flag,
    Visibility,
    as_expected,
    flags,
    for_card,
    for_report,
    visibility,
)
from asr_fair.fairness.display import shows as shows_of
from asr_fair.fairness.results import DimensionInfo, Figure, GroupInfo

HIDDEN, COUNTS, INDICATIVE, FULL = Visibility


def group(name: str, n_speakers: int | None, n_words: int = 5000, share: float | None = 0.1) -> GroupInfo:
    kind = "reserved" if name in ("declined", "unknown") else "declared"
    return GroupInfo(
        name=name,
        kind=kind,
        n_speakers=n_speakers,
        n_utterances=0 if n_speakers == 0 else 50,
        n_words=n_words,
        n_speakers_expected=n_speakers,
        n_utterances_expected=50,
        largest_speaker_share=share,
    )


def dimension(**n_speakers: int | None) -> DimensionInfo:
    groups = tuple(group(name, number) for name, number in n_speakers.items())
    return DimensionInfo(name="accent", title="Accent", source="self_report", level="speaker", groups=groups)


def shows(row: Figure, seen: dict[str, Visibility], dimension: DimensionInfo) -> bool:
    return shows_of(row, seen, dimension, LIMITS)


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


def test_card_hides_a_third_group_where_two_are_too_few_people_together():
    seen = for_card(dimension(a=40, b=2, c=12, d=2), LIMITS)
    assert seen == {"a": FULL, "b": HIDDEN, "c": HIDDEN, "d": HIDDEN}


def heard(name: str, n_heard: int, n_speakers: int = 6) -> GroupInfo:
    """A group of so many people, of whom so many said a word."""
    words = {"n_speakers_with_words": n_heard, "n_words": 5000 if n_heard else 0}
    return group(name, n_speakers).model_copy(update=words)


def together(*groups: GroupInfo) -> DimensionInfo:
    return dimension().model_copy(update={"groups": groups})


@pytest.mark.parametrize("rule", [for_report, for_card])
@pytest.mark.parametrize("n_heard", range(1, 7))
def test_six_people_of_whom_some_spoke_are_shown_as_those_some_would_be(rule, n_heard):
    rest = group("a", 40), group("d", 12)
    assert rule(together(heard("b", n_heard), *rest), LIMITS) == rule(
        together(group("b", n_heard), *rest), LIMITS
    )


def test_card_hides_the_next_smallest_by_who_said_a_word():
    seen = for_card(together(group("a", 40), heard("b", 2), heard("c", 8, 30), group("d", 20)), LIMITS)
    assert seen == {"a": FULL, "b": HIDDEN, "c": HIDDEN, "d": FULL}


def test_people_without_words_conceal_no_hidden_group():
    # Everyone less a and d is b and c: six people, of whom four spoke.
    seen = for_card(together(group("a", 40), heard("b", 2), heard("c", 2, 4), group("d", 20)), LIMITS)
    assert seen == {"a": FULL, "b": HIDDEN, "c": HIDDEN, "d": HIDDEN}


def test_group_without_words_conceals_only_one_that_may_be_shown():
    limits = LIMITS.model_copy(update={"card_min_speakers": 3})
    seen = for_card(together(group("a", 40), heard("b", 0), group("c", 4), group("d", 20)), limits)
    assert seen == {"a": FULL, "b": HIDDEN, "c": COUNTS, "d": HIDDEN}


def test_losses_are_told_by_people_whether_or_not_they_said_a_word():
    whole = together(heard("b", 2), group("a", 40))
    assert for_report(as_expected(whole), LIMITS)["b"] is INDICATIVE


def test_flags_count_who_said_a_word():
    assert flags(heard("b", 6, 40), LIMITS) == (Flag.INDICATIVE,)


def test_group_without_data_hides_no_other():
    assert for_card(dimension(a=40, c=0), LIMITS) == {"a": FULL, "c": HIDDEN}


@given(
    sizes=st.lists(st.integers(0, 15), min_size=1, max_size=7),
    errors=st.lists(st.integers(1, 10**6), min_size=7, max_size=7),
)
@example(sizes=[40, 2, 0, 12], errors=[4, 300, 1, 90, 1, 1, 1])  # c lost: all but a and d would be b
def test_everyone_less_the_groups_on_the_card_is_no_hidden_group(sizes, errors):
    groups = dict(zip("abcdefg", sizes, strict=False))
    seen = for_card(dimension(**groups), LIMITS)
    shown = [name for name in groups if seen[name] >= INDICATIVE]
    n_errors = {name: count if groups[name] else 0 for name, count in zip(groups, errors, strict=False)}
    left = sum(n_errors.values()) - sum(n_errors[name] for name in shown)
    people = sum(groups.values()) - sum(groups[name] for name in shown)
    if sum(sizes) >= LIMITS.card_min_speakers:  # else everyone together is hidden
        assert left not in {n_errors[name] for name in groups if name not in shown} - {0}
        assert people == 0 or people >= LIMITS.card_min_speakers


def test_losses_are_told_by_the_size_of_the_manifest():
    lost = group("b", 0).model_copy(update={"n_speakers_expected": 6})
    whole = dimension(a=40).model_copy(update={"groups": (group("a", 40), lost, group("c", 2))})
    assert for_report(whole, LIMITS) == {"a": FULL, "b": HIDDEN, "c": HIDDEN}
    assert for_report(as_expected(whole), LIMITS) == {"a": FULL, "b": INDICATIVE, "c": HIDDEN}


def test_card_with_everyone_above_the_limit_hides_nobody():
    assert set(for_card(dimension(a=40, b=5), LIMITS).values()) == {FULL, INDICATIVE}


def test_card_asks_for_more_speakers_where_its_limit_is_higher():
    limits = LIMITS.model_copy(update={"card_min_speakers": 10})
    assert for_card(dimension(a=40, b=30, c=9), limits) == {"a": FULL, "b": HIDDEN, "c": HIDDEN}


def test_card_shows_nobody_where_speakers_are_not_known():
    assert set(for_card(dimension(a=None, b=None), LIMITS).values()) == {HIDDEN}


def test_ratio_to_a_hidden_reference_is_not_shown():
    groups = dimension(a=40, b=2)
    seen = for_report(groups, LIMITS)
    assert shows(row("a", None), seen, groups)
    assert not shows(row("a", "b"), seen, groups)
    assert not shows(row("b", "a"), seen, groups)


def test_rest_that_is_a_hidden_group_is_not_shown():
    alone, among_others = dimension(a=40, b=2, declined=20), dimension(a=40, b=2, c=20)
    assert not shows(row("a", "rest"), for_report(alone, LIMITS), alone)
    assert shows(row("a", "rest"), for_report(among_others, LIMITS), among_others)


def test_rest_does_not_undo_complementary_suppression():
    # Everyone less a less its rest is exactly those who declined, who are hidden together with b.
    groups = dimension(a=40, b=12, c=20, declined=2)
    seen = for_card(groups, LIMITS)
    assert seen == {"a": FULL, "b": HIDDEN, "c": FULL, "declined": HIDDEN}
    assert not shows(row("a", "rest"), seen, groups)
    assert shows(row("a", "c"), seen, groups)


def test_lost_group_hides_no_other_in_the_rest():
    # Without e, of which nothing is left, the rest of a less c is b alone.
    groups = dimension(a=40, b=4, c=20, e=0, declined=4, unknown=4)
    seen = for_card(groups, LIMITS)
    assert not shows(row("a", "rest"), seen, groups)
    among_two = dimension(a=40, b=4, c=20, e=3, declined=4, unknown=4)
    assert shows(row("a", "rest"), for_card(among_two, LIMITS), among_two)


def test_flags_name_few_words_a_dominant_speaker_and_unknown_speakers():
    assert flags(group("a", 20), LIMITS) == ()
    assert flags(group("a", 20, n_words=999, share=0.3), LIMITS) == (Flag.FEW_WORDS, Flag.DOMINANT_SPEAKER)
    assert flags(group("a", 20, n_words=1000, share=0.25), LIMITS) == ()
    assert flags(group("a", 20, share=0.2501), LIMITS) == (Flag.DOMINANT_SPEAKER,)
    assert flags(group("a", 6), LIMITS) == (Flag.INDICATIVE,)
    assert flags(group("a", None, share=None), LIMITS) == (Flag.NO_SPEAKERS,)
