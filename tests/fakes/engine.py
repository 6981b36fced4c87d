"""A recogniser for tests of the run: its text is a function of the samples, and some lengths are poison."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from asr_fair.asr.base import Clip, EngineInfo
from asr_fair.config import SystemConfig
from asr_fair.errors import MissingModelError
from asr_fair.records import SAMPLE_RATE_HZ, Hypothesis, Samples

RAISES_S = 1.25
KILLS_S = 1.5
SECONDS_PER_BATCH = 0.05


def text_of(samples: Samples) -> str:
    """What this recogniser hears: a digest of the samples."""
    return hashlib.sha256(samples.tobytes()).hexdigest()[:12]


def clips_of(sounds: Iterable[Samples]) -> list[Clip]:
    """Sounds as an engine is given them."""
    return [Clip(f"u{number}", "clean", samples) for number, samples in enumerate(sounds)]


def describe(system: SystemConfig) -> EngineInfo:
    """The `info` of the loaded engine."""
    return EngineInfo("fake", system.model, "0" * 64, {})


class FakeEngine:
    """Says the digest of what it hears; raises on clips of 1.25 s, dies on clips of 1.5 s."""

    def __init__(self, system: SystemConfig) -> None:
        if system.model == "absent":
            msg = "no such model"
            raise MissingModelError(msg)
        self.info = describe(system)

    def transcribe(self, clips: Sequence[Clip]) -> list[Hypothesis]:
        time.sleep(SECONDS_PER_BATCH)
        for samples in (clip.samples for clip in clips):
            if len(samples) == KILLS_S * SAMPLE_RATE_HZ:
                os._exit(9)
            if len(samples) == RAISES_S * SAMPLE_RATE_HZ:
                msg = "out of memory"
                raise RuntimeError(msg)
        return [Hypothesis(text_of(clip.samples), language=str(os.getpid())) for clip in clips]


class StuckEngine(FakeEngine):
    """The same, but the first process that gets to a clip hangs; its `model` is the file that says so."""

    def transcribe(self, clips: Sequence[Clip]) -> list[Hypothesis]:
        try:
            Path(self.info.model).touch(exist_ok=False)
        except FileExistsError:
            return super().transcribe(clips)
        time.sleep(3600)
        raise AssertionError


class LoudEngine(FakeEngine):
    """The same, in capitals: another run's engine must not answer for this one."""

    def transcribe(self, clips: Sequence[Clip]) -> list[Hypothesis]:
        return [Hypothesis(f"LOUD {heard.text}", heard.language) for heard in super().transcribe(clips)]
