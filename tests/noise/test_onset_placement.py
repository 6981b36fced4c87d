"""Where a sound meets the speech, and that nothing is too short for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_fair.noise.scene import Scene, draw_onset_s

from .made_sources import ALARM, ALL, CYCLIC, IMPULSES, TONES, Base, Mask, made, onset_of, runs_of

RANDOM_HITS = {**IMPULSES, "timing": "random"}
BURST_SAMPLES = [
    (TONES, 1600, 1600),
    ({**TONES, "jitter": 0.1}, 1600, 1600),
    (ALARM, 16_000, 1600),
    (CYCLIC, 3200, 3200),
    ({**CYCLIC, "jitter": 0.17}, 3200, 3200),
    (IMPULSES, 1600, 1600),
    (RANDOM_HITS, 1600, 1600),
]
"""A source, the samples of its whole burst, and those of the burst's first unbroken sound."""


@st.composite
def speech_masks(draw: st.DrawFn) -> Mask:
    """Silence and speech in turn, in all 1 sample to some seconds."""
    lengths = draw(st.lists(st.integers(1, 20_000), min_size=1, max_size=6))
    begins_active = draw(st.booleans())
    return np.concatenate(
        [np.full(length, (number % 2 == 0) == begins_active) for number, length in enumerate(lengths)]
    )


@settings(max_examples=150, deadline=None)
@given(speech=speech_masks(), utterance=st.text(max_size=4), recipe=st.sampled_from(BURST_SAMPLES))
def test_a_whole_burst_or_its_onset_lies_in_active_speech(
    speech: Mask, utterance: str, recipe: tuple[Base, int, int]
) -> None:
    base, burst, unbroken = recipe
    noise = made(base, speech=speech, draw=utterance)
    onset = onset_of(noise)
    active = np.flatnonzero(speech)
    if not active.size:
        assert onset == 0
        return
    assert speech[onset]
    assert noise.sounding[onset : onset + unbroken - 1].all()
    if active[-1] + 1 - active[0] >= burst:
        assert onset + burst <= active[-1] + 1
    else:
        assert onset == active[0]


@settings(max_examples=60, deadline=None)
@given(speech=speech_masks(), recipe=st.sampled_from(BURST_SAMPLES[:5]))
def test_nothing_is_heard_where_it_does_not_sound(speech: Mask, recipe: tuple[Base, int, int]) -> None:
    noise = made(recipe[0], speech=speech)
    assert not noise.samples[~noise.sounding].any()
    assert noise.samples.shape == noise.sounding.shape == speech.shape


@pytest.mark.parametrize("base", ALL, ids=lambda base: base["kind"])
@pytest.mark.parametrize("n_samples", [1, 2, 15, 16, 401])
@pytest.mark.parametrize("active", [False, True])
def test_no_utterance_is_too_short_or_too_silent(base: Base, n_samples: int, active: bool) -> None:
    noise = made(base, speech=np.full(n_samples, active))
    assert noise.samples.shape == noise.sounding.shape == (n_samples,)
    assert noise.samples.dtype == np.float32
    assert np.isfinite(noise.samples).all()
    assert noise.sounding.any()


def test_all_moments_of_one_period_are_equally_likely() -> None:
    speech = np.zeros(48_000, dtype=bool)
    speech[8000:12_000] = speech[20_000:44_000] = True
    # A period of 2 s reaches from 0.5 s to 2.5 s; a burst of 0.4 s fits up to 2.35 s. 4000 + 17 600 samples.
    onsets_s = [
        draw_onset_s(Scene(speech), 2.0, 0.4, np.random.default_rng(number)) for number in range(2000)
    ]
    assert sum(onset_s < 1.0 for onset_s in onsets_s) == pytest.approx(2000 * 4000 / 21_600, abs=52)
    counts, _ = np.histogram([onset_s for onset_s in onsets_s if onset_s > 1.0], bins=4, range=(1.25, 2.35))
    assert counts.min() > counts.sum() / 4 - 55  # 3 standard deviations
    assert max(onsets_s) <= 2.35
    assert min(onsets_s) >= 0.5


def test_one_period_holds_each_of_its_samples_and_not_the_next_ones_first() -> None:
    scene = Scene(np.ones(3000, dtype=bool))
    drawn = {draw_onset_s(scene, 3 / 16_000, 0.0, np.random.default_rng(number)) for number in range(60)}
    assert drawn == {0.0, 1 / 16_000, 2 / 16_000}


def test_a_burst_that_just_fits_begins_with_the_speech_and_one_sample_more_gives_a_choice() -> None:
    speech = np.zeros(3000, dtype=bool)
    speech[100:1700] = True
    drawn = {draw_onset_s(Scene(speech), 9.0, 1600 / 16_000, np.random.default_rng(n)) for n in range(30)}
    assert drawn == {100 / 16_000}
    speech[1700] = True
    drawn = {draw_onset_s(Scene(speech), 9.0, 1600 / 16_000, np.random.default_rng(n)) for n in range(30)}
    assert drawn == {100 / 16_000, 101 / 16_000}


@pytest.mark.parametrize(("base", "period_s", "length_s"), [(TONES, 0.25, 0.5), (ALARM, 2.0, 4.0)])
def test_offsets_differ_between_utterances_and_cover_the_period(
    base: Base, period_s: float, length_s: float
) -> None:
    onsets_s = [made(base, speech=length_s, draw=f"u{number}").onset_s for number in range(200)]
    assert len({*onsets_s}) > 190
    counts, _ = np.histogram(onsets_s, bins=4, range=(0, period_s))
    assert counts.sum() == 200
    assert counts.min() > 30  # 50 expected; 30 is 3.3 standard deviations below


@pytest.mark.parametrize("base", [base for base, *_ in BURST_SAMPLES], ids=lambda base: base["kind"])
def test_speech_of_one_sample_meets_an_onset_at_any_time(base: Base) -> None:
    for at in range(16_300, 16_350):  # some of these, as seconds and back, lie just above themselves
        speech = np.zeros(at + 1, dtype=bool)
        speech[at] = True
        assert made(base, speech=speech).sounding[at]


def test_pulses_before_the_placed_one_have_already_begun() -> None:
    speech = np.zeros(32_000, dtype=bool)
    speech[24_000:] = True
    noise = made(TONES, speech=speech)
    assert runs_of(noise.sounding)[0][0] < 4000
