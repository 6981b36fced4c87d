"""What a normaliser did to a text: which words became which, and how often.

Case and punctuation alone are no change here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from asr_fair.score.align import align_words
from asr_fair.score.normalise import Normaliser

_TOKEN = re.compile(
    r"<[^>]*>|\[[^\]]*\]|\([^)]*\)"  # what stands in brackets is one token
    r"|[$£€¢]?[^\W_]+(?:['’.,][^\W_]+)*%?"  # a word, a contraction, a number
)


class Rule(StrEnum):
    """The kind of rule behind a change, told from the words themselves."""

    DIALECT = "dialect"  # a pair of the normaliser's own table of spellings
    DROPPED = "dropped"  # fillers, text in brackets
    NUMBER = "number"  # words to figures, figures to other figures
    EXPANDED = "expanded"  # one word to several: contractions, titles
    RESPELLED = "respelled"  # as many words as before: spelling variants


class Change(NamedTuple):
    """Words of a text in lower case, and what stands in their place; nothing where they are dropped."""

    rule: Rule
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of one text."""

    is_emptied: bool
    """Whether it had words and has none left: such a reference leaves every rate but one on empty ones."""
    n_words: int
    """Words before any rule."""
    n_altered: int
    """Words among them that a rule changed or dropped."""
    changes: Counter[Change]


def trace(text: str, normaliser: Normaliser) -> Trace:
    """What `normaliser` did to one text."""
    before = _TOKEN.findall(text.lower())
    after = normaliser.words(text)
    found = list(_changes(before, after, normaliser))
    return Trace(
        is_emptied=bool(before) and not after,
        n_words=len(before),
        n_altered=sum(n_words for _, n_words in found),
        changes=Counter(change for change, _ in found),
    )


def _changes(before: Sequence[str], after: list[str], normaliser: Normaliser) -> Iterator[tuple[Change, int]]:
    """Changes, each with the number of words before it.

    Most rules know one word at a time. Where words became something else together than each alone, rules
    acted over several of them, and the passage is one change.
    """
    alone = [normaliser.words(word) for word in before]
    done = 0
    for start, end, passage in [*_passages(alone, after), (len(before), len(before), ())]:
        for word, became in zip(before[done:start], alone[done:start], strict=True):
            if became != [word]:
                yield _change([word], became, normaliser), 1
        if start < end:
            yield _change(before[start:end], passage, normaliser), end - start
        done = end


def _passages(alone: Sequence[Sequence[str]], after: list[str]) -> Iterator[tuple[int, int, Sequence[str]]]:
    """Runs of words, start and end, that became something else together, and what they became.

    `alone`: what each word becomes by itself. A run holds whole words, so its ends are moved out over
    what is alike on both sides of the alignment, and runs that then meet are one.
    """
    owners = [place for place, words in enumerate(alone) for _ in words]
    joined = list(chain.from_iterable(alone))
    if joined == after:
        return
    if not joined:
        if alone and after:
            yield 0, len(alone), after
        return
    runs: list[tuple[int, int, int, int]] = []
    for start, end, new_start, new_end in _gaps(joined, after):
        first, last = start, end
        if first == last:  # words that none of these became: they are laid to the word before, or after
            first, last = (start - 1, end) if start else (start, end + 1)
        while 0 < first < len(owners) and owners[first - 1] == owners[first]:
            first -= 1
        while last < len(owners) and owners[last - 1] == owners[last]:
            last += 1
        new_start, new_end = new_start - (start - first), new_end + (last - end)
        if runs and first < runs[-1][1]:
            first, _, new_start, _ = runs.pop()
        runs.append((first, last, new_start, new_end))
    for first, last, new_start, new_end in runs:
        yield owners[first], owners[last - 1] + 1, after[new_start:new_end]


def _gaps(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where two lists of words differ: start and end in the one, start and end in the other."""
    position = new_position = 0
    for match in align_words(before, after).as_matching_blocks():  # the last is empty, at both ends
        if match.a > position or match.b > new_position:
            yield position, match.a, new_position, match.b
        position, new_position = match.a + match.size, match.b + match.size


def _change(before: Sequence[str], after: Sequence[str], normaliser: Normaliser) -> Change:
    rule = Rule.RESPELLED
    if normaliser.spellings.keys() & set(before):
        rule = Rule.DIALECT
    elif not after:
        rule = Rule.DROPPED
    elif any(character.isdigit() for character in "".join(after)):
        rule = Rule.NUMBER
    elif len(after) > len(before):
        rule = Rule.EXPANDED
    return Change(rule, " ".join(before), " ".join(after))
