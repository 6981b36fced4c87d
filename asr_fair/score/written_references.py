"""What is wrong with a reference as it is written, told from its text alone."""

from __future__ import annotations

import re
import unicodedata

from asr_fair.score.normalise import Normaliser, primary_subtag

# fmt: off
LATIN_LANGUAGES = frozenset((
    "af", "ca", "cs", "cy", "da", "de", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "hr", "hu", "id",
    "is", "it", "lt", "lv", "ms", "nb", "nl", "nn", "no", "pl", "pt", "ro", "sk", "sl", "so", "sq", "sv",
    "sw", "tl", "tr", "vi",
))
# fmt: on
"""Languages that are written in Latin letters alone; of others nothing is said about their letters."""

_MARKUP = re.compile(
    r"</?[A-Za-z_][^<>]*>|\[[^\[\]]*\]|\{[^{}]*\}|&(?:[a-z]+|#x?[0-9a-f]+);|https?://|\\[nrt]|[_*#|~^=]{2,}",
    re.IGNORECASE,
)
_BROKEN = re.compile("�|[\x00-\x08\x0b-\x1f\x7f-\x9f]|Ã[\x80-\xbf]|â€|ï»¿")
"""A character that was lost, a control character, UTF-8 that was read as something else."""
_TYPOGRAPHIC = str.maketrans({"‘": "'", "’": "'", "ʼ": "'", "′": "'", "`": "'"})


def markup_in(text: str) -> str | None:
    """The first mark-up left in a reference (tags, entities, brackets, addresses), or None."""
    found = _MARKUP.search(text)
    return found.group() if found else None


def strange_letters_in(text: str, language: str | None) -> str | None:
    """The first word with broken characters, or with letters that its language does not have; or None."""
    is_latin = language is not None and primary_subtag(language) in LATIN_LANGUAGES
    for word in text.split():
        if _BROKEN.search(word) or (is_latin and any(map(_is_foreign, word))):
            return word
    return None


def split_by_apostrophe(text: str, normaliser: Normaliser) -> bool:
    """Whether the normaliser takes a typographic apostrophe for a gap: "don’t" becomes two words."""
    plain = text.translate(_TYPOGRAPHIC)
    return plain != text and normaliser.words(plain) != normaliser.words(text)


def _is_foreign(character: str) -> bool:
    return character.isalpha() and not unicodedata.name(character, "").startswith(
        ("LATIN", "MODIFIER", "FEMININE", "MASCULINE")
    )
