"""Levels measured in the output, and the same samples whoever makes them."""

from __future__ import annotations

import hashlib
import math
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr_fair.audio.decode import load_audio
from asr_fair.conditions.mix import mix_at_snr
from asr_fair.conditions.plan import RENDER_VERSION, Condition, Outline, condition_of, expand_conditions
from asr_fair.conditions.render import render
from asr_fair.config import Grid
from asr_fair.errors import AudioError
from asr_fair.pipeline.sounds import ready_conditions
from asr_fair.recipes.library import folders
from asr_fair.records import SAMPLE_RATE_HZ, AudioSource, Samples

from .recipes import (
    ALARM,
    TONES,
    alarm_at,
    noise_condition,
    profile_of,
    source_of,
    steady_speech,
    tones_at,
)

SNRS_DB = (-10, -5, 0, 2.5, 10, 20, 30)


def rms_db_of(samples: Samples) -> float:
    return 10 * math.log10(float(np.mean(samples.astype(np.float64) ** 2)))


def pulses_by_hand(
    onset_s: float, period_s: float, onsets_s: list[float], pulse_s: float, n: int
) -> np.ndarray:
    """True inside the pulses, a sample's width away from their edges."""
    time_s = np.arange(n) / SAMPLE_RATE_HZ
    mask = np.zeros(n, dtype=bool)
    for burst in range(-2, math.ceil(n / SAMPLE_RATE_HZ / period_s) + 1):
        for after_s in onsets_s:
            begin_s = onset_s + burst * period_s + after_s
            mask |= (time_s >= begin_s - 1e-9) & (time_s < begin_s + pulse_s - 1e-9)
    return mask


@pytest.mark.parametrize("snr_db", SNRS_DB)
@pytest.mark.parametrize("kind", ["tones", "alarm"])
def test_the_snr_found_in_the_output_is_the_one_asked_for(kind: str, snr_db: float) -> None:
    speech = steady_speech(40.0)
    condition = tones_at(snr_db) if kind == "tones" else alarm_at(snr_db)
    mixture, record = render(speech, "u1", condition, 1)
    noise = mixture.astype(np.float64) - speech
    period_s, onsets_s = (0.25, [0.0]) if kind == "tones" else (2.0, [0, 0.15, 0.3, 0.6, 0.75, 0.9])
    assert record.offset_s is not None
    sounding = pulses_by_hand(record.offset_s, period_s, onsets_s, 0.1, len(speech))
    assert np.abs(noise[~sounding]).max() < 1e-7
    speech_level_db = 20 * math.log10(0.05 / math.sqrt(2))
    found_db = speech_level_db - rms_db_of(noise[sounding])
    assert found_db == pytest.approx(snr_db, abs=0.1)
    assert record.snr_sounding_db == pytest.approx(found_db, abs=0.05)
    assert record.snr_whole_db == pytest.approx(speech_level_db - rms_db_of(noise), abs=0.05)
    share = {"tones": 0.4, "alarm": 0.3}[kind]
    assert record.snr_whole_db - snr_db == pytest.approx(-10 * math.log10(share), abs=0.15)
    assert (record.snr_asked_db, record.clipped_share) == (snr_db, 0.0)


def test_pauses_do_not_change_the_noise() -> None:
    """A talker who pauses for half of the time gets noise of the level that a fluent one gets."""
    fluent = steady_speech(20.0)
    halting = np.concatenate([fluent, np.zeros_like(fluent)])
    records = [render(samples, "u1", tones_at(5), 1)[1] for samples in (fluent, halting)]
    assert records[0].noise_gain_db == pytest.approx(records[1].noise_gain_db, abs=0.05)


def test_clean_returns_the_same_array() -> None:
    speech = steady_speech(1.0)
    samples, record = render(speech, "u1", condition_of(Outline(), None, None), 1)
    assert samples is speech
    assert (record.condition, record.profile, record.snr_asked_db, record.clipped_share) == (
        "clean",
        None,
        None,
        0.0,
    )


def test_what_goes_beyond_full_scale_is_clipped_and_counted() -> None:
    speech = steady_speech(5.0, peak=0.5)
    mixture, record = render(speech, "u1", tones_at(-10), 1)
    assert np.abs(mixture).max() == 1.0
    assert record.clipped_share == pytest.approx(np.mean(np.abs(mixture) == 1.0), abs=1e-4)
    assert record.clipped_share > 0.1
    quiet = np.abs(mixture) < 1  # elsewhere nothing was scaled: the speech is still there as it was
    outside = quiet & (mixture == speech)
    assert outside.mean() > 0.5
    assert record.snr_sounding_db == pytest.approx(-10, abs=0.1)  # at the point of mixing


def test_the_inputs_are_left_alone() -> None:
    speech = steady_speech(2.0)
    before = speech.copy()
    render(speech, "u1", alarm_at(0), 1)
    np.testing.assert_array_equal(speech, before)


def test_silent_speech_is_refused_with_its_reason() -> None:
    with pytest.raises(
        AudioError, match="utterance 'u7': condition test@5dB: the speech is silent"
    ) as caught:
        render(np.zeros(16_000, np.float32), "u7", tones_at(5), 1)
    assert caught.value.reason == "silent"


def test_silent_noise_is_refused_with_its_reason() -> None:
    speech = steady_speech(1.0)
    nothing = np.zeros_like(speech)
    for sounding in (np.ones(len(speech), dtype=bool), np.zeros(len(speech), dtype=bool)):
        with pytest.raises(AudioError, match="the noise is silent"):
            mix_at_snr(speech, -29.0, nothing, sounding, 5)


def shipped_conditions() -> tuple[Condition, ...]:
    grid = Grid(profile=("scanner", "alarm"), snr_db=(0, 10))
    return ready_conditions(expand_conditions(["clean", grid], folders(None)), [])


RENDER_ELSEWHERE = """
import hashlib, pickle, sys
from asr_fair.conditions.render import render
speech, jobs = pickle.load(sys.stdin.buffer)
for utterance_id, condition in jobs:
    samples, record = render(speech, utterance_id, condition, 3)
    print(hashlib.sha256(samples.tobytes()).hexdigest(), repr(record))
"""


def test_another_process_in_another_order_makes_the_same_samples() -> None:
    speech = steady_speech(2.3)
    jobs = [(f"ü{number}", condition) for number in range(4) for condition in shipped_conditions()]
    here = []
    for utterance_id, condition in jobs:
        samples, record = render(speech, utterance_id, condition, 3)
        here.append(f"{hashlib.sha256(samples.tobytes()).hexdigest()} {record!r}")
    for order in (jobs[::-1], jobs[7:] + jobs[:7]):
        elsewhere = subprocess.run(
            [sys.executable, "-c", RENDER_ELSEWHERE],
            input=pickle.dumps((speech, order)),
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": "77", "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"},
        ).stdout.decode()
        assert sorted(elsewhere.splitlines()) == sorted(here)


def test_utterance_and_seed_change_the_noise_and_the_snr_only_its_level() -> None:
    speech = steady_speech(2.0)
    renders = [
        render(speech, utterance_id, tones_at(5), seed)
        for utterance_id, seed in [("u1", 1), ("u2", 1), ("u1", 2)]
    ]
    assert len({samples.tobytes() for samples, _ in renders}) == 3
    assert len({record.offset_s for _, record in renders}) == 3
    louder, record = render(speech, "u1", tones_at(-15), 1)
    assert record.offset_s == renders[0][1].offset_s
    np.testing.assert_allclose(louder - speech, 10 * (renders[0][0] - speech), atol=1e-5)


OCTAVES_DB = {250: 0, 500: -3, 1000: -6}
PINNED: dict[str, dict[str, Any]] = {
    "tones": TONES,
    "alarm": ALARM,
    "sweep": {"low_hz": 400, "high_hz": 900, "period_s": 1.5, "shape": "sine", "harmonics_db": [0, -6]},
    "broadband": {"octave_db": OCTAVES_DB, "variation_db": 3},
    "cyclic": {
        "octave_db": OCTAVES_DB,
        "period_s": 1.2,
        "duty": 0.5,
        "rise_s": 0.1,
        "fall_s": 0.1,
        "jitter": 0.1,
    },
    "impulses": {
        "octave_db": OCTAVES_DB,
        "per_minute": 90,
        "decay_s": 0.3,
        "modes_hz": [700],
        "spread_db": 3,
    },
}
SOUND_OF_VERSION_3 = {  # two samples, the mean magnitude, the offset in seconds
    "tones": [0.10465799, -0.03683252, 0.03519289, 0.2486875],
    "alarm": [0.04912537, -0.0321306, 0.03487295, 1.81375],
    "sweep": [0.07984708, -0.07176077, 0.03990065, None],
    "broadband": [0.05969415, -0.04292021, 0.03947556, None],
    "cyclic": [0.04912537, -0.04903141, 0.03746939, 1.1091875],
    "impulses": [0.01601644, -0.04403111, 0.03319798, 2.629],
}


@pytest.mark.parametrize("kind", PINNED)
def test_a_change_of_the_sound_needs_a_new_render_version(kind: str) -> None:
    """If this fails because the sound changed, raise RENDER_VERSION and renew the figures."""
    assert RENDER_VERSION == 3
    condition = noise_condition(profile_of(source_of({"kind": kind, **PINNED[kind]})), 0)
    samples, record = render(steady_speech(3.0), "u1", condition, 1)
    found = [*samples[[17_007, 40_013]].tolist(), np.abs(samples).mean(), record.offset_s]
    assert found == pytest.approx(SOUND_OF_VERSION_3[kind], abs=1e-6)


def test_a_handset_is_used_and_its_digest_names_what_made_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through `render`, what lies above the band is gone; and another FFmpeg is another condition."""
    grid = [Grid(handset=("landline",)), Grid(room=("bay",)), Grid(room=("bay",), handset=("landline",))]
    phone, room, both = ready_conditions(expand_conditions(grid, folders(None)), [])
    hiss = 0.05 * np.sin(2.6 * np.arange(SAMPLE_RATE_HZ)).astype(np.float32)  # 6.6 kHz
    heard, record = render(steady_speech(1.0) + hiss, "u1", phone, 1)
    power = np.abs(np.fft.rfft(heard)) ** 2
    assert power[4000:].sum() < 1e-3 * power.sum()
    assert (record.handset, record.codec) == ("landline", "g711_ulaw 64 kbit/s")
    assert len({phone.digest, room.digest, both.digest}) == 3
    monkeypatch.setattr("asr_fair.handsets.chain.metadata.version", lambda name: f"{name} 99")
    renewed = ready_conditions(expand_conditions(grid, folders(None)), [])
    same = [one.digest == other.digest for one, other in zip((phone, room, both), renewed, strict=True)]
    assert same == [False, True, False]


@pytest.mark.shared
def test_real_speech_keeps_the_snr_asked_for(shared_data: Path) -> None:
    paths = sorted((shared_data / "speechocean762" / "WAVE").rglob("*.[wW][aA][vV]"))[::50]
    assert len(paths) >= 5
    for path in paths:
        speech = load_audio(AudioSource(path.stem, str(path)))
        for condition in shipped_conditions()[1:]:
            mixture, record = render(speech, path.stem, condition, 1)
            assert record.snr_sounding_db == pytest.approx(condition.snr_db, abs=0.1)
            assert len(mixture) == len(speech)
            assert not np.array_equal(mixture, speech)
