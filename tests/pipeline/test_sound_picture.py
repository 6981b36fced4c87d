"""The data that a picture of a sound is drawn from, and the file."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from asr_fair.pipeline.sound_picture import (
    N_ROWS,
    ROW_HZ,
    envelope,
    spectrogram_db,
    write_picture,
)
from asr_fair.records import SAMPLE_RATE_HZ, Samples


def tone(frequency_hz: float, duration_s: float = 1.0, amplitude: float = 1.0) -> Samples:
    time_s = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (amplitude * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


def size_px(path: Path) -> tuple[int, int]:
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    return int(width), int(height)


@pytest.mark.parametrize("column_s", [0.008, 0.05, 1.0])
def test_a_tone_of_2_khz_is_brightest_at_2_khz_with_its_own_level(column_s: float) -> None:
    cells = spectrogram_db(tone(2000, amplitude=0.1), column_s)
    assert cells.shape == (round(1 / column_s), N_ROWS)
    brightest = cells.argmax(axis=1)
    assert set(brightest * ROW_HZ) == {2000.0}
    inside = cells[3:-3] if len(cells) > 6 else cells  # at its ends, a frame is not all tone
    assert inside.max(axis=1) == pytest.approx(-20.0, abs=0.1)  # 20 lg 0.1: a full-scale sine has 0 dB


def test_a_short_tone_is_as_bright_in_a_long_sound() -> None:
    sound = np.zeros(60 * SAMPLE_RATE_HZ, dtype=np.float32)
    sound[480_000:481_600] = tone(3000, 0.1)
    cells = spectrogram_db(sound, 1.0)
    assert cells[30].argmax() * ROW_HZ == 3000.0
    assert cells[30].max() == pytest.approx(0.0, abs=0.1)
    assert np.isneginf(cells[[10, 50]]).all()


def test_a_sound_that_is_cut_off_shows_no_click() -> None:
    cells = spectrogram_db(tone(1000, 0.5)[:7_990], 0.02)
    assert cells[[0, -1], 40:].max() < -40


def test_an_envelope_holds_every_extreme() -> None:
    samples = np.random.default_rng(1).normal(size=10_001).astype(np.float32)
    strokes = envelope(samples, 0.01)
    assert strokes.shape == (63, 2)  # 10,001 samples in parts of 160
    assert strokes[-1].tolist() == [samples[9_920:].min(), samples[9_920:].max()]
    assert strokes[:, 0].min() == samples.min()
    assert strokes[:, 1].max() == samples.max()


def test_a_picture_is_a_png_that_grows_with_each_sound(tmp_path: Path) -> None:
    write_picture(tmp_path / "one.png", {"Tone": tone(440, 0.3)})
    write_picture(tmp_path / "two.png", {"Tone": tone(440, 0.3), "Silence": np.zeros(3_000, np.float32)})
    (one_width, one_height), (two_width, two_height) = (
        size_px(tmp_path / name) for name in ("one.png", "two.png")
    )
    assert one_width == two_width >= 1_440
    assert one_height >= 460
    assert two_height >= 2 * one_height - 100
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.png", "two.png"]


@pytest.mark.parametrize("duration_s", [1 / SAMPLE_RATE_HZ, 0.01, 9.9999])
def test_a_sound_of_any_length_has_a_picture(tmp_path: Path, duration_s: float) -> None:
    write_picture(tmp_path / "sound.png", {"Sound": tone(440, duration_s) + np.float32(0.1)})
    assert size_px(tmp_path / "sound.png")[0] >= 1_440
