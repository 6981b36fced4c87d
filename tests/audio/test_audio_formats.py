"""What simply works: rates, sample formats, containers, URLs, segments."""

from __future__ import annotations

from pathlib import Path

import fsspec
import numpy as np
import pytest
import soundfile

from asr_fair.audio.decode import decode_audio, load_audio
from asr_fair.audio.probe import probe_audio
from asr_fair.audio.resample import resample
from asr_fair.records import SAMPLE_RATE_HZ

from .sound_files import noise, source, tone, with_data_size, write_av, write_wav

RATES_HZ = (8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000, 44_101)
SUBTYPES = ("PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW")


@pytest.mark.parametrize(
    ("rate_hz", "subtype"),
    [(rate_hz, "PCM_16") for rate_hz in RATES_HZ] + [(22_050, subtype) for subtype in SUBTYPES],
)
def test_a_wav_of_any_rate_and_format_gives_the_same_tone(tmp_path: Path, rate_hz: int, subtype: str) -> None:
    path = write_wav(tmp_path / "a.wav", tone(rate_hz), rate_hz, subtype)
    samples = load_audio(source(path))
    assert samples.dtype == np.float32
    assert len(samples) == SAMPLE_RATE_HZ
    expected = tone(SAMPLE_RATE_HZ)
    middle = slice(1000, -1000)  # away from the ends, where a resampler sees silence outside
    assert np.abs(samples[middle] - expected[middle]).max() < (
        0.02 if subtype in {"PCM_U8", "ULAW"} else 5e-4
    )


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = tone(16_000, hz=300), tone(16_000, hz=700, peak=0.2)
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([left, right], axis=1), 16_000, subtype="FLOAT")
    np.testing.assert_allclose(load_audio(source(path)), (left + right) / 2, atol=1e-7)


def test_the_native_rate_is_kept_by_decoding(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(22_050, 0.5), 22_050)
    waveform = decode_audio(source(path))
    assert (waveform.sample_rate_hz, waveform.duration_s) == (22_050, 0.5)


@pytest.mark.parametrize("name", ["a.flac", "a.ogg", "a.mp3", "a.aiff", "a.au", "a.caf"])
def test_libsndfile_containers_load(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    soundfile.write(path, tone(16_000, 2.0), 16_000)
    samples = load_audio(source(path))
    assert len(samples) == pytest.approx(32_000, abs=1)
    np.testing.assert_allclose(samples[4000:28_000], tone(16_000, 2.0)[4000:28_000], atol=0.02)


@pytest.mark.parametrize(("name", "codec"), [("a.m4a", "aac"), ("a.webm", "libopus"), ("a.mkv", "flac")])
def test_ffmpeg_containers_load(tmp_path: Path, name: str, codec: str) -> None:
    path = write_av(tmp_path / name, tone(48_000, 2.0), 48_000, codec)
    samples = load_audio(source(path))
    assert len(samples) == pytest.approx(32_000, abs=16)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert spectrum.argmax() * SAMPLE_RATE_HZ / len(samples) == pytest.approx(440, abs=1)


def test_raw_aac_without_a_length_in_its_header_loads(tmp_path: Path) -> None:
    path = write_av(tmp_path / "a.aac", tone(48_000, 2.0), 48_000, "aac")
    assert len(load_audio(source(path))) / SAMPLE_RATE_HZ == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.aiff"])
def test_a_segment_equals_the_slice(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    soundfile.write(path, noise(16_000, 3.0), 16_000)
    whole = decode_audio(source(path)).samples
    part = decode_audio(source(path, start_s=1.25, duration_s=0.5)).samples
    np.testing.assert_allclose(part, whole[20_000:28_000], atol=1e-6)
    rest = decode_audio(source(path, start_s=2.5)).samples
    np.testing.assert_allclose(rest, whole[40_000:], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.m4a", "aac"), ("a.webm", "libopus"), ("a.mkv", "flac"), ("a.aac", "aac")]
)
def test_a_segment_equals_the_slice_through_ffmpeg(tmp_path: Path, name: str, codec: str) -> None:
    path = write_av(tmp_path / name, noise(48_000, 6.0), 48_000, codec)
    whole = decode_audio(source(path)).samples
    part = decode_audio(source(path, start_s=3.25, duration_s=0.5)).samples
    assert len(part) == 24_000
    # WebM's time stamps count milliseconds: 48 samples.
    shifts = range(-48, 49) if name == "a.webm" else [0]
    found = [np.corrcoef(part, whole[156_000 + shift : 180_000 + shift])[0, 1] for shift in shifts]
    assert max(found) > 0.999


def test_a_segment_may_end_a_hundredth_of_a_second_late(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(16_000), 16_000)
    assert len(load_audio(source(path, start_s=0.5, duration_s=0.509))) == 8_000


@pytest.mark.parametrize("size", [0xFFFF_FFFF, 0x7FFF_F000])
def test_sizes_left_by_streaming_writers_are_legal(tmp_path: Path, size: int) -> None:
    path = with_data_size(write_wav(tmp_path / "a.wav", tone(16_000), 16_000), size)
    assert len(load_audio(source(path))) == 16_000


def test_a_flac_stream_of_unknown_length_loads(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, tone(16_000), 16_000)
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0  # STREAMINFO's 36-bit total of samples: 0 means unknown
    content[22:26] = bytes(4)
    path.write_bytes(content)
    assert len(load_audio(source(path))) == 16_000


def test_a_url_goes_through_fsspec(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(16_000), 16_000)
    with fsspec.open("memory://asr-fair/a.wav", "wb") as file:
        file.write(path.read_bytes())
    expected = load_audio(source(path, start_s=0.2, duration_s=0.3))
    found = load_audio(source("memory://asr-fair/a.wav", start_s=0.2, duration_s=0.3))
    np.testing.assert_array_equal(found, expected)


def test_the_same_audio_in_another_container_has_the_same_content(tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "a.wav", noise(22_050, 1.0), 22_050)
    samples, rate_hz = soundfile.read(wav, dtype="int16")
    soundfile.write(tmp_path / "a.flac", samples, rate_hz)
    first, second = probe_audio(source(wav)), probe_audio(source(tmp_path / "a.flac"))
    assert first.usable
    assert first.content_sha256 == second.content_sha256
    assert first.duration_s == 1.0


def test_another_segment_has_another_content(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", noise(16_000, 2.0), 16_000)
    first, second = (probe_audio(source(path, start_s=start_s, duration_s=1.0)) for start_s in (0.0, 0.5))
    assert first.content_sha256 != second.content_sha256


@pytest.mark.shared
def test_every_real_recording_of_noise_and_speech_loads(shared_data: Path) -> None:
    endings = {".wav", ".ogg", ".mp3", ".flac", ".m4a"}
    paths = [path for path in shared_data.rglob("*") if path.suffix.lower() in endings]
    speech = [path for path in paths if "speechocean762" in path.parts]
    paths = [path for path in paths if path not in set(speech)] + sorted(speech)[::10]
    assert len(paths) > 80
    faults = {}
    for path in paths:
        facts = probe_audio(source(path))
        info = soundfile.info(path)
        if not facts.usable:
            faults[path.name] = facts.message
        elif abs((facts.duration_s or 0) - info.frames / info.samplerate) > 1e-3:
            faults[path.name] = f"{facts.duration_s} s instead of {info.duration} s"
    assert faults == {}


def test_resampling_is_the_same_on_any_number_of_threads() -> None:
    import torch

    before = torch.get_num_threads()
    noise = np.random.default_rng(5).standard_normal(40_000).astype(np.float32)
    found = []
    try:
        for n_threads in (1, 3, 4, 8):
            torch.set_num_threads(n_threads)
            found.append(resample(noise, 8_000, 16_000).tobytes())
            assert torch.get_num_threads() == n_threads
    finally:
        torch.set_num_threads(before)
    assert len(set(found)) == 1
