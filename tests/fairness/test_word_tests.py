"""Which words go wrong more often in one group: by speaker, against exact enumeration and simulations."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from asr_fair.fairness.counting.words import Kind, Sides, word_rows
from asr_fair.fairness.permutations.word_tests import Untested, WordTest, by_kind, word_tests
from asr_fair.fairness.resampling.multiplicity import benjamini_hochberg
from asr_fair.score.align import count_word_errors
from asr_fair.score.normalise import load_normaliser
from asr_fair.score.word_pairs import PairedWords, WordPair, pair_words, pairs_of

Counted = list[tuple[int, int]]
"""Of each speaker: times wrong, times said."""


def paired(words: dict[str, Counted], heard: str = "") -> PairedWords:
    """One utterance a speaker; a wrong word became `heard`, where that is empty it was left out."""
    entries = [
        (speaker, WordPair(word, reading), times)
        for word, counts in words.items()
        for speaker, (wrong, said) in enumerate(counts)
        for reading, times in ((heard, wrong), (word, said - wrong))
        if times
    ]
    pairs = sorted({pair for _, pair, _ in entries})
    place = {pair: number for number, pair in enumerate(pairs)}
    return PairedWords(
        utterance_ids=pd.Index([f"u{speaker}" for speaker in range(max(map(len, words.values())))]),
        pairs=tuple(pairs),
        utterance=np.array([speaker for speaker, _, _ in entries]),
        pair=np.array([place[pair] for _, pair, _ in entries]),
        times=np.array([times for _, _, times in entries]),
    )


def sides(n_group: int, n_rest: int) -> Sides:
    speakers = np.arange(n_group + n_rest)
    return Sides(speakers, speakers < n_group, speakers >= n_group)


def run_tests(words: dict[str, Counted], n_group: int, **options: object) -> dict[str, WordTest]:
    n_speakers = max(map(len, words.values()))
    found = word_tests(
        paired(words), sides(n_group, n_speakers - n_group), within=False, seed=1, purpose="test", **options
    )
    return {test.row.reference: test for test in found if test.row.kind is Kind.WORD}


def enumerated_p(counts: Counted, n_group: int) -> float:
    """By hand: every choice of speakers as the group, by the studentised difference of pooled rates."""
    values = np.array([each for each in counts if each[1]], float)

    def side(own: np.ndarray) -> tuple[float, float]:
        errors, said = own.sum(axis=0)
        rate = errors / said
        moves = (own[:, 0] - rate * own[:, 1]) / said
        return rate, len(own) / (len(own) - 1) * float((moves**2).sum())

    def statistic(members: tuple[int, ...]) -> float:
        is_member = np.isin(np.arange(len(values)), members)
        (rate, variance), (other, other_variance) = side(values[is_member]), side(values[~is_member])
        if abs(rate - other) < 1e-12:
            return 0.0
        spread = variance + other_variance
        return float(np.sign(rate - other) * np.inf) if spread < 1e-15 else (rate - other) / spread**0.5

    null = [statistic(members) for members in combinations(range(len(values)), n_group)]
    seen = statistic(tuple(range(n_group)))
    return float(
        np.mean([each >= seen - 1e-9 * abs(seen) if np.isfinite(seen) else each >= seen for each in null])
    )


def test_pairs_add_up_to_the_counts_of_the_same_alignment() -> None:
    rng = np.random.default_rng(3)
    vocabulary = np.array(list("abcde"))
    for _ in range(200):
        reference, heard = (list(rng.choice(vocabulary, rng.integers(0, 9))) for _ in range(2))
        found, counts = pairs_of(reference, heard), count_word_errors(reference, heard)
        assert sum(times for pair, times in found.items() if pair.is_right) == counts.hits
        assert sum(times for pair, times in found.items() if not pair.reference) == counts.insertions
        assert sum(times for pair, times in found.items() if not pair.hypothesis) == counts.deletions
        said = Counter(dict.fromkeys(reference, 0))
        for pair, times in found.items():
            if pair.reference:
                said[pair.reference] += times
        assert said == Counter(reference)


def test_words_are_paired_by_utterance_under_the_normaliser() -> None:
    references = pd.DataFrame({"utterance_id": ["b", "a"], "reference": ["Bring the tray.", "Um, yes"]})
    transcripts = pd.DataFrame({"utterance_id": ["a", "b"], "text": ["yes please", "ring the tray"]})
    found = pair_words(references, transcripts, load_normaliser("whisper_en"))
    own = {
        (found.utterance_ids[u], *found.pairs[p]): int(n)
        for u, p, n in zip(found.utterance, found.pair, found.times, strict=True)
    }
    assert own == {
        ("a", "yes", "yes"): 1,
        ("a", "", "please"): 1,
        ("b", "bring", "ring"): 1,
        ("b", "the", "the"): 1,
        ("b", "tray", "tray"): 1,
    }


def test_rows_hold_how_often_each_speaker_said_a_word_and_got_it_wrong() -> None:
    words = {"tray": [(1, 2), (0, 1), (0, 0), (2, 3), (0, 4)], "room": [(0, 5)] * 5}
    found = list(word_rows(paired(words, heard="train"), sides(2, 3)))
    assert [(row.kind, row.reference, row.hypothesis) for row in found] == [
        (Kind.WORD, "tray", None),
        (Kind.CONFUSION, "tray", "train"),
    ]
    for row in found:
        assert (row.group.n_wrong, row.group.n_said, row.group.n_speakers) == (1, 3, 2)
        assert (row.rest.n_wrong, row.rest.n_said, row.rest.n_speakers) == (2, 7, 2)
        assert row.n_speakers_wrong == 2


def test_insertions_are_told_per_reference_word_of_those_who_said_any() -> None:
    entries = paired({"yes": [(0, 4), (0, 2), (0, 6)]})
    pairs = (WordPair("", "thanks"), *entries.pairs)
    found = PairedWords(
        entries.utterance_ids,
        pairs,
        np.append(entries.utterance, 1),
        np.append(entries.pair + 1, 0),
        np.append(entries.times, 3),
    )
    (row,) = word_rows(found, sides(2, 1))
    assert (row.kind, row.hypothesis, row.group.n_wrong, row.group.n_said) == (Kind.INSERTION, "thanks", 3, 6)


@pytest.mark.parametrize(
    "counts",
    [
        [(2, 2), (1, 1), (3, 4), (0, 2), (1, 5), (0, 1), (0, 3)],
        [(1, 1), (1, 1), (1, 1), (0, 1), (0, 1), (0, 1)],
        [(0, 3), (1, 9), (0, 1), (2, 2), (0, 6), (1, 1), (0, 0), (3, 8)],
        [(5, 9), (0, 1), (2, 7), (0, 2), (1, 4), (2, 2), (0, 8), (1, 1)],
    ],
)
def test_p_of_few_speakers_is_that_of_every_choice_of_them(counts: Counted) -> None:
    test = run_tests({"tray": counts}, 3)["tray"]
    assert test.exact
    assert test.p == pytest.approx(enumerated_p(counts, 3))


def test_three_against_three_all_wrong_and_all_right_is_one_arrangement_in_twenty() -> None:
    test = run_tests({"tray": [(1, 1)] * 3 + [(0, 1)] * 3}, 3)["tray"]
    assert test.p == pytest.approx(1 / 20)


def test_drawn_p_agrees_with_enumeration(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    said = rng.integers(1, 6, 14)
    counts = list(zip(rng.binomial(said, np.where(np.arange(14) < 5, 0.45, 0.2)), said, strict=True))
    exact = run_tests({"tray": counts}, 5)["tray"]
    monkeypatch.setattr("asr_fair.fairness.permutations.units.MOST_ENUMERATED", 10)
    drawn = run_tests({"tray": counts}, 5)["tray"]
    assert exact.exact
    assert not drawn.exact
    assert drawn.p == pytest.approx(exact.p, abs=4 * (exact.p * (1 - exact.p) / 1000) ** 0.5)


def test_what_too_few_speakers_said_is_not_tested_and_says_why() -> None:
    right, wrong = (0, 2), (1, 2)
    found = run_tests(
        {
            "group": [wrong, wrong, (0, 0), *[wrong] * 4],
            "rest": [wrong] * 3 + [wrong, wrong, (0, 0), (0, 0)],
            "wrong": [wrong, wrong, right, *[right] * 4],
            "fine": [wrong] * 3 + [right] * 4,
        },
        3,
    )
    assert found["group"].untested is Untested.FEW_SAID_IN_GROUP
    assert found["rest"].untested is Untested.FEW_SAID_IN_REST
    assert found["wrong"].untested is Untested.FEW_WRONG
    assert found["fine"].untested is None
    assert all((each.p is None) == (each.untested is not None) for each in found.values())


def test_adjustment_is_benjamini_hochberg_over_all_rows_tested() -> None:
    rng = np.random.default_rng(5)
    words = {f"w{number}": [(int(rng.binomial(4, 0.3)), 4) for _ in range(12)] for number in range(30)}
    rows = [
        each
        for each in word_tests(paired(words), sides(4, 8), within=False, seed=1, purpose="x")
        if each.p is not None
    ]
    assert len(rows) > 30  # words and what was heard in their place
    assert [each.adjusted for each in rows] == pytest.approx(benjamini_hochberg([each.p for each in rows]))


def simulate(
    seed: int, *, n_group: int, n_speakers: int, planted: float, n_words: int
) -> dict[str, WordTest]:
    """Speakers with rates and amounts of their own; word w0 goes wrong with `planted` more in the group."""
    rng = np.random.default_rng(seed)
    own_rate = 0.12 * np.exp(rng.normal(0, 0.5, n_speakers) - 0.125)
    words = {}
    for number in range(n_words):
        said = rng.poisson(rng.lognormal(1.0, 0.7, n_speakers))
        rate = own_rate + (planted if number == 0 else 0.0) * (np.arange(n_speakers) < n_group)
        words[f"w{number}"] = list(zip(rng.binomial(said, np.minimum(rate, 0.95)), said, strict=True))
    return run_tests(words, n_group)


def test_of_exchangeable_speakers_words_have_p_below_5_percent_no_more_often_than_that() -> None:
    found = [
        test
        for seed in range(30)
        for test in simulate(seed, n_group=4, n_speakers=11, planted=0.0, n_words=30).values()
    ]
    p = np.array([test.p for test in found if test.p is not None])
    assert len(p) > 400
    for level in (0.05, 0.2):
        # The words of one speaker go together, so twice the binomial standard error, twice.
        assert (p <= level).mean() <= level + 4 * (level * (1 - level) / len(p)) ** 0.5


def test_a_planted_word_is_found_first() -> None:
    found = simulate(1, n_group=7, n_speakers=15, planted=0.7, n_words=20)
    first = by_kind(found.values())[Kind.WORD][0]
    assert first.row.reference == "w0"
    assert first.adjusted is not None
    assert first.adjusted <= 0.05
    assert first.excess > 0


def within_counts(group: Counted, rest: Counted) -> list[WordTest]:
    """Speakers whose first utterance is in the group and whose second is not."""
    n = len(group)
    made = paired({"tray": [*group, *rest]})
    speakers = np.tile(np.arange(n), 2)
    is_group = np.arange(2 * n) < n
    found = word_tests(made, Sides(speakers, is_group, ~is_group), within=True, seed=1, purpose="x")
    return [each for each in found if each.row.kind is Kind.WORD]


def test_a_tag_that_varies_within_speakers_flips_each_speakers_two_sides() -> None:
    (test,) = within_counts([(1, 1)] * 5, [(0, 1)] * 5)
    assert test.exact
    assert test.p == pytest.approx(1 / 2**5)  # one-sided: all five the same way


def test_a_speaker_on_one_side_alone_says_nothing_within_speakers() -> None:
    (few,) = within_counts(
        [(1, 1)] * 2 + [(1, 1)] * 3 + [(0, 0)] * 2, [(0, 1)] * 2 + [(0, 0)] * 3 + [(1, 1)] * 2
    )
    assert few.untested is Untested.FEW_SAID_ON_BOTH


def test_the_group_with_the_lower_rate_is_never_found() -> None:
    test = run_tests({"tray": [(0, 4)] * 5 + [(3, 4)] * 9}, 5)["tray"]
    assert test.p == pytest.approx(1.0)
    assert test.excess < 0
