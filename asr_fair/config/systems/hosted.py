"""What every engine has that sends the recordings to a service."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field

from asr_fair.config.systems.base import SystemConfig


class HostedConfig(SystemConfig):
    """A service that recognises: how hard it is asked, and what it costs. Never a key or a password."""

    revision: str | None = Field(
        default=None, min_length=1, description="which state of the service this was, in your own words"
    )
    concurrency: int = Field(default=4, ge=1, le=256, description="requests at once, over the whole run")
    timeout_s: float = Field(default=120.0, gt=0, le=86_400, description="for the answer to one request")
    max_tries: int = Field(default=6, ge=1, le=100, description="of one request, the first included")
    longest_wait_s: float = Field(
        default=300.0, ge=0, le=86_400, description="between two tries; a service that asks for more stops it"
    )
    price_per_minute: float | None = Field(default=None, ge=0, description="of audio, in `currency`")
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    least_billed_s: float = Field(default=0.0, ge=0, description="shorter audio is charged as this much")

    def resolved(self, base: Path) -> Self:
        """The same: the model is a name at the service, whatever lies beside the configuration."""
        return self
