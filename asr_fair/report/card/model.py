"""What a service card consists of, free of hidden values: sections of human text and of generated blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from asr_fair.report.card.prose import Prose
from asr_fair.report.model import Fact, Table


@dataclass(frozen=True, slots=True)
class Banner:
    """What must be read before anything else."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values."""

    entries: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences that stand one below the other."""

    entries: Sequence[str]


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; within a block it may have a title of its own."""

    text: str
    title: str = ""


Part: TypeAlias = Banner | Facts | Sentences | Words | Table


@dataclass(frozen=True, slots=True)
class Generated:
    """A block made from the results, which `card --check` compares; `name` stands in its markers."""

    name: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what people wrote below it, and what the results say.

    `prose`: None where nobody is asked to write anything; an empty one is not yet written.
    """

    title: str
    level: int
    prose: Prose | None
    blocks: Sequence[Generated] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """The service card from top to bottom. `fewest`: speakers that a group needs to be shown."""

    title: str
    fewest: int
    top: Generated
    sections: Sequence[Section]

    @property
    def unwritten(self) -> tuple[str, ...]:
        """Headings below which nobody has written anything yet."""
        return tuple(one.title for one in self.sections if one.prose is not None and not one.prose.blocks)
