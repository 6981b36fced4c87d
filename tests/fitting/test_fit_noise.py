from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from asr_fair.fitting.fit import fit
from asr_fair.fitting.noise_part import measure_noise
from asr_fair.fitting.spectrum import band_powers
from asr_fair.recipes.sources import Broadband, Cyclic, Tones
from fitting.made import RATE_HZ, gate, harmonic_tone, in_octaves, mixed, regular, white

VENTILATION_DB = {63: 0, 125: -2, 250: -5, 500: -9, 1000: -14, 2000: -20, 4000: -28}


def _third_octave_db(sound: np.ndarray, centre_hz: float) -> float:
    """By a Butterworth band-pass, as a sound level meter does it."""
    edges = [centre_hz * 10**-0.05, min(centre_hz * 10**0.05, 7990)]
    band = sosfilt(butter(6, edges, "band", fs=RATE_HZ, output="sos"), sound)
    return 10 * math.log10(np.mean(band[RATE_HZ:] ** 2))


@pytest.mark.parametrize("centre_hz", [63, 100, 250, 500, 1000, 2000, 4000])
def test_a_band_has_the_level_that_a_filter_measures(centre_hz: float) -> None:
    noise = (0.05 * in_octaves(VENTILATION_DB, 20)).astype(np.float32)
    measured_db = 10 * math.log10(band_powers(noise)[centre_hz])
    assert measured_db == pytest.approx(_third_octave_db(noise, centre_hz), abs=1)


def test_all_bands_together_hold_all_the_power() -> None:
    noise = (0.05 * white(10)).astype(np.float32)
    share = sum(band_powers(noise).values()) / np.mean(noise**2)
    assert share == pytest.approx((8000 - 22.4) / 8000, rel=0.01)


@pytest.mark.parametrize("snr_db", [10.0, 20.0, 30.0])
@pytest.mark.parametrize("duty", [0.35, 1.0])
def test_the_floor_below_tones_is_within_2_db_in_each_band(snr_db: float, duty: float) -> None:
    envelope = gate(regular(3.7, 15), duty / 3.7, 15) if duty < 1 else np.ones(15 * RATE_HZ)
    tones = harmonic_tone(617.3, [0, -6, -10, -8, -15], 15) * envelope
    floor = in_octaves(VENTILATION_DB, 15)
    both = mixed(tones, floor, snr_db, envelope)
    found = fit(both, measured_from="test")
    (broadband,) = [each for each in found.sources if isinstance(each, Broadband)]
    assert broadband.level_db == pytest.approx(-snr_db, abs=1)
    floor /= np.sqrt(np.mean(floor**2))
    loudest_db = max(_third_octave_db(floor, centre_hz) for centre_hz in broadband.bands_db)
    checked = [63, 80, 125, 200, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500]
    fitted_db = [broadband.bands_db[centre_hz] for centre_hz in checked]
    true_db = [_third_octave_db(floor, centre_hz) - loudest_db for centre_hz in checked]
    assert fitted_db == pytest.approx(true_db, abs=2)


@pytest.mark.parametrize(
    ("period_s", "duty", "rise_s", "fall_s", "floor_db"),
    [(0.27, 0.35, 0.005, 0.005, 15.0), (1.37, 0.4, 0.1, 0.2, 10.0), (4.0, 0.5, 0.4, 0.6, 20.0)],
)
def test_pulsed_noise_is_found_with_its_rate_duty_and_level(
    period_s: float, duty: float, rise_s: float, fall_s: float, floor_db: float
) -> None:
    envelope = gate(regular(1 / period_s, 20), duty * period_s, 20, rise_s, fall_s)
    pulsed = in_octaves({500: -3, 1000: 0, 2000: -3}, 20) * envelope
    both = mixed(pulsed, in_octaves({125: 0, 250: -3, 500: -6, 1000: -9}, 20, seed=5), floor_db, envelope)
    cyclic, broadband = fit(both, measured_from="test").sources
    assert isinstance(cyclic, Cyclic)
    assert isinstance(broadband, Broadband)
    assert cyclic.period_s == pytest.approx(period_s, rel=0.02)
    assert cyclic.duty == pytest.approx(duty, abs=0.04)
    assert broadband.level_db - cyclic.level_db == pytest.approx(-floor_db, abs=1.5)
    shape_db = [cyclic.bands_db[500] - cyclic.bands_db[1000], cyclic.bands_db[2000] - cyclic.bands_db[1000]]
    assert shape_db == pytest.approx([-3, -3], abs=2)


@pytest.mark.parametrize("sd_db", [0.0, 2.0, 4.0])
def test_a_wandering_level_is_measured_and_is_no_pulsing(sd_db: float) -> None:
    steps_db = np.random.default_rng(4).standard_normal(61) * sd_db
    level_db = np.interp(np.arange(30 * RATE_HZ) / RATE_HZ, np.arange(61) / 2, steps_db)
    noise = (0.02 * in_octaves(VENTILATION_DB, 30) * 10 ** (level_db / 20)).astype(np.float32)
    found = measure_noise(noise, [], [])
    assert found.cyclic is None
    assert found.variation_db == pytest.approx(level_db.std() if sd_db else 0, abs=0.5)


def test_tones_and_noise_that_pulse_at_rates_of_their_own_are_told_apart() -> None:
    tone_gate, noise_gate = gate(regular(3.7, 20), 0.1, 20), gate(regular(0.73, 20), 0.55, 20, 0.1, 0.2)
    sound = harmonic_tone(617.3, [0, -6], 20) * tone_gate
    sound += 2 * in_octaves({2000: 0}, 20) / np.std(in_octaves({2000: 0}, 20)) * noise_gate
    found = fit(mixed(sound, white(20), 25), measured_from="test")
    tones = next(each for each in found.sources if isinstance(each, Tones))
    cyclic = next(each for each in found.sources if isinstance(each, Cyclic))
    assert tones.repetition_hz == pytest.approx(3.7, rel=0.02)
    assert 1 / cyclic.period_s == pytest.approx(0.73, rel=0.02)
