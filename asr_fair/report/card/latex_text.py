"""Text as LaTeX in plain ASCII: nothing in it can become a command.

Letters with accents are written as LaTeX writes them; characters that its usual fonts do not have stand as
their numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_COMMANDS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    # After \\ they would be its arguments; and two of the others would become one sign.
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "-": "-{}",
    ",": ",{}",
    "'": "'{}",
    "!": "!{}",
    "?": "?{}",
    "\u00a0": "~",
    "\u2009": r"\,",
    "\u202f": r"\,",
    "\u2011": "-{}",
    "\u2013": r"\textendash{}",
    "\u2014": r"\textemdash{}",
    "\u2018": r"\textquoteleft{}",
    "\u2019": r"\textquoteright{}",
    "\u201c": r"\textquotedblleft{}",
    "\u201d": r"\textquotedblright{}",
    "\u201e": r"\quotedblbase{}",
    "\u2026": r"\ldots{}",
    "\u2022": r"\textbullet{}",
    "\u2212": "$-$",
    "×": r"$\times$",
    "÷": r"$\div$",
    "±": r"$\pm$",
    "·": r"$\cdot$",
    "≥": r"$\ge$",
    "≤": r"$\le$",
    "→": r"$\rightarrow$",
    "χ": r"$\chi$",
    "σ": r"$\sigma$",
    "τ": r"$\tau$",
    "μ": r"$\mu$",
    "µ": r"$\mu$",
    "°": r"$^\circ$",
    "²": r"$^2$",
    "½": r"$\frac12$",
    "€": r"\texteuro{}",
    "£": r"\pounds{}",
    "§": r"\S{}",
    "©": r"\copyright{}",
    "®": r"\textregistered{}",
    "™": r"\texttrademark{}",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
    "đ": r"\dj{}",
    "Đ": r"\DJ{}",
    "ð": r"\dh{}",
    "Ð": r"\DH{}",
    "þ": r"\th{}",
    "Þ": r"\TH{}",
    "¿": r"\textquestiondown{}",
    "¡": r"\textexclamdown{}",
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0323": "d",
    "\u0327": "c",
    "\u0328": "k",
}


def as_latex(text: str) -> str:
    """Text on one line of LaTeX, in which no character does anything."""
    kept = " ".join(re.findall(r"[\S\u00a0]+", text))
    return "".join(map(_character, unicodedata.normalize("NFC", kept)))


def _character(character: str) -> str:
    if character in _COMMANDS:
        return _COMMANDS[character]
    if " " <= character <= "~":
        return character
    base, *marks = list(unicodedata.normalize("NFD", character))
    if marks and base.isascii() and base.isalpha() and all(mark in _ACCENTS for mark in marks):
        written = {"i": r"\i{}", "j": r"\j{}"}.get(base, base) if _is_above(marks) else base
        for mark in marks:
            written = f"\\{_ACCENTS[mark]}{{{written}}}"
        return written
    return f"{{[}}U+{ord(character):04X}{{]}}"


def _is_above(marks: Sequence[str]) -> bool:
    return any(_ACCENTS[mark] not in "dck" for mark in marks)
