"""Utterances in which nobody speaks: what a recogniser writes down there, it has made up.

Silence goes through every condition: where it has noise, that noise alone is heard, at the level that it
would have beneath speech of `SPEECH_LEVEL_DB`; room and handset act on it as on speech.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from asr_fair.audio.level import rms_db
from asr_fair.audio.reasons import AudioReason
from asr_fair.conditions.plan import Condition
from asr_fair.conditions.render import in_room, pick_up
from asr_fair.errors import AudioError
from asr_fair.noise.synth import synthesise
from asr_fair.records import CLEAN, SAMPLE_RATE_HZ, AudioSource, Decibels, RenderRecord, Samples, Seconds
from asr_fair.validation import digest_of

LENGTHS_S: tuple[Seconds, ...] = (2.0, 5.0, 10.0, 30.0)
"""From a pause to a whole window of Whisper's."""

SPEECH_LEVEL_DB: Decibels = -26.0
"""Active speech level in dBov: the nominal one of ITU-T P.830's tests of coders."""

_VERSION = 1
"""Raise it when a change of the code changes a sample of any probe."""

PREFIX = "asr-fair:"
"""Of their ids; no utterance of a manifest may be called so."""


def probe_sources() -> tuple[AudioSource, ...]:
    """The built-in utterances; they have no file."""
    return tuple(
        AudioSource(f"{PREFIX} nobody speaks for {length_s:g} s", path="", duration_s=length_s)
        for length_s in LENGTHS_S
    )


def probe_digest(source: AudioSource, condition: Condition, seed: int) -> str:
    """SHA-256 over all that shapes the samples of a probe."""
    return digest_of([_VERSION, source.utterance_id, source.duration_s, condition.digest, seed])


def render_probe(source: AudioSource, condition: Condition, seed: int) -> tuple[Samples, RenderRecord]:
    """A probe under a condition at `SAMPLE_RATE_HZ`, and what was done; a pure function."""
    record = RenderRecord(source.utterance_id, condition.name, condition.digest)
    samples = np.zeros(round((source.duration_s or 0.0) * SAMPLE_RATE_HZ), dtype=np.float32)
    if condition.name == CLEAN:
        return samples, record
    if condition.room is not None:
        samples, record = in_room(samples, record, condition.room, seed)
    if condition.noise is not None and condition.snr_db is not None:
        # As if somebody spoke all the time: the noise may sound anywhere.
        speech = np.ones(len(samples), dtype=bool)
        nobody = source.utterance_id  # of the data: every voice may be heard in babble
        noise = synthesise(
            condition.noise, speech, seed=seed, utterance_id=source.utterance_id, speaker=nobody
        )
        level_db = rms_db(noise.samples[noise.sounding])
        if not np.isfinite(level_db):
            msg = f"condition {condition.name}: {source.duration_s:g} s of its noise are silent"
            raise AudioError(AudioReason.SILENT.value, msg)
        gain_db = SPEECH_LEVEL_DB - condition.snr_db - level_db
        samples = (noise.samples * 10 ** (gain_db / 20)).astype(np.float32)
        record = replace(
            record, profile=condition.noise.profile.id, snr_asked_db=condition.snr_db, noise_gain_db=gain_db
        )
    return pick_up(samples, record, condition.handset, seed)
