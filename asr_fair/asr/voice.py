"""How likely it is that somebody speaks: the Silero model that faster-whisper ships, a frame at a time."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from asr_fair.asr.weights import file_sha256
from asr_fair.errors import MissingPackageError
from asr_fair.records import Samples
from asr_fair.validation import digest_of

Probabilities: TypeAlias = NDArray[np.float32]

FRAME_SAMPLES = 512
"""32 ms at 16 kHz: what the model looks at in one step."""


def speech_probabilities(samples: Samples) -> Probabilities:
    """The probability of speech in each frame of 32 ms.

    The model is loaded when it is first asked for, once in a process. It runs on one thread, whatever the
    environment says (faster-whisper sets that), so that the same audio gives the same figures in every
    worker of a machine.

    Parameters
    ----------
    samples
        Audio at 16 kHz, shape (n_samples,); a last frame that is not full is filled up with zeros.

    Returns
    -------
    array, shape (ceil(n_samples / 512),)
    """
    from faster_whisper.vad import get_vad_model

    n_frames = -(-len(samples) // FRAME_SAMPLES)
    # One frame more, as faster-whisper itself appends: the model's wrapper blanks the end of the last one,
    # in place, so that the samples of the recording must not be handed to it.
    padded = np.zeros((n_frames + 1) * FRAME_SAMPLES, dtype=np.float32)
    padded[: len(samples)] = samples
    probabilities: Probabilities = get_vad_model()(padded).reshape(-1)[:n_frames]
    return probabilities


@lru_cache(maxsize=1)
def voice_model_settings() -> dict[str, str]:
    """Which model finds the pauses, for the settings of an engine: its digest, and who computes it.

    Raises MissingPackageError where faster-whisper is not installed as a whole.
    """
    spec = importlib.util.find_spec("faster_whisper")
    folder = Path(spec.origin).parent / "assets" if spec is not None and spec.origin else None
    files = sorted(folder.glob("*.onnx")) if folder is not None else []
    if not files:
        msg = 'no voice activity model, which cuts long recordings: pip install "faster-whisper>=1.2"'
        raise MissingPackageError(msg)
    return {
        "voice_model": f"Silero ({', '.join(file.name for file in files)})",
        "voice_model_digest": digest_of({file.name: file_sha256(file) for file in files}),
        "voice_model_from": f"faster-whisper {version('faster-whisper')}",
        "onnxruntime_version": version("onnxruntime"),
    }
