"""One utterance under one condition: a pure function, with a record of what was done."""

from __future__ import annotations

from asr_fair.conditions.mix import mix_at_snr
from asr_fair.conditions.plan import Condition
from asr_fair.conditions.seed import rng_for
from asr_fair.conditions.synth import synthesise
from asr_fair.errors import AudioError
from asr_fair.records import SAMPLE_RATE_HZ, RenderRecord, Samples


def render(
    samples: Samples, utterance_id: str, condition: Condition, seed: int
) -> tuple[Samples, RenderRecord]:
    """Samples under a condition, shape (n_samples,) at `SAMPLE_RATE_HZ`, and what was done.

    `clean` returns the same array. Raises AudioError (silent) where no SNR can be set.
    """
    if condition.profile is None or condition.snr_db is None:
        return samples, RenderRecord(utterance_id, condition.name, condition.digest)
    rng = rng_for(seed, utterance_id, condition.name)
    noise = synthesise(condition.profile, len(samples), SAMPLE_RATE_HZ, rng)
    try:
        mixture = mix_at_snr(samples, noise.samples, noise.sounding, condition.snr_db)
    except AudioError as error:
        msg = f"utterance {utterance_id!r}: condition {condition.name}: {error}"
        raise AudioError(error.reason, msg) from error
    record = RenderRecord(
        utterance_id,
        condition.name,
        condition.digest,
        profile=condition.profile.id,
        offset_s=noise.onset_s,
        snr_asked_db=condition.snr_db,
        snr_sounding_db=mixture.snr_sounding_db,
        snr_whole_db=mixture.snr_whole_db,
        speech_level_db=mixture.speech_level_db,
        noise_gain_db=mixture.noise_gain_db,
        clipped_share=mixture.clipped_share,
    )
    return mixture.samples, record
