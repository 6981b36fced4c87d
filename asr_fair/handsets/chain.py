"""Through a handset: microphone, codec, network."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

import numpy as np

from asr_fair.errors import FaultsError
from asr_fair.handsets.formats import faults
from asr_fair.handsets.microphone import pick_up
from asr_fair.handsets.transmission import transmit
from asr_fair.recipes.handset import Handset
from asr_fair.recipes.library import Found
from asr_fair.records import Samples


@dataclass(frozen=True, slots=True)
class Captured:
    """Audio as it arrives, shape (n_samples,), at `SAMPLE_RATE_HZ`, as long as what was said.

    `clipped_share` is the share of samples that the microphone or the encoder clipped, whichever clipped
    more; `lost_share` that of lost packets.
    """

    samples: Samples
    clipped_share: float
    lost_share: float | None = None


def record_directly(samples: Samples) -> Captured:
    """With no handset: what goes beyond full scale is clipped, as a recorder would, and counted."""
    return Captured(np.clip(samples, -1.0, 1.0), float(np.mean(np.abs(samples) > 1.0)))


MADE_WITH = ("audiomentations", "av", "numpy-audio-limiter", "scipy")


def made_with() -> dict[str, str]:
    """Versions of the packages that filter and code: another FFmpeg may give other samples."""
    return {name: metadata.version(name) for name in MADE_WITH}


def check_handset(handset: Found[Handset]) -> None:
    """Raise FaultsError for a codec, or a rate of it, that this machine cannot do, and for loss of what is
    not sent in packets.
    """
    if found := list(faults(handset.recipe, str(handset.path))):
        raise FaultsError(found)


def through_handset(samples: Samples, handset: Handset, rng: np.random.Generator) -> Captured:
    """Audio, shape (n_samples,) at `SAMPLE_RATE_HZ`, through microphone, codec and network.

    Only the loss of packets is drawn, from `rng`. The handset must have passed `check_handset`.
    """
    picked_up, clipped_share = pick_up(samples, handset.microphone)
    if handset.codec is None:
        return Captured(picked_up, clipped_share)
    received = transmit(picked_up, handset.codec, handset.packet_loss, rng)
    return Captured(received.samples, max(clipped_share, received.clipped_share), received.lost_share)
