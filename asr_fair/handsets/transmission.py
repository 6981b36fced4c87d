"""From one end of a line to the other: resampling, codec, network, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin, resample_poly

from asr_fair.handsets.coding import decode, encode
from asr_fair.handsets.concealment import conceal
from asr_fair.handsets.formats import FORMATS, Format, rate_kbit_s
from asr_fair.handsets.packet_loss import draw_lost
from asr_fair.recipes.handset import Codec, PacketLoss
from asr_fair.records import SAMPLE_RATE_HZ, Samples

_ZERO_CROSSINGS, _ROLLOFF, _KAISER_BETA = 64, 0.945, 9.0
"""Low-pass of the resampler: flat up to 0.9 of half the lower rate, 90 dB down from 0.99 of it."""


@dataclass(frozen=True, slots=True)
class Received:
    """What comes out at the other end, shape (n_samples,) at `SAMPLE_RATE_HZ`.

    `clipped_share` is the share of samples that lay beyond full scale at the encoder: a line of a narrower
    band overshoots where what was clipped before goes through it. `lost_share` is None without a network.
    """

    samples: Samples
    clipped_share: float
    lost_share: float | None


def transmit(samples: Samples, codec: Codec, loss: PacketLoss | None, rng: np.random.Generator) -> Received:
    """Audio through encoder, network and decoder.

    Shape (n_samples,) at `SAMPLE_RATE_HZ`, in and out; the delay is taken off, and nothing is cut off.
    """
    form, kbit_s = FORMATS[codec.name], rate_kbit_s(codec)
    sent = _padded(change_rate(samples, SAMPLE_RATE_HZ, form.sample_rate_hz), form)
    packets, extradata = encode(sent, form, kbit_s)
    if loss is None:
        lost_share, heard = None, decode(packets, form, kbit_s, extradata)
    else:
        lost = draw_lost(len(packets), loss, rng)
        lost_share = float(lost.mean())
        arrived = [packet for packet, is_lost in zip(packets, lost, strict=True) if not is_lost]
        heard = _with_gaps_filled(decode(arrived, form, kbit_s, extradata), lost, form)
    received = change_rate(heard, form.decoded_rate_hz, SAMPLE_RATE_HZ)
    aligned = received[form.delay_samples :][: len(samples)]
    clipped_share = float(np.mean(np.abs(sent) > 1.0))
    return Received(np.clip(aligned, -1.0, 1.0), clipped_share, lost_share)


def change_rate(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Samples at another rate, without delay, shape (n_samples,) -> (ceil(n_samples * to / from),).

    `asr_fair.audio.resample` is faster but computes with torch, whose last bits depend on the number of
    threads; a condition must not.
    """
    if from_hz == to_hz:
        return samples
    common = math.gcd(from_hz, to_hz)
    up, down = to_hz // common, from_hz // common
    resampled: Samples = resample_poly(samples, up, down, window=_low_pass(max(up, down)))
    return resampled.astype(np.float32, copy=False)


@lru_cache(maxsize=4)
def _low_pass(ratio: int) -> NDArray[np.float64]:
    taps: NDArray[np.float64] = firwin(
        2 * _ZERO_CROSSINGS * ratio + 1, _ROLLOFF / ratio, window=("kaiser", _KAISER_BETA)
    )
    return taps


def _padded(samples: Samples, form: Format) -> Samples:
    """Silence for the codec's delay and the last packet to be filled up, so that the last word gets out."""
    delay = math.ceil(form.delay_samples * form.sample_rate_hz / SAMPLE_RATE_HZ)
    n_packets = math.ceil((len(samples) + delay) / form.packet_samples)
    return np.pad(samples, (0, n_packets * form.packet_samples - len(samples)))


def _with_gaps_filled(arrived: Samples, lost: NDArray[np.bool_], form: Format) -> Samples:
    """Decoded packets at their places, and in between what conceals the lost ones."""
    packet_samples = form.packet_samples * form.decoded_rate_hz // form.sample_rate_hz
    packets = np.zeros((len(lost), packet_samples), np.float32)
    packets[~lost] = arrived.reshape(-1, packet_samples)
    return conceal(packets.ravel(), np.repeat(lost, packet_samples), form.decoded_rate_hz)
