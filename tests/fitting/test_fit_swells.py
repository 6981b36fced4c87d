from __future__ import annotations

import numpy as np
import pytest

from asr_fair.fitting.fit import fit
from asr_fair.fitting.swells import missing_swells
from asr_fair.recipes.sources import Cyclic
from fitting.made import RATE_HZ, in_octaves, time_s, white


def _swelling(rate_hz: float, depth: float, duration_s: float = 12) -> np.ndarray:
    """White noise of which the power goes up and down as a sine."""
    swing = 1 + depth * np.sin(2 * np.pi * rate_hz * time_s(duration_s))
    return (0.05 * white(duration_s) * np.sqrt(swing)).astype(np.float32)


STEADY = (0.05 * white(12, seed=9)).astype(np.float32)


@pytest.mark.parametrize(("rate_hz", "depth"), [(0.5, 0.5), (2.0, 0.45), (7.3, 0.6), (13.17, 0.9)])
def test_a_swell_that_the_other_sound_lacks_is_found(rate_hz: float, depth: float) -> None:
    (swell,) = missing_swells(_swelling(rate_hz, depth), STEADY)
    assert swell.rate_hz == pytest.approx(rate_hz, rel=0.02)
    # The window over which power is measured (32 ms) takes a little off the fastest.
    assert swell.depth == pytest.approx(depth, abs=0.15)


def test_a_swell_that_both_have_is_not_missing() -> None:
    assert missing_swells(_swelling(2.0, 0.6), _swelling(2.0, 0.5)) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_level_that_wanders_does_not_swell(seed: int) -> None:
    rng = np.random.default_rng(seed)
    level_db = np.interp(time_s(20), np.arange(41) / 2, 3 * rng.standard_normal(41))
    noise = in_octaves({125: 0, 500: -5, 2000: -10}, 20, seed) * 10 ** (level_db / 20)
    assert missing_swells((0.05 * noise / noise.std()).astype(np.float32), STEADY) == []


def test_a_wail_is_named_with_its_period() -> None:
    hz = 500 * 3.3 ** np.abs(2 * (time_s(20) / 5 % 1) - 1)
    wail = (0.1 * np.sin(2 * np.pi * np.cumsum(hz) / RATE_HZ)).astype(np.float32)
    assert 1 / missing_swells(wail, STEADY)[0].rate_hz == pytest.approx(5, rel=0.02)


def test_noise_that_swells_by_3_db_is_found_as_cyclic() -> None:
    swelling = _swelling(2.0, 0.33, 20)
    cyclic = next(each for each in fit(swelling, measured_from="test").sources if isinstance(each, Cyclic))
    assert cyclic.period_s == pytest.approx(0.5, rel=0.01)
