"""Where a segment lies in a recording, counted in frames, and the limits it must keep."""

from __future__ import annotations

from asr_fair.audio.reasons import AudioReason, audio_error
from asr_fair.errors import AudioError
from asr_fair.records import AudioSource, Seconds

MAX_DURATION_S: Seconds = 3600.0
MIN_RATE_HZ, MAX_RATE_HZ = 1_000, 768_000
"""Sample rates outside these come from a broken header."""

END_SLACK_S: Seconds = 0.01
"""Manifests round times to hundredths of a second: a segment may end this much after its recording."""


def check_rate(source: AudioSource, sample_rate_hz: int) -> None:
    """Refuse a sample rate that no recorder has. Raises AudioError (unreadable)."""
    if not MIN_RATE_HZ <= sample_rate_hz <= MAX_RATE_HZ:
        problem = f"its header says {sample_rate_hz} Hz"
        raise audio_error(source, AudioReason.UNREADABLE, problem, "Export it again as WAV or FLAC")


def frames_of_segment(source: AudioSource, n_frames: int, sample_rate_hz: int) -> tuple[int, int]:
    """First frame and number of frames of the source's segment, in a recording of `n_frames`.

    Without `start_s` it begins at the beginning, without `duration_s` it ends at the end. Raises
    AudioError: no_samples, segment_outside, too_long.
    """
    if n_frames == 0:
        problem, remedy = "holds no samples", "Record or export it again"
        raise audio_error(source, AudioReason.NO_SAMPLES, problem, remedy)
    begin = round((source.start_s or 0.0) * sample_rate_hz)
    wanted = None if source.duration_s is None else round(source.duration_s * sample_rate_hz)
    count = n_frames - begin if wanted is None else min(wanted, n_frames - begin)
    slack = round(END_SLACK_S * sample_rate_hz)
    if begin < 0 or count <= 0 or (wanted is not None and wanted - count > slack):
        raise segment_outside(source, n_frames / sample_rate_hz)
    check_length(source, count / sample_rate_hz)
    return begin, count


def check_length(source: AudioSource, duration_s: Seconds) -> None:
    """Refuse more than an hour. Raises AudioError (too_long)."""
    if duration_s > MAX_DURATION_S:
        problem = f"is {duration_s:.0f} s long, the limit is {MAX_DURATION_S:.0f} s"
        remedy = "Cut it into utterances with start_s and duration_s"
        raise audio_error(source, AudioReason.TOO_LONG, problem, remedy)


def segment_outside(source: AudioSource, recording_s: Seconds) -> AudioError:
    """The error for a segment that its recording does not hold."""
    start_s = source.start_s or 0.0
    end = "its end" if source.duration_s is None else f"{start_s + source.duration_s:g} s"
    problem = f"the segment from {start_s:g} s to {end} lies outside the recording of {recording_s:.3f} s"
    return audio_error(source, AudioReason.SEGMENT_OUTSIDE, problem, "Mend start_s and duration_s")
