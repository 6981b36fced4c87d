"""A run whose recogniser writes down what it heard, as a digest of the samples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from asr_fair.asr import registry
from asr_fair.asr.base import Clip, EngineInfo
from asr_fair.config import SystemConfig, read_config
from asr_fair.pipeline import run as pipeline
from asr_fair.pipeline import transcribe
from asr_fair.records import Hypothesis
from fakes.demo import write_small_manifest
from fakes.engine import text_of
from fakes.in_process import run_here

CONDITIONS = [
    "clean",
    {"profile": "scanner", "snr_db": 5},
    {"profile": "corridor-babble", "snr_db": 10, "handset": "landline"},
]
SCANNER, BABBLE = "scanner@5dB", "corridor-babble@10dB+landline"


class Listener:
    """A recogniser that says the digest of what it hears."""

    config = SystemConfig

    def __init__(self, system: SystemConfig) -> None:
        self.info = self.describe(system)

    @classmethod
    def describe(cls, system: SystemConfig) -> EngineInfo:
        settings = {"temperature": 0.0, "beams": 1, "timestamps": False, "prompt": None}
        return EngineInfo("listener", system.model, "1" * 64, settings)

    def transcribe(self, clips: Sequence[Clip]) -> list[Hypothesis]:
        return [
            Hypothesis(text_of(clip.samples), "en", no_speech_probability=0.125, mean_log_probability=-0.5)
            for clip in clips
        ]


def write_heard_run(folder: Path, *, conditions: list[object] | None = None, **others: object) -> Path:
    """A finished run of twelve demo utterances in `folder`, without model and cluster: its run directory."""
    write_small_manifest(folder)
    config = {
        "name": "small",
        "title": "Small <i>run</i>",
        "manifest": "small.jsonl",
        "output": "run",
        "seed": 7,
        "conditions": conditions or CONDITIONS,
        "systems": [{"name": "listener", "engine": "listener", "model": "none"}],
        "normalisers": ["whisper_en"],
        **others,
    }
    path = folder / "small.run.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        target = registry._Registered("view.hearing:Listener", "")
        patched.setitem(registry._ENGINES, "listener", target)
        patched.setattr(transcribe, "run_batches", run_here)
        pipeline.run(read_config(path))
    return folder / "run"
