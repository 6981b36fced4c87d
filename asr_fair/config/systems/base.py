"""What every system under test has, whichever engine recognises."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self, TypeAlias

from pydantic import Field

from asr_fair.validation import Strict

AUTO: Literal["auto"] = "auto"
BatchWindows: TypeAlias = int | Literal["auto"]


class SystemConfig(Strict):
    """A speech recogniser under test; each engine adds keys of its own."""

    name: str = Field(pattern=r"^[\w.+-]+$", description="how tables and the report call this system")
    engine: str = Field(description="registered engine, such as whisper or faster-whisper")
    model: str = Field(description="official model name, 'tiny.en' from its wheel, or a local path")
    language: str = Field(default="en", description="language code, or 'detect'")

    @property
    def may_use_gpu(self) -> bool:
        """Whether a GPU of the machine that runs it is of use."""
        return False

    def resolved(self, base: Path) -> Self:
        """The same with relative paths taken from `base`, the folder of the configuration."""
        # A name such as tiny.en is no path; only what is there beside the configuration is taken as one.
        if (base / self.model).exists():
            return self.model_copy(update={"model": str(base / self.model)})
        return self

    def in_run(self, run_id: str) -> Self:
        """The same as part of a run; `run_id` is random and the run directory's own, at every start."""
        return self


class OnDevice(SystemConfig):
    """A network that runs on the workers' own processor or GPU."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["auto", "float32", "float16", "bfloat16", "int8", "int8_float16", "int8_bfloat16"] = (
        Field(default="auto", description="auto: float16 on a GPU, float32 on a CPU")
    )
    batch_windows: BatchWindows = Field(
        default=AUTO,
        ge=1,
        le=1024,
        description="30-second windows in a batch; auto: 8 on a CPU, by the free memory on a GPU",
    )

    @property
    def may_use_gpu(self) -> bool:
        """Unless the CPU is asked for."""
        return self.device != "cpu"
