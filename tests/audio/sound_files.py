"""Sound files made for the tests: a tone, in the containers and with the faults that real files have."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import soundfile

from asr_fair.records import AudioSource, Samples


def tone(rate_hz: int, duration_s: float = 1.0, *, hz: float = 440.0, peak: float = 0.5) -> Samples:
    time_s = np.arange(round(rate_hz * duration_s)) / rate_hz
    return (peak * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)


def noise(rate_hz: int, duration_s: float) -> Samples:
    """No two parts of it are alike, so that a shifted segment shows."""
    rng = np.random.Generator(np.random.PCG64(7))
    white = rng.standard_normal(round(rate_hz * duration_s))
    return (0.1 * np.convolve(white, np.hanning(24) / 12, mode="same")).astype(np.float32)


def source(path: Path | str, **keys: object) -> AudioSource:
    return AudioSource("u1", str(path), **keys)  # type: ignore[arg-type]


def write_wav(path: Path, samples: Samples, rate_hz: int, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, samples, rate_hz, subtype=subtype)
    return path


def write_av(path: Path, samples: Samples, rate_hz: int, codec: str, **options: str) -> Path:
    """Encode with FFmpeg; the container follows from the file's name."""
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate_hz)
        stream.layout = "mono"
        for begin in range(0, len(samples), 960):
            block = np.ascontiguousarray(samples[None, begin : begin + 960])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = rate_hz, begin
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def with_data_size(wav: Path, size: int) -> Path:
    """The same WAV with another size in the header of its data chunk."""
    content = wav.read_bytes()
    at = content.index(b"data") + 4
    wav.write_bytes(content[:at] + struct.pack("<I", size) + content[at + 4 :])
    return wav


def cut_to(path: Path, share: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path
