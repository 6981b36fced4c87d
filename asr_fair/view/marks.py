"""Texts of strangers made visible: nothing in them can hide, reorder its surroundings or end a line.

Markup is not the business of this module: templates escape everything.
"""

from __future__ import annotations

import re

_STRANGE = re.compile(
    # Controls, soft hyphen, directions, invisible marks, line separators, noncharacters, private tags.
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufdd0-\ufdef\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_FIRST_PICTURE, _PICTURE_OF_DELETE = 0x2400, "\u2421"


def visible(text: str) -> str:
    r"""Text in which every control and direction character is a symbol that can be seen.

    >>> visible("a\tb\u202ec")
    'a␉b⟨U+202E⟩c'
    """
    return _STRANGE.sub(_symbol, text)


def _symbol(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if code < 0x20:
        return chr(_FIRST_PICTURE + code)
    if code == 0x7F:
        return _PICTURE_OF_DELETE
    return f"⟨U+{code:04X}⟩"
