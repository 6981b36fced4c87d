"""Babble of other speakers: who is in the bank, how loud, and whose voice is never heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from scipy.stats import kstest

from asr_fair.audio.probe import probe_audio
from asr_fair.errors import AudioError, FaultsError
from asr_fair.noise.babble import babble
from asr_fair.noise.babble_bank import VOICE_LEVEL_DB, Voice, open_babble
from asr_fair.noise.clips import STRANGER, ClipBank
from asr_fair.noise.scene import Scene
from asr_fair.recipes.sources import Babble
from asr_fair.records import AudioSource

RATE_HZ = 16_000
SPEAKERS = 9
Array = np.ndarray[Any, np.dtype[Any]]


def hz_of(speaker: int) -> float:
    """A tone of their own; no two are harmonics or neighbours."""
    return 300.0 + 137.0 * speaker


def tone(speaker: int, duration_s: float, amplitude: float) -> Array:
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * hz_of(speaker) * time_s)).astype(np.float32)


def voice_of(folder: Path, speaker: int, number: int, samples: Array) -> Voice:
    name = f"s{speaker}-{number}"
    path = folder / f"{name}.wav"
    soundfile.write(path, samples, RATE_HZ, subtype="FLOAT")
    source = AudioSource(name, str(path))
    facts = probe_audio(source)
    return Voice(source, f"s{speaker}", facts.duration_s or 0.0, facts.content_sha256 or "")


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> list[Voice]:
    """Two utterances of each speaker, who all differ in level: tones that stand for voices."""
    folder = tmp_path_factory.mktemp("voices")
    return [
        voice_of(
            folder, speaker, number, tone(speaker, 1.5 + 0.3 * number, 0.02 * (1 + speaker + 3 * number))
        )
        for speaker in range(SPEAKERS)
        for number in range(2)
    ]


def babble_of(voices_at_once: int = 4, **changes: Any) -> Babble:
    figures = {"voices": voices_at_once, **changes}
    evidence = [{"figures": list(figures), "origin": "assumed"}]
    return Babble.model_validate({"kind": "babble", "evidence": evidence, **figures})


def bank_of(voices: Sequence[Voice], source: Babble | None = None) -> ClipBank:
    return open_babble(source or babble_of(), voices, profile="corridor.yaml", place="sources.0")


def energy_at(samples: Array, speaker: int) -> float:
    """Share of the energy within 12 Hz of a speaker's tone."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    return float(power[np.abs(hz - hz_of(speaker)) < 12].sum() / power.sum())


def test_nobody_hears_their_own_voice(voices: list[Voice]) -> None:
    source, bank = babble_of(5), bank_of(voices, babble_of(5))
    speech = np.ones(3 * RATE_HZ, dtype=bool)
    heard_by_others = np.zeros(SPEAKERS)
    for seed in range(60):
        own = seed % SPEAKERS
        scene = Scene(speech, f"s{own}", bank.without(f"s{own}"))
        heard = babble(source, scene, np.random.default_rng(seed))
        energies = [energy_at(heard.samples, speaker) for speaker in range(SPEAKERS)]
        present = {f"s{speaker}" for speaker in range(SPEAKERS) if energies[speaker] > 0.05}
        assert energies[own] < 1e-4
        assert present == {each.clip.speaker for each in heard.clips}
        assert len(present) == 5
        assert heard.sounding.all()
        heard_by_others[[int(each.removeprefix("s")) for each in present]] += 1
    assert heard_by_others.min() >= 15  # 33 of 60 on average: everybody is drawn


def test_voices_are_equally_loud_however_they_were_recorded(voices: list[Voice]) -> None:
    bank = bank_of(voices)
    for clip in bank.clips:
        middle = clip.samples[RATE_HZ // 4 : RATE_HZ]  # inside one utterance: a plain tone
        assert 10 * np.log10(np.mean(middle.astype(float) ** 2)) == pytest.approx(VOICE_LEVEL_DB, abs=0.2)
    heard = babble(babble_of(), Scene(np.ones(RATE_HZ, dtype=bool), STRANGER, bank), np.random.default_rng(2))
    shares = [energy_at(heard.samples, int(str(each.clip.speaker)[1:])) for each in heard.clips]
    assert shares == pytest.approx([0.25] * 4, rel=0.35)  # seams of loops may fall into it


def test_an_utterance_without_speaker_is_an_error_outcome(voices: list[Voice]) -> None:
    scene = Scene(np.ones(RATE_HZ, dtype=bool), None, bank_of(voices))
    with pytest.raises(AudioError, match="speaker_id") as caught:
        babble(babble_of(), scene, np.random.default_rng(0))
    assert caught.value.reason == "no_speaker"


def test_the_bank_depends_on_the_voices_alone(voices: list[Voice], tmp_path: Path) -> None:
    few, source = voices[:6], babble_of(2)
    digest = bank_of(few, source).digest
    assert bank_of(few[::-1], source).digest == digest
    again = replace(few[3], source=replace(few[3].source, utterance_id="copy"))
    assert bank_of([again, *few], source).digest == digest
    changed = voice_of(tmp_path, 2, 1, tone(2, 1.7, 0.3))
    assert bank_of([*few[:-1], changed], source).digest != digest
    renamed = [replace(each, speaker="other") if each.speaker == "s2" else each for each in few]
    assert bank_of(renamed, source).digest != digest


def test_a_bank_takes_no_more_speakers_and_seconds_than_asked(voices: list[Voice]) -> None:
    whole = bank_of(voices)
    assert len(whole.clips) == SPEAKERS
    assert all(clip.duration_s == pytest.approx(3.3 - 0.1, abs=0.05) for clip in whole.clips)
    small = bank_of(voices, babble_of(2, bank_speakers=3, bank_s=1.0))
    assert [clip.speaker for clip in small.clips] == [clip.speaker for clip in whole.clips[:3]]
    assert all(0.9 < clip.duration_s <= 0.95 for clip in small.clips)


def test_silence_around_an_utterance_is_left_out(tmp_path: Path) -> None:
    pause = np.zeros(RATE_HZ, dtype=np.float32)
    voices = [
        voice_of(tmp_path, speaker, 0, np.concatenate([pause, tone(speaker, 1, 0.1), pause]))
        for speaker in (0, 1)
    ]
    for clip in bank_of(voices, babble_of(1)).clips:
        # P.56 takes some milliseconds to notice the speech and holds it 0.2 s and a decay afterwards.
        assert 1.0 < clip.duration_s < 1.4


def test_a_silent_beginning_is_passed_over(tmp_path: Path) -> None:
    late = np.concatenate([np.zeros(3 * RATE_HZ, dtype=np.float32), tone(0, 1, 0.1)])
    voices = [voice_of(tmp_path, 0, 0, late)] + [
        voice_of(tmp_path, speaker, 1, tone(speaker, 2, 0.1)) for speaker in range(3)
    ]
    assert len(bank_of(voices, babble_of(2, bank_s=2)).clips) == 3
    assert len(bank_of([voices[0], *voices[2:]], babble_of(1, bank_s=2)).clips) == 2


def test_too_few_speakers_are_refused_with_the_numbers(voices: list[Voice]) -> None:
    with pytest.raises(FaultsError) as caught:
        bank_of([each for each in voices if each.speaker in ("s1", "s2", "s3", "s4")])
    assert str(caught.value) == (
        "corridor.yaml: sources.0.voices: 4 voices at once need 5 speakers, so that nobody hears their own "
        "voice: the manifest has 4 with speech that can be used. Lower `voices`, or take a recording instead"
    )
    with pytest.raises(FaultsError, match="no usable speech with a speaker_id"):
        bank_of([])


def test_a_bank_larger_than_half_an_hour_is_refused() -> None:
    with pytest.raises(ValueError, match="bank_s: 100 speakers of 60 s are more than 30 minutes"):
        babble_of(4, bank_speakers=100, bank_s=60)


def test_voices_begin_anywhere_in_what_they_said(voices: list[Voice]) -> None:
    bank = bank_of(voices)
    scene = Scene(np.ones(RATE_HZ, dtype=bool), STRANGER, bank)
    shares = [
        each.offset_s * RATE_HZ / len(each.clip.samples)
        for seed in range(100)
        for each in babble(babble_of(), scene, np.random.default_rng(seed)).clips
    ]
    assert kstest(shares, "uniform").pvalue > 0.001
