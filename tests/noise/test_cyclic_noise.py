"""Noise that comes and goes: its envelope, measured."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from asr_fair.audio.level import rms_db
from asr_fair.records import SAMPLE_RATE_HZ

from .made_sources import CYCLIC, made, whole_runs_of


def test_each_period_sounds_for_its_duty() -> None:
    noise = made(CYCLIC, speech=10.0)
    runs = whole_runs_of(noise.sounding)
    assert len(runs) >= 19
    np.testing.assert_allclose(np.diff([begin for begin, _ in runs]), 8000, atol=1)
    np.testing.assert_allclose([end - begin for begin, end in runs], 3200, atol=1)
    assert not noise.samples[~noise.sounding].any()


def test_it_rises_and_falls_linearly() -> None:
    noise = made(CYCLIC, speech=200.0, rise_s=0.08, fall_s=0.04)
    pulses = np.stack([noise.samples[begin : begin + 3190] for begin, _ in whole_runs_of(noise.sounding)])
    envelope = np.sqrt(np.mean(pulses.astype(np.float64) ** 2, axis=0))  # over some 400 pulses
    full = envelope[1400:2400].mean()
    for at, share in [(320, 0.25), (640, 0.5), (960, 0.75), (2880, 0.5)]:
        assert envelope[at - 20 : at + 20].mean() / full == pytest.approx(share, rel=0.05)


def test_what_sounds_at_rest_has_its_level_and_does_not_count() -> None:
    noise = made(CYCLIC, speech=30.0, rise_s=0, fall_s=0, rest_db=-12)
    rest_db, sounding_db = (rms_db(noise.samples[mask]) for mask in (~noise.sounding, noise.sounding))
    assert rest_db - sounding_db == pytest.approx(-12, abs=0.3)
    assert noise.sounding.mean() == pytest.approx(0.4, abs=0.01)


def test_it_never_falls_below_rest_on_its_way() -> None:
    quiet, loud = (made(CYCLIC, speech=5.0, rest_db=rest_db) for rest_db in (-80, 0))
    assert (np.abs(quiet.samples) <= np.abs(loud.samples) + 1e-6).all()
    np.testing.assert_allclose(rms_db(loud.samples), rms_db(loud.samples[loud.sounding]), atol=0.2)


def test_jitter_is_the_standard_deviation_of_an_onset() -> None:
    noise = made(CYCLIC, speech=300.0, jitter=0.1)
    begins_s = np.array([begin for begin, _ in whole_runs_of(noise.sounding)]) / SAMPLE_RATE_HZ
    assert noise.onset_s is not None
    periods = (begins_s - noise.onset_s) / 0.5
    assert len(periods) > 590
    assert (periods - np.rint(periods)).std() == pytest.approx(0.1, rel=0.06)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rise_s": 0.15, "fall_s": 0.06}, r"do not fit into the sounding 0\.2 s"),
        ({"jitter": 0.18}, r"at most 0\.173"),
        ({"period_s": 0.01, "duty": 0.05}, "a pulse lasts"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        made(CYCLIC, **changes)
