"""Names from a manifest as text: nothing in them can move a cursor, break a line or turn it round."""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"
MARKS = frozenset("\u061c\u200e\u200f")
"""Marks of direction: names in Hebrew and Arabic need them, and they turn nothing but themselves."""
TURNING = MARKS | frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the direction of writing: what follows could be read as something else."""

_NONE = "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17))
_CONTROLS = f"\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff{_NONE}"
_HOSTILE = re.compile(f"[{_CONTROLS}{''.join(sorted(TURNING - MARKS))}]")
_HOSTILE_ON_A_LINE = re.compile(f"[{_CONTROLS}{''.join(sorted(TURNING))}]")
_ENDS_A_LINE = re.compile("[\t\r\n\v\f\x85\u2028\u2029 ]+")


def visible(text: str) -> str:
    """Text with U+FFFD for control characters, lone surrogates and what turns the writing; lines stay.

    `MARKS` stay as well: on a page each name is isolated. XML 1.0 can hold all that is left.
    """
    return _HOSTILE.sub(REPLACEMENT, text)


def printable(text: str) -> str:
    """Text on one line, without `MARKS` either: nothing isolates a name in a terminal.

    Spaces that keep numbers and their units together stay.
    """
    return _HOSTILE_ON_A_LINE.sub(REPLACEMENT, _ENDS_A_LINE.sub(" ", text)).strip(" ")


def shortened(text: str, length: int) -> str:
    """At most `length` characters, the last one an ellipsis where something is left out."""
    return text if len(text) <= length else text[: length - 1] + "…"
