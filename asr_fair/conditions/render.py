"""One utterance under one condition: a pure function, with a record of what was done.

The order is that of the world: the room carries the voice, the noise joins it in the air, the handset
picks up both and sends them.
"""

from __future__ import annotations

from dataclasses import replace

from asr_fair.audio.level import active_speech
from asr_fair.conditions.mix import mix_at_snr
from asr_fair.conditions.plan import Condition
from asr_fair.errors import AudioError
from asr_fair.handsets.chain import record_directly, through_handset
from asr_fair.noise.synth import NoiseBed, synthesise
from asr_fair.recipes.handset import Handset
from asr_fair.records import CLEAN, SAMPLE_RATE_HZ, Decibels, RenderRecord, Samples
from asr_fair.rooms.bank import ResponseBank, draw_response
from asr_fair.rooms.reverberate import reverberate
from asr_fair.seed import rng_for

Rendered = tuple[Samples, RenderRecord]


def render(
    samples: Samples, utterance_id: str, condition: Condition, seed: int, speaker: str | None = None
) -> Rendered:
    """Samples under a condition at `SAMPLE_RATE_HZ`, and what was done.

    `clean` returns the same array; a room makes the recording longer by its reverberation.

    Parameters
    ----------
    samples
        Speech, shape = (n_samples,).
    speaker
        Who speaks (the manifest's cluster): babble is made of other people's voices.

    Raises
    ------
    AudioError
        Silent speech or noise, so that no SNR can be set.
    """
    record = RenderRecord(utterance_id, condition.name, condition.digest)
    if condition.name == CLEAN:
        return samples, record
    if condition.room is not None:
        samples, record = in_room(samples, record, condition.room, seed)
    if condition.noise is not None and condition.snr_db is not None:
        try:
            samples, record = _in_noise(samples, record, condition.noise, condition.snr_db, seed, speaker)
        except AudioError as error:
            msg = f"utterance {utterance_id!r}: condition {condition.name}: {error}"
            raise AudioError(error.reason, msg) from error
    return pick_up(samples, record, condition.handset, seed)


def in_room(samples: Samples, record: RenderRecord, bank: ResponseBank, seed: int) -> Rendered:
    """What is heard in a room, as long as it reverberates."""
    number = draw_response(bank, seed, record.utterance_id)
    heard = reverberate(samples, bank.responses[number])
    return heard, replace(record, room=bank.room.id, response=number, rt60_s=bank.rt60_s[number])


def _in_noise(
    samples: Samples,
    record: RenderRecord,
    bed: NoiseBed,
    snr_db: Decibels,
    seed: int,
    speaker: str | None,
) -> Rendered:
    speech = active_speech(samples, SAMPLE_RATE_HZ)
    noise = synthesise(bed, speech.mask, seed=seed, utterance_id=record.utterance_id, speaker=speaker)
    mixture = mix_at_snr(samples, speech.level_db, noise.samples, noise.sounding, snr_db)
    return mixture.samples, replace(
        record,
        profile=bed.profile.id,
        clips="; ".join(f"{each.clip.name} from {each.offset_s:.3f} s" for each in noise.clips) or None,
        offset_s=noise.onset_s,
        snr_asked_db=snr_db,
        snr_sounding_db=mixture.snr_sounding_db,
        snr_whole_db=mixture.snr_whole_db,
        speech_level_db=speech.level_db,
        noise_gain_db=mixture.noise_gain_db,
    )


def pick_up(samples: Samples, record: RenderRecord, handset: Handset | None, seed: int) -> Rendered:
    """What the handset sends, or a plain microphone where there is none."""
    if handset is None:
        captured = record_directly(samples)
        return captured.samples, replace(record, clipped_share=captured.clipped_share)
    rng = rng_for(seed, record.utterance_id, f"handset {handset.id}")
    captured = through_handset(samples, handset, rng)
    return captured.samples, replace(
        record,
        handset=handset.id,
        codec=None if handset.codec is None else str(handset.codec),
        lost_share=captured.lost_share,
        clipped_share=captured.clipped_share,
    )
