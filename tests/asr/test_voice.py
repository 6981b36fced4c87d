"""The model of voices that faster-whisper ships: what it hears, and that it hears the same everywhere."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import faster_whisper
import numpy as np
import pytest
import soundfile
from faster_whisper.vad import VadOptions, get_speech_timestamps, get_vad_model

from asr_fair.asr import describe_engine
from asr_fair.asr.voice import FRAME_SAMPLES, speech_probabilities, voice_model_settings
from asr_fair.asr.windows import WINDOW_SAMPLES, cut_windows
from asr_fair.audio.decode import load_audio
from asr_fair.config import SystemConfig
from asr_fair.records import SAMPLE_RATE_HZ, AudioSource, Samples

DEMO = Path(__file__).resolve().parents[2] / "manifests" / "demo"


def spoken(n_files: int, gap_s: float = 0.4) -> Samples:
    """Utterances of the demo, one after the other, with silence between them."""
    files = sorted(DEMO.rglob("*.flac")) or sorted(DEMO.rglob("*.wav"))
    parts = []
    for path in files[:: max(1, len(files) // n_files)][:n_files]:
        parts += [load_audio(AudioSource(path.stem, str(path))), np.zeros(int(gap_s * 16_000), np.float32)]
    return np.concatenate(parts)


def test_frames_are_those_of_faster_whispers_own_filter() -> None:
    """Where our probabilities pass 0.5 is where its `get_speech_timestamps` lets speech begin."""
    samples = np.concatenate((np.zeros(SAMPLE_RATE_HZ, np.float32), spoken(6)))
    probabilities = speech_probabilities(samples)
    assert len(probabilities) == -(-len(samples) // FRAME_SAMPLES)
    found = get_speech_timestamps(samples, VadOptions(speech_pad_ms=0, min_silence_duration_ms=100))
    firsts = {each["start"] // FRAME_SAMPLES for each in found}
    assert len(firsts) >= 5
    for first in firsts:
        assert probabilities[first] >= 0.5 > probabilities[first - 1]


def test_the_recording_is_not_changed_by_listening() -> None:
    samples = spoken(2)[: 100 * FRAME_SAMPLES]
    before = samples.copy()
    speech_probabilities(samples)
    np.testing.assert_array_equal(samples, before)


def test_speech_is_cut_between_utterances() -> None:
    """The silence between two utterances is where the cut falls: only zeros lie around it."""
    samples = spoken(40)
    windows = cut_windows(samples)
    assert len(windows) > 3
    for cut in np.cumsum([len(window) for window in windows[:-1]]):
        assert not samples[cut - 1600 : cut + 1600].any()
    np.testing.assert_array_equal(np.concatenate(windows), samples)


def test_speech_under_noise_is_cut_between_utterances() -> None:
    """The quietest stretch is no guide where a siren comes and goes: the voice is."""
    samples = spoken(40, gap_s=0.6)
    silent = samples == 0
    level = np.sqrt(np.mean(np.square(samples)))
    times = np.arange(len(samples)) / SAMPLE_RATE_HZ
    swelling = np.sin(2 * np.pi * 0.4 * times) ** 2 * np.sin(2 * np.pi * 620 * times)
    windows = cut_windows((samples + level * swelling).astype(np.float32))
    cuts = np.cumsum([len(window) for window in windows[:-1]])
    assert np.mean(silent[cuts]) > 0.7


@pytest.mark.parametrize("loud", [False, True], ids=["digital silence", "noise"])
def test_where_nobody_speaks_windows_are_as_long_as_may_be(loud: bool) -> None:
    n_samples = 95 * SAMPLE_RATE_HZ
    noise = np.random.default_rng(1).normal(0, 0.05, n_samples).astype(np.float32)
    windows = cut_windows(noise if loud else np.zeros(n_samples, np.float32))
    assert all(len(window) >= 25 * SAMPLE_RATE_HZ for window in windows[:-1])
    assert len(windows) == 4


def test_three_hours_are_cut_in_bounded_memory() -> None:
    samples = np.zeros(3 * 3600 * SAMPLE_RATE_HZ, np.float32)
    heard: list[int] = []

    def hear(part: Samples) -> np.ndarray:
        heard.append(len(part))
        return np.full(len(part) // FRAME_SAMPLES, 0.9, np.float32)

    tracemalloc.start()
    windows = cut_windows(samples, hear)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(map(len, windows)) == len(samples)
    assert max(heard) < 13 * SAMPLE_RATE_HZ
    assert peak < 16e6  # the recording itself takes 691e6 bytes


def test_one_model_on_one_thread_whatever_the_environment_says() -> None:
    model = get_vad_model()
    assert get_vad_model() is model
    options = model.session.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)


CUTS = """
import hashlib, json, sys
import soundfile
from asr_fair.asr.voice import speech_probabilities
from asr_fair.asr.windows import cut_windows
samples, _ = soundfile.read(sys.argv[1], dtype="float32")
heard = hashlib.sha256(speech_probabilities(samples).tobytes()).hexdigest()
print(json.dumps([[len(window) for window in cut_windows(samples)], heard]))
"""


def test_every_process_cuts_alike_whatever_its_threads(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    samples = spoken(30)
    soundfile.write(path, samples, SAMPLE_RATE_HZ, subtype="FLOAT")
    answers = []
    for threads in ("1", "2"):
        environment = os.environ | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        command = [sys.executable, "-c", CUTS, str(path)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        answers.append(json.loads(done.stdout))
    assert answers[0] == answers[1]
    heard = hashlib.sha256(speech_probabilities(samples).tobytes()).hexdigest()
    assert answers[0] == [[len(window) for window in cut_windows(samples)], heard]


def test_short_clips_never_load_the_model() -> None:
    code = (
        "import sys, numpy as np\n"
        "from asr_fair.asr.windows import WINDOW_SAMPLES, cut_windows\n"
        "cut_windows(np.zeros(WINDOW_SAMPLES, np.float32))\n"
        "assert 'onnxruntime' not in sys.modules and 'faster_whisper' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.model
@pytest.mark.parametrize("name", ["whisper", "faster-whisper"])
def test_the_settings_of_an_engine_name_what_cuts(
    name: str, make_system: Callable[..., SystemConfig]
) -> None:
    settings = describe_engine(make_system(name, device="cpu")).settings
    assert voice_model_settings().items() <= settings.items()
    assert settings["cut_at"] == "pauses"
    assert settings["window_s"] * SAMPLE_RATE_HZ == WINDOW_SAMPLES


def test_another_voice_model_is_another_text_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = voice_model_settings()
    assert faster_whisper.__version__ in before["voice_model_from"]
    package = tmp_path / "faster_whisper"
    (package / "assets").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "assets" / "silero_vad_v6.onnx").write_bytes(b"another network")
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda _: type("Spec", (), {"origin": str(package / "__init__.py")})
    )
    voice_model_settings.cache_clear()
    try:
        assert voice_model_settings()["voice_model_digest"] != before["voice_model_digest"]
    finally:
        voice_model_settings.cache_clear()
