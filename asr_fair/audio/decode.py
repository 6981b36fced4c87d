"""The one way to audio: decode a file, a URL or a segment of it, check it, and resample it.

libsndfile reads WAV, FLAC, OGG, MP3 and other sound files; FFmpeg (PyAV) reads what it does not know.
"""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np

from asr_fair.audio.decode_av import decode_with_ffmpeg, mix_to_mono
from asr_fair.audio.files import bytes_missing, open_source
from asr_fair.audio.level import active_speech, rms_db
from asr_fair.audio.reasons import AudioReason, audio_error
from asr_fair.audio.resample import resample
from asr_fair.audio.segment import check_rate, frames_of_segment
from asr_fair.records import SAMPLE_RATE_HZ, AudioSource, Decibels, Samples, Waveform

SILENCE_DB: Decibels = -80.0
"""dBFS; a recording that reaches it neither by RMS nor by active speech level is silent."""

_UNRECOGNISED_FORMAT, _UNSUPPORTED_ENCODING = 1, 4
"""libsndfile's error codes (sndfile.h) for a file that another decoder may know."""

_UNKNOWN_LENGTH = 2**62
"""libsndfile reports about 2^63 frames for a stream whose header leaves its length open."""

_SKIP_FRAMES = 1 << 20

_SHORTFALL_S = 0.1
"""A lossy codec's header may count a frame that is not there; more than this is missing audio."""


def load_audio(source: AudioSource) -> Samples:
    """Audio of one utterance: decoded, checked and resampled to `SAMPLE_RATE_HZ`, shape (n_samples,).

    Raises AudioError with one of the codes of `AudioReason`.
    """
    waveform = decode_audio(source)
    return resample(waveform.samples, waveform.sample_rate_hz, SAMPLE_RATE_HZ)


def decode_audio(source: AudioSource) -> Waveform:
    """Audio of one utterance at its own sample rate: channels averaged to mono, checked.

    Only the segment is read. Raises AudioError with one of the codes of `AudioReason`.
    """
    with open_source(source) as file:
        if missing := bytes_missing(file):
            problem = f"is {missing} bytes shorter than its header says"
            raise audio_error(source, AudioReason.TRUNCATED, problem, "Copy it again from its origin")
        waveform = _decode_with_libsndfile(file, source)
        if waveform is None:
            file.seek(0)
            waveform = decode_with_ffmpeg(file, source)
    _check_samples(waveform.samples, waveform.sample_rate_hz, source)
    return waveform


def _decode_with_libsndfile(file: BinaryIO, source: AudioSource) -> Waveform | None:
    """The decoded segment; None for a format, an encoding or an open length that libsndfile cannot do."""
    import soundfile

    try:
        sound = soundfile.SoundFile(file)
    except soundfile.LibsndfileError as error:
        if error.code in (_UNRECOGNISED_FORMAT, _UNSUPPORTED_ENCODING):
            return None
        remedy = "Copy it again from its origin, or export it as WAV or FLAC"
        raise audio_error(source, AudioReason.UNREADABLE, error.error_string.rstrip("."), remedy) from error
    except TypeError:  # soundfile's answer to a name that ends in .raw
        return None
    with sound:
        if sound.frames >= _UNKNOWN_LENGTH:
            return None
        rate_hz = int(sound.samplerate)
        check_rate(source, rate_hz)
        begin, count = frames_of_segment(source, sound.frames, rate_hz)
        try:
            _go_to(sound, begin)
            frames = sound.read(count, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            problem = f"breaks off or is damaged ({error.error_string.rstrip('.')})"
            raise audio_error(source, AudioReason.TRUNCATED, problem, "Copy it again") from error
    if count - len(frames) > _SHORTFALL_S * rate_hz:
        problem = f"holds {len(frames)} of {count} frames that its header promises"
        raise audio_error(source, AudioReason.TRUNCATED, problem, "Copy it again from its origin")
    return Waveform(mix_to_mono(frames.T), rate_hz)


def _go_to(sound: Any, begin: int) -> None:
    """Move to a frame; in Ogg by decoding up to it (3,800 times real time).

    libsndfile 1.2.2 lands 256 frames off near the end of a Vorbis file, and fails in some others.
    """
    if sound.format != "OGG":
        sound.seek(begin)
        return
    for at in range(0, begin, _SKIP_FRAMES):
        sound.read(min(_SKIP_FRAMES, begin - at), dtype="float32")


def _check_samples(samples: Samples, sample_rate_hz: int, source: AudioSource) -> None:
    """Raise AudioError for samples that are not finite or silent; a constant offset is not sound."""
    bad = int(np.count_nonzero(~np.isfinite(samples)))
    if bad:
        problem = f"{bad} of {len(samples)} samples are NaN or infinite"
        raise audio_error(source, AudioReason.NOT_FINITE, problem, "Export it again from its origin")
    if rms_db(samples - samples.mean()) >= SILENCE_DB:
        return
    if active_speech(samples, sample_rate_hz).level_db < SILENCE_DB:
        problem = f"is silent: no speech above {SILENCE_DB:g} dBFS"
        raise audio_error(source, AudioReason.SILENT, problem, "Record it again, or remove this row")
