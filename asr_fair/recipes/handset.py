"""Handsets: `noise_profiles/handsets/<id>.yaml`; microphone, codec and network, in this order."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from asr_fair.recipes.evidence import Evidenced
from asr_fair.recipes.recipe import NAMING, Recipe
from asr_fair.records import Decibels, Seconds
from asr_fair.validation import Strict

Hertz = Annotated[float, Field(ge=20, le=7900)]
Gain = Annotated[Decibels, Field(ge=-60, le=60)]


class PassFilter(Strict):
    """What lies below (high_pass) or above (low_pass) the cutoff is attenuated."""

    kind: Literal["high_pass", "low_pass"]
    cutoff_hz: Hertz = Field(description="-3 dB point")
    rolloff_db_per_octave: Literal[12, 24, 36, 48] = 12


class BellFilter(Strict):
    """A boost or cut: around the centre (peak), below it (low_shelf) or above it (high_shelf)."""

    kind: Literal["peak", "low_shelf", "high_shelf"]
    centre_hz: Hertz
    gain_db: Gain
    q: float = Field(gt=0, le=20)


Filter = Annotated[PassFilter | BellFilter, Field(discriminator="kind")]


class Limiter(Strict):
    """Keeps peaks below a threshold, as the automatic level of a phone does."""

    threshold_db: Decibels = Field(ge=-60, le=0, description="dBFS")
    attack_s: Seconds = Field(gt=0, le=1)
    release_s: Seconds = Field(gt=0, le=5)


class Microphone(Strict):
    """From the air to numbers: filters in the order given, gain, limiter, then clipping."""

    filters: tuple[Filter, ...] = ()
    gain_db: Gain = 0.0
    limiter: Limiter | None = None
    clip_db: Decibels = Field(default=0.0, ge=-60, le=0, description="dBFS beyond which it clips")


CodecName = Literal["g711_ulaw", "g711_alaw", "g722", "g726", "amr_nb", "opus", "aac", "mp3", "sbc"]


class Codec(Strict):
    """An encoder and its decoder, one after the other."""

    name: CodecName
    kbit_s: float | None = Field(default=None, gt=0, description="where the codec has several rates")

    def __str__(self) -> str:
        return self.name if self.kbit_s is None else f"{self.name} {self.kbit_s:g} kbit/s"


class PacketLoss(Strict):
    """Packets lost in bursts (Gilbert-Elliott with all lost in the bad state), concealed by repetition."""

    rate: float = Field(gt=0, le=0.5, description="share of packets lost")
    mean_burst: float = Field(default=1.0, ge=1, le=20, description="mean length of a burst, in packets")

    @model_validator(mode="after")
    def _the_chain_exists(self) -> PacketLoss:
        if self.rate / (1 - self.rate) / self.mean_burst > 1:
            msg = f"mean_burst: bursts of {self.mean_burst:g} packets cannot make a loss of {self.rate:g}"
            raise ValueError(msg)
        return self


class Handset(Recipe, Evidenced):
    """How speech and noise are picked up and sent; runs after the noise."""

    folder: ClassVar[str] = "handsets"
    noun: ClassVar[str] = "handset"
    not_figures: ClassVar[frozenset[str]] = NAMING

    microphone: Microphone = Microphone()
    codec: Codec | None = None
    packet_loss: PacketLoss | None = None
