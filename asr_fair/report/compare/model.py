"""What the page of a comparison consists of, already formatted and free of hidden values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asr_fair.report.model import Fact, PlotGroup, Table


@dataclass(frozen=True, slots=True)
class Told:
    """What was found on one question, in sentences; `title` is the question's answer in few words."""

    title: str
    sentences: Sequence[str]


@dataclass(frozen=True, slots=True)
class ComparePage:
    """The comparison from top to bottom; `first` is the table of the first condition."""

    title: str
    banner: str | None
    sides: Sequence[Fact]
    told: Sequence[Told]
    notes: Sequence[str]
    plots: PlotGroup | None
    first: Table | None
    others: Sequence[Table]
    by_condition: Table | None
    matched: Table | None
    how_to_read: Sequence[str]
    left_out_words: str
    left_out: Table | None
    differing_words: str
    differing: Table | None
    alike: Table | None
    further: Sequence[str]
    limits: Sequence[str]
    provenance: Sequence[Fact]
