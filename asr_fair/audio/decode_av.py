"""Decoding with FFmpeg (PyAV) what libsndfile does not read: m4a, webm, amr and others.

Segments begin at the exact sample, but for WebM, whose time stamps count milliseconds.
"""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from asr_fair.audio.reasons import AudioReason, audio_error
from asr_fair.audio.segment import check_length, check_rate, frames_of_segment, segment_outside
from asr_fair.records import AudioSource, Samples, Seconds, Waveform

_CONTAINERS = "aac,ac3,aiff,amr,asf,avi,caf,flac,flv,g722,gsm,matroska,mov,mp3,mpeg,mpegts,ogg,w64,wav"
"""Demuxers allowed: playlists (hls, concat) would open other files and addresses."""

_INDEXED = ("mov", "matroska")
"""Containers whose header gives a length to rely on and an index to seek by."""

_PREROLL_S: Seconds = 0.5
"""Decoding starts this much before a segment, so that the codec has settled (Opus asks for 80 ms)."""

_SHORTFALL_S: Seconds = 0.25
"""Decoded audio may be this much shorter than the header says: codec delay and the last frame."""


def mix_to_mono(channels: NDArray[Any]) -> Samples:
    """Mean over channels, shape (n_channels, n_samples), full scale 1.0 -> (n_samples,), float32."""
    mono = channels[0] if len(channels) == 1 else channels.mean(axis=0, dtype=np.float32)
    return np.ascontiguousarray(mono, dtype=np.float32)


def decode_with_ffmpeg(file: BinaryIO, source: AudioSource) -> Waveform:
    """The source's segment as mono audio at its own rate.

    Raises AudioError: unreadable, truncated, no_samples, too_long, segment_outside.
    """
    import av

    try:
        with av.open(file, options={"format_whitelist": _CONTAINERS}) as container:
            if not container.streams.audio:
                problem, remedy = "holds no audio stream", "Give a file with sound"
                raise audio_error(source, AudioReason.UNREADABLE, problem, remedy)
            return _decode_stream(container, source)
    except av.error.FFmpegError as error:
        problem = "is not audio that can be decoded"
        remedy = "Check that it is a sound file and whole, or export it as WAV or FLAC"
        raise audio_error(source, AudioReason.UNREADABLE, problem, remedy) from error


def _decode_stream(container: Any, source: AudioSource) -> Waveform:
    stream = container.streams.audio[0]
    header_s = _length_by_header_s(container, stream)
    first_s, samples, rate_hz, broken = _decode_frames(container, stream, header_s, source)
    if not rate_hz:
        if source.start_s and header_s:
            raise segment_outside(source, header_s)
        problem, remedy = "holds no samples", "Record or export it again"
        raise audio_error(source, AudioReason.NO_SAMPLES, problem, remedy)
    decoded_s = first_s + len(samples) / rate_hz
    promised_s = min(header_s or 0.0, _end_s(source))
    if broken or decoded_s < promised_s - _SHORTFALL_S:
        problem = f"breaks off after {decoded_s:.2f} s"
        raise audio_error(source, AudioReason.TRUNCATED, problem, "Copy it again from its origin")
    skipped = round(first_s * rate_hz)
    end = skipped + len(samples)
    if header_s is not None:  # AAC fills its last frame up; the header knows where the sound ended
        end = min(end, round(header_s * rate_hz))
    begin, count = frames_of_segment(source, end, rate_hz)
    if begin < skipped:
        problem = "has no index by which to find the segment"
        raise audio_error(source, AudioReason.UNREADABLE, problem, "Convert it to FLAC")
    return Waveform(samples[begin - skipped :][:count], rate_hz)


def _decode_frames(
    container: Any, stream: Any, header_s: Seconds | None, source: AudioSource
) -> tuple[Seconds, Samples, int, bool]:
    """Time of the first sample, mono samples to the segment's end, rate (0: none), broken off or not."""
    import av

    start_s = source.start_s or 0.0
    if header_s is not None and start_s > _PREROLL_S:
        container.seek(int((start_s - _PREROLL_S) / stream.time_base), stream=stream)
    to_float = av.AudioResampler(format="fltp")
    blocks: list[Samples] = []
    first_s, decoded_s, rate_hz, broken = 0.0, 0.0, 0, False
    try:
        for frame in container.decode(stream):
            if not blocks:
                rate_hz = frame.sample_rate
                check_rate(source, rate_hz)
                # Without an index, decoding began at the beginning, whatever the time stamps say.
                first_s = decoded_s = max(0.0, frame.time or 0.0) if header_s is not None else 0.0
            blocks.extend(mix_to_mono(part.to_ndarray()) for part in to_float.resample(frame))
            decoded_s += frame.samples / rate_hz
            if decoded_s >= _end_s(source):
                break
            check_length(source, decoded_s - max(first_s, start_s))
    except av.error.FFmpegError:
        if not blocks:
            raise
        broken = True
    samples = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    return first_s, samples, rate_hz, broken


def _end_s(source: AudioSource) -> Seconds:
    """Where the segment ends; infinity for 'at the end'."""
    return float("inf") if source.duration_s is None else (source.start_s or 0.0) + source.duration_s


def _length_by_header_s(container: Any, stream: Any) -> Seconds | None:
    """Length in seconds as the header says it; None where FFmpeg could only guess."""
    import av

    if not container.format.name.startswith(_INDEXED):
        return None
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return None if container.duration is None else container.duration / av.time_base
