"""Speech of the demo manifest, the engines on tiny.en, and a network small enough to build in a test."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import pytest
import soundfile as sf

from asr_fair.asr.base import Engine
from asr_fair.asr.ctranslate2_weights import Dimensions
from asr_fair.asr.registry import load_engine
from asr_fair.asr.weights import wheel_folder
from asr_fair.config import SystemConfig
from asr_fair.config.systems import SYSTEM_MODELS, ForeignConfig
from asr_fair.records import SAMPLE_RATE_HZ, Samples

DEMO = Path(__file__).resolve().parents[2] / "manifests" / "demo.jsonl"
SMALL = Dimensions(80, 1500, 16, 2, 2, 51_865, 448, 16, 2, 2)
"""A multilingual Whisper of two narrow layers; random weights say nothing sensible, but do run."""


class Utterance(NamedTuple):
    samples: Samples
    reference: str


MakeSystem = Callable[..., SystemConfig]


def _system(engine: str = "whisper", model: str = "tiny.en", **others: object) -> SystemConfig:
    keys = {"name": "tested", "engine": engine, "model": str(model)} | others
    return SYSTEM_MODELS.get(engine, ForeignConfig).model_validate(keys)


@pytest.fixture(scope="session")
def make_system() -> MakeSystem:
    """A function from what matters in a test to a system's configuration."""
    return _system


@pytest.fixture(scope="session")
def speech() -> list[Utterance]:
    """Wideband utterances of the demo, in the order of its manifest."""
    rows = [json.loads(line) for line in DEMO.read_text(encoding="utf-8").splitlines()]
    read = [
        (*sf.read(DEMO.with_suffix("") / row["audio"], dtype="float32"), row["reference"]) for row in rows
    ]
    return [Utterance(samples, text) for samples, rate, text in read if rate == SAMPLE_RATE_HZ]


@pytest.fixture(scope="session")
def tiny_en() -> Callable[[str], Engine]:
    """A function from an engine's name to that engine on the CPU with tiny.en from the wheel, loaded once."""
    if wheel_folder() is None:
        pytest.skip('no wheel of tiny.en (pip install "asr-fair[tiny-en]")')
    loaded: dict[str, Engine] = {}

    def engine(name: str) -> Engine:
        if name not in loaded:
            loaded[name] = load_engine(_system(name, device="cpu"))
        return loaded[name]

    return engine


@pytest.fixture(scope="session")
def small_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint as OpenAI stores it, of random float16 weights."""
    import torch
    import whisper

    generator = torch.Generator().manual_seed(1)
    network = whisper.Whisper(whisper.model.ModelDimensions(**asdict(SMALL)))
    state = {
        # Strong cross-attention, so that what is said depends on what is heard.
        name: ((5 if "cross_attn." in name else 0.3) * torch.randn(weights.shape, generator=generator)).half()
        for name, weights in network.state_dict().items()
    }
    path = tmp_path_factory.mktemp("checkpoint") / "small.pt"
    torch.save({"dims": asdict(SMALL), "model_state_dict": state}, path)
    return path
