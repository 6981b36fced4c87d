"""A table of spellings that mean the same spoken word, for scoring only: dialect is not error.

A recogniser that writes what it was taught, `going to`, for what somebody said, `gonna`, heard the word. The
table is applied to references and transcripts alike, so that neither spelling counts against anyone; it
changes no transcript that is shown.

Source: the practice of Koenecke et al. 2020 on CORAAL, as far as methods section 1 lists it as read. There
`aks` and `busses` are changed in references only; here every pair is two-sided. Left out: their fillers
(`whisper_en` drops its own) and the ten words that vendors mask, which are no matter of dialect.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from types import MappingProxyType

DIALECT_TABLE: Mapping[str, str] = MappingProxyType(
    {
        "aks": "ask",
        "busses": "buses",
        "cuz": "cause",
        "gonna": "going to",
        # The pair is imma and ima. Written as whisper_en knows it, which expands imma and I'ma alike.
        "ima": "imma",
        "ok": "okay",
        "tryna": "trying to",
    }
)
"""Spelling → the one that both sides get; in lower case, matched in any."""

DIALECT_DIGEST = hashlib.sha256(json.dumps(dict(DIALECT_TABLE), sort_keys=True).encode()).hexdigest()
"""SHA-256 of the table: figures under two tables cannot be compared."""

_SPELLINGS = re.compile(rf"\b({'|'.join(DIALECT_TABLE)})\b", re.IGNORECASE)


def respell(text: str) -> str:
    """`text` with every spelling of the table replaced; case and punctuation around it stay.

    >>> respell("Cuz I'm gonna aks.")
    "cause I'm going to ask."
    """
    return _SPELLINGS.sub(lambda found: DIALECT_TABLE[found[0].lower()], text)
