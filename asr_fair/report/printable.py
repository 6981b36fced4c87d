"""Names from a manifest as they are shown: nothing in them can move a cursor or turn a line round."""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the direction of writing: what follows could be read as something else."""

_NONE = "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17))
_HOSTILE = re.compile(
    f"[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff{''.join(sorted(TURNING))}{_NONE}]"
)


def visible(text: str) -> str:
    """Text with U+FFFD for control characters, lone surrogates and `TURNING` ones; line breaks stay.

    XML 1.0 can hold all that is left.
    """
    return _HOSTILE.sub(REPLACEMENT, text)


def printable(text: str) -> str:
    """The same on one line. Spaces that keep numbers and their units together stay."""
    kept = visible("".join(" " if sign in "\t\r\n\v\f\x85\u2028\u2029" else sign for sign in text))
    return " ".join(part for part in kept.split(" ") if part)


def shortened(text: str, length: int) -> str:
    """At most `length` characters, the last one an ellipsis where something is left out."""
    return text if len(text) <= length else text[: length - 1] + "…"
