"""Names from a manifest in plain text: nothing in them can move a cursor, break a line or turn it round."""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\ufffd"
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the direction of writing: what follows could be read as something else."""

_HARMLESS = frozenset("\t\r\n\u061c\u200e\u200f")


def printable(text: str) -> str:
    """Text on one line; control characters, lone surrogates and `TURNING` ones as U+FFFD.

    XML 1.0 can hold all that is left. Spaces that keep numbers and their units together stay.
    """
    kept = "".join(" " if sign in "\t\r\n\v\f\x85\u2028\u2029" else _shown(sign) for sign in text)
    return " ".join(part for part in kept.split(" ") if part)


def without_controls(text: str) -> str:
    """The same signs as U+FFFD, in text whose spaces and lines stay as they are.

    Marks of direction (U+200E, U+200F, U+061C) stay: names in Hebrew and Arabic need them, and they turn
    nothing but themselves.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign in _HARMLESS else _shown(sign) for sign in text)


def shortened(text: str, length: int) -> str:
    """At most `length` characters, the last one an ellipsis where something is left out."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _shown(sign: str) -> str:
    hostile = unicodedata.category(sign) in ("Cc", "Cs") or sign in TURNING or ord(sign) & 0xFFFE == 0xFFFE
    return REPLACEMENT if hostile else sign
