"""Randomness that belongs to the thing made, whatever the worker, the order or the batch."""

from __future__ import annotations

import hashlib
import json

import numpy as np


def rng_for(seed: int, utterance_id: str, condition: str) -> np.random.Generator:
    """The random generator of one utterance under one condition: the same everywhere, whenever it is made.

    Its state comes from the SHA-256 of a JSON list, in which no two triples look the same.
    """
    key = json.dumps([seed, utterance_id, condition])
    digest = hashlib.sha256(key.encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest)))
