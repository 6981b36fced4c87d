"""Mixing speech and noise at a signal-to-noise ratio that means the same for every utterance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_fair.audio.level import rms_db
from asr_fair.audio.reasons import AudioReason
from asr_fair.errors import AudioError
from asr_fair.records import Decibels, Samples


@dataclass(frozen=True, slots=True)
class Mixture:
    """Speech with noise in the air, shape (n_samples,), and the levels at the point of mixing, in dB.

    Air has no full scale: samples may lie beyond 1, and what records them clips them.
    `snr_sounding_db` is over the noise's sounding part, `snr_whole_db` over the whole utterance.
    """

    samples: Samples
    snr_sounding_db: Decibels
    snr_whole_db: Decibels
    noise_gain_db: Decibels


def mix_at_snr(
    speech: Samples, speech_level_db: Decibels, noise: Samples, sounding: NDArray[np.bool_], snr_db: Decibels
) -> Mixture:
    """Add noise at an SNR: active speech level (ITU-T P.56) minus the RMS level of the sounding noise.

    Parameters
    ----------
    speech, noise
        Shape = (n_samples,), at `SAMPLE_RATE_HZ`.
    speech_level_db
        Active speech level of `speech` in dBFS.
    sounding
        Where the noise sounds, shape = (n_samples,).
    snr_db
        Ratio asked for, in dB.

    Raises
    ------
    AudioError
        Speech or noise is silent, so that no ratio exists.
    """
    noise_level_db = rms_db(noise[sounding])
    if not np.isfinite(speech_level_db):
        raise AudioError(AudioReason.SILENT.value, "the speech is silent: no SNR can be set")
    if not np.isfinite(noise_level_db):
        raise AudioError(AudioReason.SILENT.value, "the noise is silent: no SNR can be set. Mend its profile")
    gain_db = speech_level_db - noise_level_db - snr_db
    mixed = (speech + noise * np.float32(10 ** (gain_db / 20))).astype(np.float32, copy=False)
    added = mixed.astype(np.float64) - speech
    return Mixture(
        samples=mixed,
        snr_sounding_db=speech_level_db - rms_db(added[sounding]),
        snr_whole_db=speech_level_db - rms_db(added),
        noise_gain_db=gain_db,
    )
