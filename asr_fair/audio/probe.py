"""What a recording holds, or why it cannot be used: what the cache key and the losses are made from."""

from __future__ import annotations

import hashlib

from asr_fair.audio.decode import load_audio
from asr_fair.audio.reasons import AudioReason, audio_error
from asr_fair.errors import AudioError
from asr_fair.records import SAMPLE_RATE_HZ, AudioFacts, AudioSource


def probe_audio(source: AudioSource) -> AudioFacts:
    """Length and content of one utterance's audio; a fault comes back as reason and message.

    The SHA-256 is taken over the float32 samples at 16 kHz (little-endian), so the same audio in
    another lossless container is recognised.
    """
    try:
        samples = load_audio(source)
    except AudioError as error:
        return AudioFacts(source.utterance_id, reason=error.reason, message=str(error))
    except OSError as error:  # a disk or network that fails in the middle of a file
        remedy = "Check the disk or the network, then try again"
        failure = audio_error(source, AudioReason.UNREADABLE, f"cannot be read ({error})", remedy)
        return AudioFacts(source.utterance_id, reason=failure.reason, message=str(failure))
    return AudioFacts(
        source.utterance_id,
        duration_s=len(samples) / SAMPLE_RATE_HZ,
        content_sha256=hashlib.sha256(samples.astype("<f4", copy=False).tobytes()).hexdigest(),
    )
