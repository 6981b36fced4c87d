"""Samples as a WAV file that every browser and every recogniser reads."""

from __future__ import annotations

import io
import wave

import numpy as np

from asr_fair.records import SAMPLE_RATE_HZ, Samples

_FULL_SCALE = 2**15


def wav_bytes(samples: Samples) -> bytes:
    """A WAV file of 16-bit integers at `SAMPLE_RATE_HZ`; what lies beyond full scale is clipped."""
    whole = np.clip(np.rint(samples * np.float32(_FULL_SCALE)), -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(whole.tobytes())
    return buffer.getvalue()
