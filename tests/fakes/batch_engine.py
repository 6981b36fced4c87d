"""A recogniser whose texts depend on the company: what `asr-fair batch-check` must find out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from asr_fair.asr.base import Clip, EngineInfo
from asr_fair.config.systems import OnDevice, SystemConfig
from asr_fair.records import SAMPLE_RATE_HZ, Hypothesis

ALONE = "the ward is quiet tonight"
IN_COMPANY = {
    1.1: "the ward is quite tonight",  # another word
    1.2: "the ward",  # three words less
    1.3: "The ward, is quiet tonight.",  # as the headline normaliser sees it, the same
}
"""By the length of a recording in seconds, its text where others go with it."""
FAILS_IN_COMPANY_S = 1.4
FAILS_ALWAYS_S = 1.5


class CompanyConfig(OnDevice):
    """The keys of this engine."""


class CompanyEngine:
    """Hears the same in every recording, and something else in some when they are not alone."""

    config: ClassVar[type[SystemConfig]] = CompanyConfig

    def __init__(self, system: CompanyConfig) -> None:
        self.info = self.describe(system)

    @staticmethod
    def describe(system: CompanyConfig) -> EngineInfo:
        """The `info` of the loaded engine."""
        windows = 4 if system.batch_windows == "auto" else system.batch_windows
        return EngineInfo("company", system.model, "0" * 64, {}, windows)

    def transcribe(self, clips: Sequence[Clip]) -> list[Hypothesis]:
        """The texts, by how many clips there are."""
        lengths_s = [round(len(clip.samples) / SAMPLE_RATE_HZ, 3) for clip in clips]
        fails = {FAILS_ALWAYS_S} | ({FAILS_IN_COMPANY_S} if len(clips) > 1 else set())
        if fails & set(lengths_s):
            msg = "no room"
            raise RuntimeError(msg)
        if len(clips) == 1:
            return [Hypothesis(ALONE)]
        return [Hypothesis(IN_COMPANY.get(each, ALONE)) for each in lengths_s]


class LonelyConfig(SystemConfig):
    """The keys of an engine without batches."""


class LonelyEngine(CompanyEngine):
    """An engine that knows no batches, such as a service."""

    config = LonelyConfig

    @staticmethod
    def describe(system: SystemConfig) -> EngineInfo:
        """The `info` of the loaded engine."""
        return EngineInfo("lonely", system.model, "0" * 64, {}, 1)
