"""Encoders and decoders of PyAV, in memory: samples to packets and back."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_fair.handsets.formats import Format
from asr_fair.records import Samples

_FULL_SCALE = 32_768.0
"""Of 16-bit integers."""


def encode(samples: Samples, form: Format, kbit_s: float) -> tuple[list[bytes], bytes | None]:
    """Packets of one codec, and what its decoder must be told beforehand.

    Parameters
    ----------
    samples
        Mono audio at `form.sample_rate_hz`, shape = (n_samples,), n_samples a multiple of
        `form.packet_samples`.
    """
    import av

    context: Any = av.CodecContext.create(form.encoder, "w")
    context.sample_rate = form.sample_rate_hz
    context.layout = "mono"
    context.format = "fltp" if form.planar_float else "s16"
    context.bit_rate = round(kbit_s * 1000)
    context.options = dict(form.options)
    context.thread_count = 1
    context.open()
    pcm = samples if form.planar_float else _to_16_bit(samples)
    step = context.frame_size or len(pcm)
    packets = [
        bytes(packet)
        for frame in (*_frames(pcm, step, form.sample_rate_hz, context.format.name), None)
        for packet in context.encode(frame)
    ]
    if step != form.packet_samples:  # a stream of bits without frames of its own: the network cuts it
        packets = _cut(b"".join(packets), round(kbit_s * 125 * form.packet_samples / form.sample_rate_hz))
    return packets, context.extradata


def decode(packets: Sequence[bytes], form: Format, kbit_s: float, extradata: bytes | None) -> Samples:
    """Mono audio at `form.decoded_rate_hz`, shape (n_samples,), from packets that arrived."""
    if not packets:
        return np.zeros(0, np.float32)
    frames = _read_g726(packets, form, kbit_s) if form.decoder == "g726" else _read(packets, form, extradata)
    return np.concatenate([_to_float(frame.to_ndarray().ravel()) for frame in frames])


def _frames(pcm: NDArray[Any], step: int, rate_hz: int, sample_format: str) -> Iterator[Any]:
    import av

    for begin in range(0, len(pcm), step):
        block = np.ascontiguousarray(pcm[None, begin : begin + step])
        frame = av.AudioFrame.from_ndarray(block, format=sample_format, layout="mono")
        frame.sample_rate, frame.pts = rate_hz, begin
        yield frame


def _read(packets: Iterable[bytes], form: Format, extradata: bytes | None) -> Iterator[Any]:
    """Frames of a decoder that takes packets as they are.

    Packets are made anew from their bytes: the encoder's side data would have the decoder skip its own
    delay, which is counted from the first packet, lost or not. For the same reason Opus is not told its
    pre-skip.
    """
    import av

    context: Any = av.CodecContext.create(form.decoder, "r")
    context.sample_rate = form.decoded_rate_hz
    context.layout = "mono"
    context.thread_count = 1
    if form.decoder == "aac":
        context.extradata = extradata
    for packet in packets:
        yield from context.decode(av.Packet(packet))
    yield from context.decode(None)


def _read_g726(packets: Iterable[bytes], form: Format, kbit_s: float) -> Iterator[Any]:
    """The bits per sample can be told to FFmpeg's decoder of G.726 only by way of a container."""
    import av

    bits = round(kbit_s * 1000 / form.sample_rate_hz)
    told = {"code_size": str(bits), "sample_rate": str(form.sample_rate_hz)}
    with av.open(io.BytesIO(b"".join(packets)), "r", format="g726", options=told) as container:
        yield from container.decode(container.streams.audio[0])


def _cut(data: bytes, packet_bytes: int) -> list[bytes]:
    return [data[begin : begin + packet_bytes] for begin in range(0, len(data), packet_bytes)]


def _to_16_bit(samples: Samples) -> NDArray[np.int16]:
    scaled = np.rint(samples * _FULL_SCALE)
    pcm: NDArray[np.int16] = np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
    return pcm


def _to_float(pcm: NDArray[Any]) -> Samples:
    scaled = pcm / np.float32(_FULL_SCALE) if pcm.dtype == np.int16 else pcm
    return np.asarray(scaled, dtype=np.float32)
