"""A system whose engine another package brings."""

from __future__ import annotations

from pydantic import ConfigDict

from asr_fair.config.systems.base import SystemConfig


class ForeignConfig(SystemConfig):
    """An engine by an entry point: its keys are checked by the engine itself, against its own model."""

    model_config = ConfigDict(extra="allow")

    @property
    def may_use_gpu(self) -> bool:
        """Unless its `device` is the CPU: another package's engine takes what it finds."""
        return (self.model_extra or {}).get("device") != "cpu"
