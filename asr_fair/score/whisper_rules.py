"""Whisper's rules in a fraction of the time: each step is skipped where it cannot change the text.

The steps are those of `EnglishTextNormalizer` and `BasicTextNormalizer` of openai-whisper, of the release
that `normalise.WHISPER_VERSION` names, in their order, and what is made of the package does the work: its
table of contractions and titles, its reader of numbers, its spellings, its symbols. What stands here is when
a step has nothing to do, which is most often: an expression needs the letters that stand in it, a reader of
numbers needs a number. The tests compare with the package, text by text, on real transcripts and on made-up
ones.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, pairwise
from typing import Protocol

KEPT_SYMBOLS = ".%$¢€£"
"""What Whisper keeps until the numbers are read."""

_BRACKETS = re.compile(r"[<\[][^>\]]*[>\]]")
_PARENTHESES = re.compile(r"\(([^)]+?)\)")
_SPACE_BEFORE_APOSTROPHE = re.compile(r"\s+'")
_COMMA_IN_NUMBER = re.compile(r"(\d),(\d)")
_PERIOD_AFTER_WORD = re.compile(r"\.([^0-9]|$)")
_LONE_PERIOD_AFTER_WORD = re.compile(r"\.(?![0-9])")
_DIGIT = re.compile(r"\d")
_SYMBOL_BEFORE_WORD = re.compile(r"[.$¢€£]([^0-9])")
_PERCENT_AFTER_WORD = re.compile(r"([^0-9])%")
_SPACES = re.compile(r"\s+")


class NumberReader(Protocol):
    """What is used of `EnglishNumberNormalizer`."""

    words: set[str]
    specials: set[str]
    preceding_prefixers: dict[str, str]
    following_prefixers: dict[str, str]
    suffixers: dict[str, object]

    def preprocess(self, s: str) -> str:
        """The text with a space between digits and letters."""

    def process_words(self, words: list[str]) -> Iterable[str]:
        """The words with their numbers in digits."""

    def postprocess(self, s: str) -> str:
        """The text with its sums of money put together."""


class Spellings(Protocol):
    """What is used of `EnglishSpellingNormalizer`."""

    mapping: dict[str, str]


class WhisperEnglish(Protocol):
    """What is used of `EnglishTextNormalizer`."""

    ignore_patterns: str
    replacers: dict[str, str]
    standardize_numbers: NumberReader
    standardize_spellings: Spellings


class BasicRules:
    """The same text as `BasicTextNormalizer()(text)`, for every text."""

    def __init__(self, remove_symbols: Callable[[str], str]) -> None:
        self._remove_symbols = remove_symbols
        self._ascii = _ascii_table(remove_symbols)

    def __call__(self, text: str) -> str:
        """The normalised text."""
        text = _without_remarks(text.lower())
        if text.isascii():
            return _SPACES.sub(" ", text.translate(self._ascii))
        return _SPACES.sub(" ", self._remove_symbols(text).lower())


class EnglishRules:
    """The same text as `rules(text)` of an `EnglishTextNormalizer`, for every text."""

    def __init__(self, rules: WhisperEnglish, remove_symbols: Callable[..., str]) -> None:
        self._remove_symbols = functools.partial(remove_symbols, keep=KEPT_SYMBOLS)
        self._ascii = _ascii_table(self._remove_symbols)
        self._fillers = re.compile(rules.ignore_patterns)
        self._filler_marks = _marks(rules.ignore_patterns)
        self._replacers = tuple(
            (_literal(pattern), re.compile(pattern), new) for pattern, new in rules.replacers.items()
        )
        self._without_apostrophe = tuple(each for each in self._replacers if "'" not in each[0])
        numbers = self._numbers = rules.standardize_numbers
        self._inert = {
            *numbers.specials,
            *numbers.preceding_prefixers,
            *numbers.following_prefixers,
            *numbers.suffixers,
        }
        self._spellings = rules.standardize_spellings.mapping

    def __call__(self, text: str) -> str:
        """The normalised text."""
        text = self._symbols(self._contractions(_without_remarks(text.lower())))
        words = text.split()
        if self._has_number(text, words):
            words = self._in_digits(text).split()
        text = " ".join([self._spellings.get(word, word) for word in words])
        return _without_lone_symbols(text)

    def _contractions(self, text: str) -> str:
        """Without fillers, and with contractions and titles written out."""
        for mark in self._filler_marks:
            if mark in text:
                text = self._fillers.sub("", text)
                break
        replacers = self._without_apostrophe
        if "'" in text:
            text = _SPACE_BEFORE_APOSTROPHE.sub("'", text)
            replacers = self._replacers
        for literal, pattern, new in replacers:
            if literal in text:
                text = pattern.sub(new, text)
        return text

    def _symbols(self, text: str) -> str:
        """Without symbols, diacritics, and the points and commas that are no part of a number."""
        if "," in text:
            text = _COMMA_IN_NUMBER.sub(r"\1\2", text)
        if ".." in text:
            text = _PERIOD_AFTER_WORD.sub(r" \1", text)
        elif "." in text:
            text = _LONE_PERIOD_AFTER_WORD.sub(" ", text)
        return text.translate(self._ascii) if text.isascii() else self._remove_symbols(text)

    def _in_digits(self, text: str) -> str:
        """The text with its numbers in digits.

        A word that is neither a number nor counts beside one ends what the reader has gathered before it, and
        leaves nothing behind for what comes after: it need not pass through the reader.
        """
        words: list[str] = []
        for is_plain, run in groupby(self._numbers.preprocess(text).split(), self._is_plain):
            own = list(run)
            words += own if is_plain else self._numbers.process_words(own)
        return self._numbers.postprocess(" ".join(words))

    def _is_plain(self, word: str) -> bool:
        return word.isalpha() and word not in self._numbers.words

    def _has_number(self, text: str, words: Sequence[str]) -> bool:
        """Whether the reader of numbers may change anything but spaces.

        Words such as "and", "point", "dollars" and "percent" count beside a number, or beside each other.
        """
        if _DIGIT.search(text):
            return True
        found = self._numbers.words.intersection(words)
        if not found:
            return False
        if not found <= self._inert or "half" in text:
            return True
        return any(one in found and other in found for one, other in pairwise(words))


def _ascii_table(remove_symbols: Callable[[str], str]) -> dict[int, str]:
    """What becomes of each ASCII character: symbols are removed one by one, and ASCII is composed already."""
    return {code: remove_symbols(chr(code)) for code in range(128)}


def _without_remarks(text: str) -> str:
    """Without what stands in brackets."""
    if "<" in text or "[" in text:
        text = _BRACKETS.sub("", text)
    return _PARENTHESES.sub("", text) if "(" in text else text


def _without_lone_symbols(text: str) -> str:
    """Without the symbols of numbers where there is no number, in a text with single spaces."""
    may_hold = not text.isascii() or "." in text or "$" in text
    if not may_hold and "%" not in text:
        return text
    text = _PERCENT_AFTER_WORD.sub(r"\1 ", _SYMBOL_BEFORE_WORD.sub(r" \1", text))
    return _SPACES.sub(" ", text)


def _literal(pattern: str) -> str:
    r"""The letters that a text needs for r"\bmr\b" to match: "mr"; empty where not known."""
    letters = pattern.replace(r"\b", "")
    return letters if re.fullmatch(r"[a-z' ]*", letters) else ""


def _marks(ignored: str) -> tuple[str, ...]:
    r"""What a text needs, one of it, for r"\b(uh|um)\b" to match: "uh" and "um"; empty where not known."""
    found = re.fullmatch(r"\\b\(([a-z|]+)\)\\b", ignored)
    words = found[1].split("|") if found else [""]
    return tuple(word for word in words if not any(other in word for other in words if other != word))
