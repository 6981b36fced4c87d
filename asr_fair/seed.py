"""Randomness that belongs to the thing made, whatever the worker, the order or the batch."""

from __future__ import annotations

import hashlib
import json

import numpy as np


def rng_for(seed: int, utterance_id: str, purpose: str) -> np.random.Generator:
    """The random generator of one utterance for one purpose: the same everywhere, whenever it is made.

    A purpose is one thing that is drawn, such as one source of one noise profile, and never the whole
    condition: the same utterance then meets the same noise at every SNR and on every handset (in a room,
    where speech lasts longer, another draw), and conditions differ in nothing but what their names say.

    The state comes from the SHA-256 of a JSON list, in which no two triples look the same.
    """
    key = json.dumps([seed, utterance_id, purpose])
    digest = hashlib.sha256(key.encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest)))
