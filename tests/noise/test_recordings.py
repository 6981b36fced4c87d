"""Recordings of a place: files and checksums, loops without a seam, bursts placed into the speech."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from asr_fair.errors import Fault, FaultsError
from asr_fair.noise import recording_bank
from asr_fair.noise.clips import ClipBank, clip_of
from asr_fair.noise.loops import excerpt, loop_of
from asr_fair.noise.recording_bank import open_recordings
from asr_fair.noise.recordings import recording
from asr_fair.noise.scene import Noise, Scene
from asr_fair.recipes.sources import Recording

RATE_HZ = 16_000
Array = np.ndarray[Any, np.dtype[Any]]


def recordings_of(*files: dict[str, Any], **changes: Any) -> Recording:
    content = {"kind": "recording", "files": [{"licence": "CC0", **each} for each in files], **changes}
    evidence = [{"figures": list(changes), "origin": "assumed"}] if changes else []
    return Recording.model_validate({**content, "evidence": evidence})


def noise(duration_s: float, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(0, 0.1, round(duration_s * RATE_HZ)).astype(np.float32)


def sine(duration_s: float, hz: float = 440.0) -> Array:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(round(duration_s * RATE_HZ)) / RATE_HZ)).astype("float32")


def pulses(duration_s: float, onsets_s: list[float], pulse_s: float, room: float = 0.0) -> Array:
    sound = room * noise(duration_s)
    for onset_s in onsets_s:
        begin = round(onset_s * RATE_HZ)
        sound[begin : begin + round(pulse_s * RATE_HZ)] += sine(pulse_s, 1000)
    return sound.astype(np.float32)


def write(path: Path, samples: Array) -> str:
    """Write a float WAV; its SHA-256, by reading the file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE_HZ, subtype="FLOAT")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def open_all(source: Recording, folder: Path) -> ClipBank:
    return open_recordings(source, folder, profile="ward.yaml", place="sources.2")


def faults_of(source: Recording, folder: Path) -> tuple[Fault, ...]:
    with pytest.raises(FaultsError) as caught:
        open_all(source, folder)
    return caught.value.faults


def rendered(
    samples: Array, length_s: float, seed: int, active_s: tuple[float, float] | None = None, **changes: Any
) -> Noise:
    """One recording in an utterance whose speech is active from, to (all of it if None)."""
    source = recordings_of({"path": "x.wav"}, **changes)
    bank = ClipBank((clip_of("x.wav", loop_of(samples, source.crossfade_s)),))
    speech = np.zeros(round(length_s * RATE_HZ), dtype=bool)
    begin_s, end_s = active_s or (0, length_s)
    speech[round(begin_s * RATE_HZ) : round(end_s * RATE_HZ)] = True
    return recording(source, Scene(speech, bank=bank), np.random.default_rng(seed))


def db(samples: Array) -> float:
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2)))


# Files and checksums


def test_a_missing_checksum_is_told_with_the_place_to_write_it(tmp_path: Path) -> None:
    true = write(tmp_path / "clips/a.wav", noise(1))
    (fault,) = faults_of(recordings_of({"path": "clips/a.wav"}), tmp_path)
    assert str(fault) == f"ward.yaml: sources.2.files.0.sha256: is missing. Add sha256: {true}"


def test_a_changed_file_is_refused_with_both_checksums(tmp_path: Path) -> None:
    true = write(tmp_path / "a.wav", noise(1))
    (fault,) = faults_of(recordings_of({"path": "a.wav", "sha256": "0" * 64}), tmp_path)
    assert str(fault) == (
        f"ward.yaml: sources.2.files.0.sha256: the profile says {'0' * 64}, {tmp_path / 'a.wav'} has {true}. "
        "Restore what was there; or, if the change is meant, write the new one and raise `version`"
    )


def test_the_checksum_of_a_folder_is_that_of_its_sorted_sound_files(tmp_path: Path) -> None:
    digests = {
        name: write(tmp_path / "clips" / name, noise(1, seed)) for seed, name in enumerate(["b.wav", "a.WAV"])
    }
    (tmp_path / "clips/LICENSE.md").write_text("CC0")
    (tmp_path / "clips/.hidden.wav").write_text("not audio")
    listed = json.dumps([[name, digests[name]] for name in sorted(digests)], separators=(",", ":"))
    expected = hashlib.sha256(listed.encode()).hexdigest()
    (fault,) = faults_of(recordings_of({"path": "clips"}), tmp_path)
    assert fault.remedy == f"Add sha256: {expected}"
    bank = open_all(recordings_of({"path": "clips", "sha256": expected}), tmp_path)
    assert [clip.name for clip in bank.clips] == ["clips/a.WAV", "clips/b.wav"]
    write(tmp_path / "clips/c.wav", noise(1))
    (fault,) = faults_of(recordings_of({"path": "clips", "sha256": expected}), tmp_path)
    assert fault.field == "sources.2.files.0.sha256"


def test_all_faults_come_at_once_each_with_its_key(tmp_path: Path) -> None:
    good = write(tmp_path / "good.wav", noise(1))
    silent = write(tmp_path / "silent.wav", np.zeros(RATE_HZ, dtype=np.float32))
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.wav").write_bytes(b"no sound at all")
    broken = hashlib.sha256(b"no sound at all").hexdigest()
    faults = faults_of(
        recordings_of(
            {"path": "good.wav", "sha256": good},
            {"path": "gone.wav", "sha256": good},
            {"path": "empty"},
            {"path": "silent.wav", "sha256": silent},
            {"path": "broken.wav", "sha256": broken},
            {"path": "good.wav", "sha256": good, "start_s": 2.5},
            {"path": "good.wav", "sha256": good, "duration_s": 1.5},
            {"path": "good.wav"},
        ),
        tmp_path,
    )
    assert [fault.field for fault in faults] == [
        "sources.2.files.1.path",
        "sources.2.files.2.path",
        "sources.2.files.3.path",
        "sources.2.files.4.path",
        "sources.2.files.5.start_s",
        "sources.2.files.6.duration_s",
        "sources.2.files.7.sha256",
    ]
    texts = [str(fault) for fault in faults]
    assert "no file or folder" in texts[0]
    assert str(tmp_path) in faults[0].remedy
    assert "holds no sound file" in texts[1]
    assert "is silent" in texts[2]
    assert "from 2.5 s to its end lies outside the recording of 1.000 s" in texts[4]
    assert all(fault.file == "ward.yaml" and fault.remedy for fault in faults)
    assert not any("utterance" in text or "manifest" in text for text in texts)


def test_more_sound_than_the_bank_may_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_bank, "BANK_LIMIT_S", 3.0)
    sha256 = write(tmp_path / "a.wav", noise(1.3))
    entry = {"path": "a.wav", "sha256": sha256}
    assert len(open_all(recordings_of(entry, entry), tmp_path).clips) == 2
    (fault,) = faults_of(recordings_of(entry, entry, entry), tmp_path)
    assert fault.field == "sources.2.files"
    assert "start_s" in fault.remedy


def test_a_segment_is_cut_from_the_file_and_named(tmp_path: Path) -> None:
    samples = noise(3)
    sha256 = write(tmp_path / "a.wav", samples)
    entry = {"path": "a.wav", "sha256": sha256, "start_s": 1.0, "duration_s": 0.5}
    (clip,) = open_all(recordings_of(entry, crossfade_s=0), tmp_path).clips
    wanted = samples[RATE_HZ : RATE_HZ + RATE_HZ // 2]
    np.testing.assert_allclose(clip.samples, wanted - wanted.mean(), atol=1e-6)
    assert clip.name == "a.wav [1 s to 1.5 s]"


def test_a_constant_offset_does_not_sound_in_the_pauses(tmp_path: Path) -> None:
    sha256 = write(tmp_path / "a.wav", pulses(4, [1.0], 0.2) + np.float32(0.2))
    (clip,) = open_all(recordings_of({"path": "a.wav", "sha256": sha256}), tmp_path).clips
    assert [(burst.onset, burst.n_samples) for burst in clip.bursts] == [(RATE_HZ, RATE_HZ // 5)]


def test_a_changed_sample_changes_the_digest(tmp_path: Path) -> None:
    digests = set()
    for change in (0.0, 0.01):
        samples = noise(1)
        samples[5000] += change
        sha256 = write(tmp_path / "a.wav", samples)
        digests.add(open_all(recordings_of({"path": "a.wav", "sha256": sha256}), tmp_path).digest)
    assert len(digests) == 2


@pytest.mark.shared
def test_real_alarms_load_whatever_their_encoding(shared_data: Path) -> None:
    names = ["ventilator_alarms/alarm_high.wav", "icu_alarms/alarm_12.wav"]  # 8-bit; 32-bit float
    folder = shared_data / "noise"
    assert [soundfile.info(folder / name).subtype for name in names] == ["PCM_U8", "FLOAT"]
    files = [
        {"path": name, "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()} for name in names
    ]
    ventilator, icu = open_all(recordings_of(*files), folder).clips
    # Counted in a spectrogram of each: two bursts of five pulses; one pulse every 0.7 s.
    assert len(ventilator.bursts) == 10
    assert len(icu.bursts) == 5
    assert all(0.1 < burst.n_samples / RATE_HZ < 0.3 for burst in ventilator.bursts + icu.bursts)


# Loops


@pytest.mark.parametrize("clip_s", [0.03, 0.1, 0.77, 2.0])
def test_a_loop_has_no_click_at_its_seam(clip_s: float) -> None:
    loop = loop_of(sine(clip_s, 437.3), 0.05)
    repeated = excerpt(loop, len(loop) // 3, 3 * RATE_HZ)
    within = np.abs(np.diff(sine(clip_s, 437.3))).max()
    assert np.abs(np.diff(repeated)).max() <= 1.5 * within  # two sines in phase add up to sqrt(2)
    if clip_s == 0.77:
        hard = np.resize(sine(clip_s, 437.3), 3 * RATE_HZ)
        assert np.abs(np.diff(hard)).max() > 3 * within  # what the cross-fade is for


def test_the_power_of_noise_stays_the_same_through_the_seam() -> None:
    fade = round(0.5 * RATE_HZ)
    loop = loop_of(noise(10), 0.5)
    assert len(loop) == 10 * RATE_HZ - fade
    for begin in range(0, fade, fade // 4):
        assert db(loop[begin : begin + fade // 4]) == pytest.approx(-20, abs=1)
    np.testing.assert_array_equal(loop[fade:], noise(10)[fade:-fade])


def test_an_excerpt_goes_round_as_often_as_it_takes() -> None:
    loop = np.arange(7, dtype=np.float32)
    for begin, n_samples in [(0, 7), (3, 2), (6, 30), (2, 5), (5, 0)]:
        expected = [(begin + each) % 7 for each in range(n_samples)]
        assert excerpt(loop, begin, n_samples).tolist() == expected


def test_a_long_steady_recording_is_heard_without_its_seam() -> None:
    samples = noise(4)
    for seed in range(50):
        heard = rendered(samples, 3.0, seed)
        at = round(heard.clips[0].offset_s * RATE_HZ)
        np.testing.assert_array_equal(heard.samples, samples[at : at + 3 * RATE_HZ])
        assert heard.sounding.all()
        assert heard.onset_s is None


@pytest.mark.parametrize("clip_samples", [1, 2, 159, 500])
def test_a_recording_shorter_than_its_crossfade_still_sounds(clip_samples: int) -> None:
    heard = rendered(noise(0.1)[:clip_samples], 0.5, seed=1, crossfade_s=2.0)
    assert len(heard.samples) == len(heard.sounding) == RATE_HZ // 2
    assert np.any(heard.samples[heard.sounding])


# What sounds, and where it is placed


@pytest.mark.parametrize("pulse_s", [0.02, 0.4])
@pytest.mark.parametrize("room", [0.0, 0.005])
def test_an_alarm_with_long_pauses_is_levelled_by_its_pulses(pulse_s: float, room: float) -> None:
    heard = rendered(pulses(16, [3.0, 11.0], pulse_s, room), 5.0, seed=4)
    assert db(heard.samples[heard.sounding]) == pytest.approx(db(sine(pulse_s, 1000)), abs=0.3)
    assert heard.sounding.mean() <= 2 * (pulse_s + 0.02) / 5


def test_steady_noise_with_one_bump_sounds_everywhere() -> None:
    samples = noise(60)
    samples[30_000:30_160] *= 10  # 10 ms, 20 dB up
    assert all(rendered(samples, 3.0, seed).sounding.all() for seed in range(5))


@pytest.mark.parametrize("active_s", [(0.0, 3.0), (1.2, 2.1)])
def test_a_whole_pulse_lies_in_the_speech(active_s: tuple[float, float]) -> None:
    onsets_s = [0.31, 2.77, 4.02, 7.4]
    samples = pulses(8, onsets_s, 0.25, room=0.0005)
    met = set()
    for seed in range(60):
        heard = rendered(samples, 3.0, seed, active_s)
        assert heard.onset_s is not None
        begin, end = (round((heard.onset_s + each) * RATE_HZ) for each in (0.0, 0.25))
        assert round(active_s[0] * RATE_HZ) <= begin
        assert end <= round(active_s[1] * RATE_HZ) + RATE_HZ // 50  # onsets lie on a grid of 10 ms
        # Independently of any analysis: the tone is there, as loud as in the file.
        assert db(heard.samples[begin + 160 : end - 160]) == pytest.approx(db(sine(0.25, 1000)), abs=0.5)
        met.add(round((heard.clips[0].offset_s + heard.onset_s) % 7.95, 1))
    assert met == {0.3, 2.8, 4.0, 7.4}


def test_a_rustle_is_no_burst() -> None:
    samples = pulses(6, [4.0], 0.2)
    samples[RATE_HZ : RATE_HZ + 320] = 0.05 * noise(0.02) + sine(0.02) * 0.15  # 16 dB below the pulse
    for seed in range(20):
        heard = rendered(samples, 1.0, seed)
        assert db(heard.samples[heard.sounding]) > db(sine(0.2, 1000)) - 1
