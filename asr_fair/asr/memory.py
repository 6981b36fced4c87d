"""Windows that fit on a GPU: from its free memory before a run, by halving when it runs out all the same."""

from __future__ import annotations

import functools
import gc
import logging
import re
import subprocess
import sys
from dataclasses import dataclass

from asr_fair.asr.ctranslate2_weights import Dimensions
from asr_fair.config import OnDevice
from asr_fair.config.systems.base import AUTO
from asr_fair.errors import ConfigError
from asr_fair.records import SAMPLE_RATE_HZ, WINDOW_S

logger = logging.getLogger(__name__)

CPU_BATCH_WINDOWS = 8
"""Batches of 16 and 40 were no faster (benchmarks/results/asr_batching.md)."""

MOST_WINDOWS = 128
"""What `auto` never goes beyond: a batch is what a crash costs, and what waits in the workers' memory."""

SAFE_SHARE = 0.7
"""Of the memory that is free. The rest is for what the sum below leaves out: workspaces of the matrix
products, a framework's cache of blocks, and its pieces that no request fits."""

_HOP_SAMPLES = 160
_SPECTRUM_BINS = 201
_LOGITS_COPIES = 3
"""The logits, what suppressing tokens leaves of them, and their log-softmax, all in float32."""

_MEASURE = (
    "import torch; print(min(torch.cuda.mem_get_info(gpu)[0] for gpu in range(torch.cuda.device_count())))"
)
_OUT_OF_MEMORY = re.compile(
    r"out of memory|ALLOC_FAILED|can't allocate memory|cannot allocate memory", re.IGNORECASE
)


def choose_batch_windows(system: OnDevice, *, device: str, precision: str, network: Dimensions) -> int:
    """How many windows go together: as asked, else by the GPU's free memory. `device` is 'cpu' or 'cuda'."""
    if system.batch_windows != AUTO:
        return system.batch_windows
    if device == "cpu":
        return CPU_BATCH_WINDOWS
    return windows_that_fit(free_device_bytes(), network, precision)


def windows_that_fit(free_bytes: int, network: Dimensions, precision: str) -> int:
    """The largest power of two, at most `MOST_WINDOWS`, that fits into free memory beside the weights.

    1 where nothing fits: the run then says what the device says.
    """
    room = SAFE_SHARE * (free_bytes - weights_bytes(network, precision))
    fitting = int(room / window_bytes(network, precision))
    return min(MOST_WINDOWS, 1 << max(0, fitting.bit_length() - 1)) if fitting > 0 else 1


def weights_bytes(network: Dimensions, precision: str) -> int:
    """Bytes of the matrices.

    With d the width: 12 d² numbers in a layer of the encoder (4 projections of d × d, and two matrices of
    d × 4d), 16 d² in one of the decoder (cross-attention has 4 more), d for each token and position, and
    the convolutions of width 3.
    """
    audio, text = network.n_audio_state, network.n_text_state
    numbers = (
        12 * network.n_audio_layer * audio**2
        + 16 * network.n_text_layer * text**2
        + (network.n_vocab + network.n_text_ctx) * text
        + (network.n_audio_ctx + 3 * network.n_mels + 3 * audio) * audio
    )
    return numbers * _bytes_of(precision)


def window_bytes(network: Dimensions, precision: str) -> int:
    """Bytes on the device, at most, for one window among many, all layers having one width.

    Nothing is kept for gradients, so the encoder holds one layer at a time. With T positions, width d, h
    heads, L text layers, C tokens of context and V of vocabulary, as in Radford et al. (2022,
    arXiv:2212.04356) and the code of openai-whisper:

    - input: 30 s of float32 samples, their spectrum (complex, and its power), the mel features;
    - encoder: residual, its norm and the 4d-wide hidden layer before and after its activation, 10 T d; the
      attention scores, h T², which PyTorch's fused kernels do not hold, but CTranslate2 does;
    - decoder: the encoder's output, T d; keys and values of cross-attention, 2 L T d, and of the text so
      far, 2 L C d, with the copy of one layer to which a token is being appended, 2 C d;
    - logits, of one token at a time once the prompt is read: V numbers, three times.
    """
    positions, width = network.n_audio_ctx, network.n_audio_state
    frames = int(WINDOW_S * SAMPLE_RATE_HZ) // _HOP_SAMPLES
    sound = 4 * (int(WINDOW_S * SAMPLE_RATE_HZ) + frames * (3 * _SPECTRUM_BINS + network.n_mels))
    encoder = 10 * positions * width + network.n_audio_head * positions**2
    keys_and_values = 2 * network.n_text_layer * (positions + network.n_text_ctx) * network.n_text_state
    decoder = positions * width + keys_and_values + 2 * network.n_text_ctx * network.n_text_state
    logits = 4 * _LOGITS_COPIES * network.n_vocab
    return sound + (encoder + decoder) * _bytes_of(precision) + logits


def _bytes_of(precision: str) -> int:
    """Of one number: bfloat16 and int8 are taken for the float32 that parts of the network then stay in."""
    return 2 if precision == "float16" else 4


@functools.cache
def free_device_bytes() -> int:
    """Free memory in bytes of the fullest GPU that is visible here; asked once in a process.

    A process of its own asks: what CUDA sets up for whoever asks would stay on the GPU for the whole run.
    Raises ConfigError where the GPU does not answer.
    """
    command = [sys.executable, "-c", _MEASURE]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        return int(asked.stdout)
    except ValueError as error:
        said = (asked.stderr.strip().splitlines() or ["nothing"])[-1]
        msg = (
            f"batch_windows: the GPU does not tell its free memory: {said}. "
            "Give a number, such as `batch_windows: 16`, or use `device: cpu`"
        )
        raise ConfigError(msg) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether fewer windows at once may help.

    torch raises OutOfMemoryError, a RuntimeError, on a GPU, and on a CPU a RuntimeError of its allocator;
    CTranslate2 raises a RuntimeError with CUDA's or cuBLAS's words; pybind11 makes a MemoryError of
    std::bad_alloc, as Python's own is.
    """
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and bool(_OUT_OF_MEMORY.search(str(error)))


@dataclass(slots=True)
class BatchLimit:
    """How many windows an engine decodes at once; it only ever shrinks."""

    windows: int

    def halve(self, n_windows: int) -> None:
        """After `n_windows` did not fit: let go of what they held, and try half from now on."""
        self.windows = n_windows // 2
        logger.warning("%d windows do not fit into memory; from now on %d at once", n_windows, self.windows)
        release_memory()


def release_memory() -> None:
    """Give back what died with a failed batch; CUDA's blocks too, where torch has any."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
