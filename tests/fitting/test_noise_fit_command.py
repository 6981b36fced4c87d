from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from asr_fair.cli.main import status_of
from asr_fair.fitting.doubts import clipped_share
from asr_fair.pipeline.noise_fit import compare, fit_recording
from asr_fair.recipes.evidence import Origin
from asr_fair.recipes.library import read_recipe
from asr_fair.recipes.profile import Profile
from asr_fair.recipes.sources import Tones
from fitting.made import gate, harmonic_tone, mixed, regular, white


def _scanner(duration_s: float = 6) -> np.ndarray:
    envelope = gate(regular(3.7, duration_s), 0.1, duration_s)
    tone = harmonic_tone(617.3, [0, -6, -10], duration_s) * envelope
    return mixed(tone, white(duration_s), 20, envelope)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "Scanner Room 2.wav"
    wavfile.write(path, 16_000, _scanner())
    return path


def test_a_recording_becomes_a_profile_that_is_read_again(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine" / "scanner-room.yaml"
    arguments = [
        "noise",
        "fit",
        str(recording),
        "--out",
        str(out),
        "--licence",
        "CC0-1.0",
        "--title",
        "Room 2",
    ]
    assert status_of(arguments) == 0
    profile = read_recipe(Profile, out).recipe
    assert (profile.id, profile.title, profile.licence) == ("scanner-room", "Room 2", "CC0-1.0")
    tones = profile.sources[0]
    assert isinstance(tones, Tones)
    assert tones.fundamental_hz == pytest.approx(617.3, rel=0.01)
    assert tones.repetition_hz == pytest.approx(3.7, rel=0.02)
    sha256 = hashlib.sha256(recording.read_bytes()).hexdigest()
    for entry in (entry for source in profile.sources for entry in source.evidence):
        assert entry.origin is Origin.MEASURED
        assert entry.source == f"Scanner Room 2.wav, sha256 {sha256}"
    said = capsys.readouterr().out
    assert "3.7 pulses a second" in said
    assert "16 kHz" in said


def test_the_profile_is_called_after_the_recording(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert status_of(["noise", "fit", str(recording)]) == 0
    profile = read_recipe(Profile, tmp_path / "my_profiles" / "scanner-room-2.yaml").recipe
    assert profile.licence.startswith("unknown")
    assert "no --licence given" in capsys.readouterr().err


def test_a_profile_is_not_replaced_unless_forced(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine.yaml"
    out.write_text("mine", encoding="utf-8")
    assert status_of(["noise", "fit", str(recording), "--out", str(out)]) == 2
    assert out.read_text(encoding="utf-8") == "mine"
    assert "--force" in capsys.readouterr().err
    assert status_of(["noise", "fit", str(recording), "--out", str(out), "--force"]) == 0
    assert read_recipe(Profile, out).recipe.id == "mine"


def test_an_existing_profile_is_found_before_anything_is_analysed(tmp_path: Path) -> None:
    out = tmp_path / "mine.yaml"
    out.touch()
    assert status_of(["noise", "fit", str(tmp_path / "missing.wav"), "--out", str(out)]) == 2
    assert out.read_bytes() == b""


@pytest.mark.parametrize("options", [["--out", "Ward 7.yaml"], ["--id", "W7"]])
def test_an_id_that_no_profile_can_have_is_found_before_anything_is_analysed(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(["noise", "fit", str(tmp_path / "missing.wav"), *options]) == 2
    message = capsys.readouterr().err
    assert "none that a profile can have" in message
    assert "missing.wav" not in message


def test_a_picture_shows_both(recording: Path, tmp_path: Path) -> None:
    picture = tmp_path / "fit.png"
    arguments = ["noise", "fit", str(recording), "--out", str(tmp_path / "a.yaml"), "--picture", str(picture)]
    assert status_of(arguments) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (np.zeros(32_000), "is silent"),
        (np.ones(8_000) * 0.1 * np.sin(np.arange(8_000)), "lasts 0.50 s"),
        (np.zeros(0), "holds no samples"),
    ],
    ids=["silent", "too short", "empty"],
)
def test_what_cannot_be_fitted_is_refused_by_name(
    samples: np.ndarray, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.wav"
    wavfile.write(path, 16_000, samples.astype(np.float32))
    out = tmp_path / "bad.yaml"
    assert status_of(["noise", "fit", str(path), "--out", str(out)]) == 2
    message = capsys.readouterr().err
    assert str(path) in message
    assert said in message
    assert not any(word in message for word in ("manifest", "row", "utterance", "speech"))
    assert not out.exists()


def test_text_and_missing_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "text.wav"
    path.write_text("no sound", encoding="utf-8")
    for each in (path, tmp_path / "missing.wav"):
        assert status_of(["noise", "fit", str(each), "--out", str(tmp_path / "a.yaml")]) == 2
        message = capsys.readouterr().err
        assert str(each) in message
        assert "manifest" not in message


def test_an_id_must_be_the_files_name(recording: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "one.yaml")
    assert status_of(["noise", "fit", str(recording), "--out", out, "--id", "two"]) == 2


def test_another_sample_rate_changes_no_figure_by_more_than_the_tolerance(tmp_path: Path) -> None:
    from scipy.signal import resample_poly

    path = tmp_path / "room.wav"
    wavfile.write(path, 48_000, resample_poly(_scanner(), 3, 1).astype(np.float32))
    tones = fit_recording(path, profile_id="room").profile.sources[0]
    assert isinstance(tones, Tones)
    assert tones.fundamental_hz == pytest.approx(617.3, rel=0.01)
    assert tones.repetition_hz == pytest.approx(3.7, rel=0.02)


@pytest.mark.parametrize("hz", [20, 50, 3999.5, 7990, 8000])
@pytest.mark.parametrize("bits", [8, 16, 24])
def test_a_clean_sine_is_not_clipped_however_slow_or_coarse(hz: float, bits: int) -> None:
    t = np.arange(48_000) / 16_000
    sine = np.round(0.3 * np.sin(2 * np.pi * hz * t + 0.3) * 2 ** (bits - 1)) / 2 ** (bits - 1)
    assert clipped_share(sine.astype(np.float32)) == 0


def test_clipping_is_seen() -> None:
    sine = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000).astype(np.float32)
    assert clipped_share(0.3 * sine) < 0.001
    # A sine cut at half its height lies above it for 2/3 of the time.
    assert clipped_share(np.clip(sine, -0.5, 0.5)) == pytest.approx(2 / 3, abs=0.02)


def test_equal_sounds_are_alike_and_a_louder_band_is_named() -> None:
    noise = (0.05 * white(6)).astype(np.float32)
    assert compare(noise, noise).mean_db == 0
    tone = (0.05 * harmonic_tone(1000, [0], 6)).astype(np.float32)
    away = compare(noise, noise + tone)
    assert away.largest_at_hz == 1000
    # A third of an octave at 1 kHz holds 232 of 8000 Hz: the tone adds 10 lg(1 + 8000 / 232) dB.
    assert away.largest_db == pytest.approx(15.5, abs=0.5)
