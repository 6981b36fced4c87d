"""Profiles of several sources, and that a draw belongs to nothing but its utterance."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from asr_fair.audio.level import rms_db
from asr_fair.noise.scene import Noise
from asr_fair.noise.synth import NoiseBed, synthesise
from asr_fair.recipes.profile import Profile
from asr_fair.seed import rng_for

from .made_sources import ALARM, ALL, BROADBAND, TONES, profile_of, source_of

STEADY = {**TONES, "duty": 1, "ramp_s": 0, "harmonics_db": [0]}


def heard(profile: Profile, n_samples: int = 32_000, utterance_id: str = "u1") -> Noise:
    bed = NoiseBed(profile, (None,) * len(profile.sources))
    return synthesise(bed, np.ones(n_samples, dtype=bool), seed=1, utterance_id=utterance_id, speaker=None)


def test_sources_keep_their_relative_levels() -> None:
    low = source_of(STEADY, fundamental_hz=400)
    high = source_of(STEADY, fundamental_hz=3000, level_db=-12)
    spectrum = np.abs(np.fft.rfft(heard(profile_of(low, high), 16_000).samples))
    assert 20 * np.log10(spectrum[3000] / spectrum[400]) == pytest.approx(-12, abs=0.01)


def test_the_level_of_what_pulses_is_that_of_its_sounding_part() -> None:
    hiss = source_of(BROADBAND, octave_db={4000: 0})
    hum = source_of(TONES, fundamental_hz=300, harmonics_db=[0], duty=0.1, ramp_s=0, level_db=3)
    noise = heard(profile_of(hiss, hum), 64_000)
    spectrum = np.abs(np.fft.rfft(noise.samples)) ** 2
    low, high = spectrum[: 64_000 // 8].sum(), spectrum[64_000 // 8 :].sum()  # below and above 2 kHz
    assert 10 * np.log10(low / high) == pytest.approx(3 - 10, abs=0.2)  # duty 0.1 is 10 dB


def test_a_profile_sounds_where_any_of_its_sources_does() -> None:
    noise = heard(profile_of(source_of(TONES), source_of(ALARM)))
    assert not noise.samples[~noise.sounding].any()
    assert 0.4 < noise.sounding.mean() < 1


def test_a_source_added_leaves_the_others_as_they_were() -> None:
    alone = heard(profile_of(source_of(TONES)))
    both = heard(profile_of(source_of(TONES), source_of(BROADBAND, level_db=-100)))
    assert alone.onset_s == both.onset_s
    assert rms_db(both.samples - alone.samples) == pytest.approx(-100, abs=1)


def test_another_process_makes_the_same_samples() -> None:
    profile = profile_of(*(source_of(base) for base in ALL), source_of(BROADBAND, variation_db=3))
    code = (
        "import json, sys, hashlib, numpy as np\n"
        "from asr_fair.noise.synth import NoiseBed, synthesise\n"
        "from asr_fair.recipes.profile import Profile\n"
        "profile = Profile.model_validate(json.load(sys.stdin))\n"
        "bed = NoiseBed(profile, (None,) * len(profile.sources))\n"
        "speech = np.ones(20_011, dtype=bool)\n"
        "noise = synthesise(bed, speech, seed=1, utterance_id='u1', speaker='x')\n"
        "print(hashlib.sha256(noise.samples.tobytes() + noise.sounding.tobytes()).hexdigest())\n"
    )
    given = json.dumps(profile.model_dump(mode="json", exclude_unset=True))
    answer = subprocess.run(
        [sys.executable, "-c", code], input=given, capture_output=True, text=True, check=True
    )
    here = heard(profile, 20_011)
    expected = hashlib.sha256(here.samples.tobytes() + here.sounding.tobytes()).hexdigest()
    assert answer.stdout.strip() == expected


def test_no_two_keys_share_a_generator() -> None:
    keys = [
        (1, "a", "b@c"),
        (1, "a,b", "@c"),
        (1, "ab", "@c"),
        (1, "a", 'b"@c'),
        (11, "a", "b@c"),
        (1, "1a", "b@c"),
    ]
    keys += [(1, 'a", "b', "c"), (1, "a", 'b", "c')]
    draws = {rng_for(*key).integers(1 << 62) for key in keys}
    assert len(draws) == len(keys)
