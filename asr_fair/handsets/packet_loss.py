"""Which packets a network loses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asr_fair.recipes.handset import PacketLoss


def draw_lost(n_packets: int, loss: PacketLoss, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Whether each packet is lost, shape (n_packets,), by the model of Gilbert (1960).

    A chain of two states: in the bad one every packet is lost, in the good one none. It is left with
    probability 1 / `mean_burst`, and entered such that the stationary share of the bad state is `rate`. The
    call has been going on for long, so that the first packet is lost with probability `rate` as well.
    """
    leave_bad = 1 / loss.mean_burst
    enter_bad = loss.rate / (1 - loss.rate) * leave_bad
    draws = rng.random(n_packets)
    lost = np.zeros(n_packets, dtype=bool)
    bad = False
    for index, draw in enumerate(draws):
        probability = loss.rate if index == 0 else (1 - leave_bad if bad else enter_bad)
        bad = bool(draw < probability)
        lost[index] = bad
    return lost
