"""How many windows go together: by the free memory of the GPU, whose bytes are counted independently here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
import whisper

from asr_fair.asr import describe_engine, memory
from asr_fair.asr.ctranslate2_weights import Dimensions
from asr_fair.asr.memory import free_device_bytes, weights_bytes, window_bytes, windows_that_fit
from asr_fair.config import SystemConfig
from asr_fair.errors import ConfigError

TINY_EN = Dimensions(80, 1500, 384, 6, 4, 51_864, 448, 384, 6, 4)
LARGE_V3 = Dimensions(128, 1500, 1280, 20, 32, 51_866, 448, 1280, 20, 32)
GIB = 2**30


@pytest.mark.parametrize(("network", "millions"), [(TINY_EN, 37.8), (LARGE_V3, 1543)])
def test_the_weights_are_those_of_the_network_itself(network: Dimensions, millions: float) -> None:
    sizes = asdict(network)
    with torch.device("meta"):
        encoder = whisper.model.AudioEncoder(
            *(
                sizes[f"n_{name}"]
                for name in ("mels", "audio_ctx", "audio_state", "audio_head", "audio_layer")
            )
        )
        decoder = whisper.model.TextDecoder(
            *(sizes[f"n_{name}"] for name in ("vocab", "text_ctx", "text_state", "text_head", "text_layer"))
        )
    numbers = sum(each.numel() for part in (encoder, decoder) for each in part.state_dict().values())
    assert numbers == pytest.approx(millions * 1e6, rel=0.02)
    assert weights_bytes(network, "float32") == pytest.approx(4 * numbers, rel=0.01)


def test_a_window_needs_at_least_what_decoding_it_really_allocates() -> None:
    """Peak of live tensors over encoder and prompt, as torch's own profiler of the CPU allocator sees it."""
    torch.manual_seed(1)
    small = Dimensions(80, 1500, 64, 2, 2, 51_865, 448, 64, 2, 2)
    network = whisper.Whisper(whisper.model.ModelDimensions(**asdict(small))).eval()

    def peak_bytes(n_windows: int) -> int:
        with torch.inference_mode(), torch.profiler.profile(profile_memory=True) as profile:
            encoded = network.encoder(torch.zeros(n_windows, 80, 3000))
            network.decoder(torch.zeros(n_windows, 4, dtype=torch.long), encoded, kv_cache={})
            del encoded
        used = most = 0
        for event in profile.profiler.kineto_results.events():  # type: ignore[union-attr]
            if event.name() == "[memory]":
                used += event.nbytes()
                most = max(most, used)
        return most

    real = (peak_bytes(6) - peak_bytes(2)) / 4
    assert real > 2_000_000
    assert real <= window_bytes(small, "float32") <= 20 * real


@pytest.mark.parametrize("network", [TINY_EN, LARGE_V3])
@pytest.mark.parametrize("precision", ["float16", "bfloat16", "float32"])
def test_a_batch_fits_beside_the_weights_and_twice_as_many_do_not(
    network: Dimensions, precision: str
) -> None:
    weights, window = weights_bytes(network, precision), window_bytes(network, precision)
    seen = set()
    for free in range(GIB // 2, 200 * GIB, GIB // 2):
        windows = windows_that_fit(free, network, precision)
        seen.add(windows)
        if windows > 1:
            assert weights + windows * window <= free
        if windows < memory.MOST_WINDOWS:
            assert weights + 2 * windows * window > 0.7 * (free - weights)
    assert seen <= {1, 2, 4, 8, 16, 32, 64, 128}
    assert {1, 64} <= seen or network is TINY_EN


def test_large_gets_the_batches_that_people_use_on_24_and_80_gib() -> None:
    assert windows_that_fit(24 * GIB, LARGE_V3, "float16") == 32
    assert windows_that_fit(80 * GIB, LARGE_V3, "float16") == 64
    assert windows_that_fit(80 * GIB, TINY_EN, "float16") == memory.MOST_WINDOWS
    assert windows_that_fit(0, LARGE_V3, "float16") == 1


@pytest.fixture
def asked_anew() -> Iterator[None]:
    free_device_bytes.cache_clear()
    yield
    free_device_bytes.cache_clear()


FAKE_TORCH = """
class cuda:
    @staticmethod
    def device_count(): return 2
    @staticmethod
    def mem_get_info(gpu): return ((5_000_000_000, 7_000_000_000)[gpu], 8_000_000_000)
"""
NO_DRIVER = "raise RuntimeError('Found no NVIDIA driver on your system')"


def fake_torch(folder: Path, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "torch.py").write_text(source, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.mark.usefixtures("asked_anew")
def test_the_fullest_gpu_decides_and_is_asked_outside_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_torch(tmp_path, FAKE_TORCH, monkeypatch)
    assert free_device_bytes() == 5_000_000_000
    assert not torch.cuda.is_initialized()


@pytest.mark.usefixtures("asked_anew")
def test_a_gpu_that_does_not_answer_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_torch(tmp_path, NO_DRIVER, monkeypatch)
    with pytest.raises(ConfigError, match=r"Found no NVIDIA driver.*batch_windows: 16"):
        free_device_bytes()


@pytest.mark.parametrize("engine", ["whisper", "faster-whisper"])
def test_auto_is_resolved_where_a_system_is_described(
    engine: str, make_system: Callable[..., SystemConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "free_device_bytes", lambda: 2 * GIB)
    assert describe_engine(make_system(engine, device="cpu")).batch_windows == 8
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 1)
    monkeypatch.setattr("ctranslate2.get_supported_compute_types", lambda device: {"float16", "float32"})
    on_gpu = describe_engine(make_system(engine, device="cuda"))
    assert on_gpu.batch_windows == windows_that_fit(2 * GIB, TINY_EN, "float16") == 16
    # The number of windows is no part of what can change a text: another size does not refuse a worker.
    asked = describe_engine(make_system(engine, device="cuda", batch_windows=5))
    assert (asked.batch_windows, asked.text_key) == (5, on_gpu.text_key)
