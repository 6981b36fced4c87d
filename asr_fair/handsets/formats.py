"""The codecs: their rates, packets and delays, and whether this machine has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from asr_fair.errors import Fault
from asr_fair.recipes.handset import Codec, CodecName, Handset


@dataclass(frozen=True, slots=True)
class Format:
    """A codec as PyAV knows it.

    Attributes
    ----------
    encoder, decoder
        FFmpeg's names.
    rates_kbit_s
        Bit rates that can be asked for.
    sample_rate_hz, decoded_rate_hz
        What goes into the encoder, and what comes out of the decoder.
    packet_samples
        Samples of one packet, at `sample_rate_hz`.
    delay_samples
        Delay from encoder to decoder at 16 kHz, resampling included; measured by cross-correlation.
    planar_float
        Whether the encoder takes float samples; else 16-bit integers.
    packets_stand_alone
        Whether a lost packet leaves the others in their place: so with voice codecs, not with those whose
        packets overlap or share bits.
    """

    encoder: str
    decoder: str
    rates_kbit_s: tuple[float, ...]
    sample_rate_hz: int
    packet_samples: int
    decoded_rate_hz: int
    delay_samples: int = 0
    planar_float: bool = False
    packets_stand_alone: bool = True
    options: Mapping[str, str] = field(default_factory=dict)


_AMR_NB_KBIT_S = (4.75, 5.15, 5.9, 6.7, 7.4, 7.95, 10.2, 12.2)
_MPEG2_LAYER3_KBIT_S = (8.0, 16.0, 24.0, 32.0, 40.0, 48.0, 56.0, 64.0, 80.0, 96.0)

FORMATS: Mapping[CodecName, Format] = {
    "g711_ulaw": Format("pcm_mulaw", "pcm_mulaw", (64.0,), 8_000, 160, 8_000),
    "g711_alaw": Format("pcm_alaw", "pcm_alaw", (64.0,), 8_000, 160, 8_000),
    "g722": Format("g722", "g722", (64.0,), 16_000, 320, 16_000, delay_samples=22),
    "g726": Format("g726", "g726", (16.0, 24.0, 32.0, 40.0), 8_000, 160, 8_000),
    "amr_nb": Format(
        "libopencore_amrnb",
        "libopencore_amrnb",  # FFmpeg's own, `amrnb`, takes 13 dB off a quiet steady tone
        _AMR_NB_KBIT_S,
        8_000,
        160,
        8_000,
        delay_samples=80,
    ),
    "opus": Format(
        "libopus",
        "libopus",
        (6.0, 8.0, 12.0, 16.0, 20.0, 24.0, 32.0, 48.0, 64.0),
        16_000,
        320,
        48_000,
        delay_samples=104,
        options={"application": "voip", "frame_duration": "20"},
    ),
    "aac": Format(
        "aac",
        "aac",
        (16.0, 24.0, 32.0, 48.0, 64.0),
        16_000,
        1024,
        16_000,
        delay_samples=1024,
        planar_float=True,
        packets_stand_alone=False,
    ),
    "mp3": Format(
        "libmp3lame",
        "mp3float",
        _MPEG2_LAYER3_KBIT_S,
        16_000,
        576,
        16_000,
        delay_samples=1105,
        planar_float=True,
        packets_stand_alone=False,
    ),
    "sbc": Format("sbc", "sbc", (60.8,), 16_000, 120, 16_000, delay_samples=73, options={"msbc": "1"}),
}
"""A packet of a voice codec is 20 ms, as is usual on networks; SBC (mSBC, Bluetooth's wideband speech) sends
each of its frames of 7.5 ms alone."""


def rate_kbit_s(codec: Codec) -> float:
    """The rate asked for, or the only one that the codec has."""
    return FORMATS[codec.name].rates_kbit_s[0] if codec.kbit_s is None else codec.kbit_s


def faults(handset: Handset, file: str) -> Iterator[Fault]:
    """What a handset asks for and no codec here, or none at all, can do."""
    codec, loss = handset.codec, handset.packet_loss
    if codec is None:
        if loss is not None:
            remedy = "Add a voice codec under `codec`, or remove `packet_loss`"
            yield Fault(file, "there are no packets without a codec", remedy, field="packet_loss")
        return
    form = FORMATS[codec.name]
    if absent := [name for name, mode in ((form.encoder, "w"), (form.decoder, "r")) if not _has(name, mode)]:
        problem = f"this build of PyAV (FFmpeg) lacks {', '.join(absent)}"
        usable = [
            name for name, each in FORMATS.items() if _has(each.encoder, "w") and _has(each.decoder, "r")
        ]
        remedy = f"Install PyAV from PyPI (pip install av), or use one of {', '.join(usable)}"
        yield Fault(file, problem, remedy, field="codec.name", value=codec.name)
    if rate_kbit_s(codec) not in form.rates_kbit_s or (codec.kbit_s is None and len(form.rates_kbit_s) > 1):
        rates = ", ".join(f"{rate:g}" for rate in form.rates_kbit_s)
        problem = "is missing" if codec.kbit_s is None else f"{codec.name} has no such rate"
        yield Fault(file, problem, f"Use one of {rates}", field="codec.kbit_s", value=codec.kbit_s)
    if loss is not None and not form.packets_stand_alone:
        voice = ", ".join(name for name, each in FORMATS.items() if each.packets_stand_alone)
        problem = f"packets of {codec.name} depend on each other, and it is not used for calls"
        remedy = f"Remove `packet_loss`, or use a voice codec: {voice}"
        yield Fault(file, problem, remedy, field="packet_loss")


@lru_cache(maxsize=64)
def _has(name: str, mode: Literal["r", "w"]) -> bool:
    import av

    try:
        av.Codec(name, mode)
    except av.codec.codec.UnknownCodecError:
        return False
    return True
