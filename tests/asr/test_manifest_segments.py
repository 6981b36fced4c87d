"""Segments of a manifest, from its rows to the windows that a recogniser is given: to the sample."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
import yaml

from asr_fair.asr.base import Clip
from asr_fair.asr.batching import transcribe_clips
from asr_fair.asr.memory import BatchLimit
from asr_fair.asr.windows import WINDOW_SAMPLES, DecodedWindow, cut_windows
from asr_fair.conditions.plan import Outline, condition_of
from asr_fair.config.systems import ForeignConfig
from asr_fair.manifest.check import read_manifest
from asr_fair.records import SAMPLE_RATE_HZ, Hypothesis, Samples
from asr_fair.run.batch import Batch, Item
from asr_fair.run.worker import BatchRunner, RunSetup
from fakes.engine import FakeEngine, describe, text_of

RECORDING_S = 100
SEGMENTS = {
    "short": (3.21, 4.56),
    "half a minute": (10.0, 30.0),
    "long": (20.5, 61.25),
    "to the end": (95.0, None),
}


class WindowedEngine(FakeEngine):
    """Cuts and joins as the Whisper engines do; each window's text is a digest of its samples."""

    def transcribe(self, clips: Sequence[Clip]) -> list[Hypothesis]:
        return transcribe_clips(self, [clip.samples for clip in clips], language="en", limit=BatchLimit(2))

    def encode(self, windows: Sequence[Samples]) -> Sequence[Samples]:
        return windows

    def detect_languages(self, encoded: Sequence[Samples]) -> list[str]:
        return ["en"] * len(encoded)

    def decode(self, encoded: Sequence[Samples], languages: Sequence[str]) -> list[DecodedWindow]:
        return [DecodedWindow(text_of(window), "en", 0.1, -1.0, 1) for window in encoded]


def test_exactly_the_segment_is_transcribed_and_cut_only_beyond_thirty_seconds(tmp_path: Path) -> None:
    whole = np.random.default_rng(1).normal(0, 3000, RECORDING_S * SAMPLE_RATE_HZ).astype(np.int16)
    soundfile.write(tmp_path / "ward.wav", whole, SAMPLE_RATE_HZ, subtype="PCM_16")
    rows = []
    for name, (start_s, duration_s) in SEGMENTS.items():
        row = {"utterance_id": name, "audio": "ward.wav", "reference": "words", "start_s": start_s}
        rows.append(row if duration_s is None else row | {"duration_s": duration_s})
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "m.yaml").write_text(yaml.safe_dump({"name": "m", "permitted_use": ["evaluate"]}))
    manifest, _ = read_manifest(tmp_path / "m.jsonl")

    system = ForeignConfig.model_validate({"name": "fake", "engine": "fake", "model": "any"})
    keys = {"fake": describe(system).text_key}
    clean = condition_of(Outline(), None, None)
    runner = BatchRunner(RunSetup((system,), (clean,), 1, keys, WindowedEngine))
    items = tuple(Item(source, source.utterance_id) for source in manifest.sources())
    texts = {each.utterance_id: each.text for each in runner.run(Batch(0, "fake", "clean", items)).outcomes}

    samples = whole.astype(np.float32) / 32768
    for name, (start_s, duration_s) in SEGMENTS.items():
        begin = round(start_s * SAMPLE_RATE_HZ)
        end = len(samples) if duration_s is None else begin + round(duration_s * SAMPLE_RATE_HZ)
        expected = cut_windows(samples[begin:end])
        assert sum(map(len, expected)) == end - begin
        assert len(expected) == (3 if name == "long" else 1)
        assert texts[name] == " ".join(text_of(window) for window in expected)
    assert len(cut_windows(samples[: WINDOW_SAMPLES + 1])) == 2
