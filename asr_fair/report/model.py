"""What a page consists of, already formatted and free of hidden values: tables, plots, sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, TypeVar

from asr_fair.fairness.results import Verdict
from asr_fair.report.links import Utterances

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; numbers are set right-aligned. `over` is a heading shared with its neighbours."""

    title: str
    is_number: bool = True
    over: str = ""


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell: its text, a second line in smaller print, and over how many columns it reaches.

    `shade`: of a heat map, 0 the faintest. `asks`: the utterances behind it.
    """

    text: str
    detail: str = ""
    span: int = 1
    shade: int | None = None
    asks: Utterances | None = None

    @property
    def in_one_line(self) -> str:
        """Both, where there is no second line."""
        link = " " if self.detail.startswith("[") else ": "
        return link.join(part for part in (self.text, self.detail) if part)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; `header` names it, `is_quiet` prints it less prominently.

    `asks`: the utterances behind it.
    """

    header: str
    cells: Sequence[TableCell]
    is_quiet: bool = False
    asks: Utterances | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under a heading of their own (a condition); a single block has its title in the caption."""

    title: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with caption and notes; the first column holds the rows' headers.

    `subject` says of whom and of which system it is; where the section around it says so, it is not printed.
    """

    caption: str
    columns: Sequence[Column]
    blocks: Sequence[Block]
    notes: Sequence[str] = ()
    subject: str = ""
    block_title: str = "Condition"
    """What the blocks' titles are."""

    @property
    def shared_headings(self) -> list[tuple[str, int]]:
        """Headings over several columns and how many these are; empty where there is none."""
        runs = groupby(self.columns, key=lambda column: column.over)
        return [(over, len(list(own))) for over, own in runs] if any(c.over for c in self.columns) else []

    @property
    def full_caption(self) -> str:
        """The caption for those who see the table by itself."""
        return self._with_block(f"{self.caption}: {self.subject}" if self.subject else self.caption)

    @property
    def short_caption(self) -> str:
        """The caption within the section of its subject."""
        return self._with_block(self.caption)

    def _with_block(self, caption: str) -> str:
        """A single block has no heading of its own, so its title stands in the caption."""
        has_title = len(self.blocks) == 1 and self.blocks[0].title
        return f"{caption} ({self.blocks[0].title})" if has_title else caption


@dataclass(frozen=True, slots=True)
class Plot:
    """One static SVG, its title, and what it shows in words for those who cannot see it."""

    title: str
    svg: str
    description: str


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A mark of a plot and what it stands for."""

    symbol: str
    colour: str
    label: str


@dataclass(frozen=True, slots=True)
class PlotGroup:
    """Plots that share an axis, side by side where there is room."""

    title: str
    caption: str
    plots: Sequence[Plot]
    legend: Sequence[LegendEntry] = ()


@dataclass(frozen=True, slots=True)
class SettingSection:
    """Each condition of one room and handset by itself; `title` is empty where there is no other.

    `disagreements` says where the scales of `against_clean` and `scales` tell different stories.
    """

    title: str
    intervals: PlotGroup
    rates: Table
    against_clean: Table | None = None
    disagreements: Sequence[str] = ()
    scales: Table | None = None
    nobody_said: Table | None = None
    further: Table | None = None


@dataclass(frozen=True, slots=True)
class NormaliserSection:
    """What the choice of the normaliser does: how many verdicts hold, and the gaps under the first condition.

    `more`: the gaps under the other conditions, and the rates. `changes`: what the rules changed in whose
    words.
    """

    summary: str
    gaps: Table | None
    more: Sequence[Table]
    changes: Table | None


@dataclass(frozen=True, slots=True)
class SystemSection:
    """One recogniser within one dimension: all conditions together, those of each room and handset, how far
    the groups are apart, what models say, and what the normaliser does to all that.
    """

    title: str
    heat_map: Table | None
    settings: Sequence[SettingSection]
    summaries: Table | None
    excess: Table | None = None
    noise_curves: Sequence[PlotGroup] = ()
    along_snr: Table | None = None
    models: Sequence[Table] = ()
    normalisers: NormaliserSection | None = None


@dataclass(frozen=True, slots=True)
class DimensionSection:
    """One tag: where its labels come from, what it is compared with, and a section for each system.

    `more_words`: of an intersection, which combinations there are.
    """

    anchor: str
    title: str
    source: str
    comparison: str
    systems: Sequence[SystemSection]
    more_words: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ControlSystem:
    """One recogniser within the levels of another dimension: all levels together, and each."""

    title: str
    mixes: Table | None
    levels: Table | None


@dataclass(frozen=True, slots=True)
class ControlSection:
    """One tag within the levels of another: how to read it, and a section for each system."""

    anchor: str
    title: str
    words: Sequence[str]
    systems: Sequence[ControlSystem]


@dataclass(frozen=True, slots=True)
class PairSection:
    """Two systems: the first condition with its plots, the others, and MAPSSWE."""

    title: str
    plots: PlotGroup
    first: Table
    others: Sequence[Table]
    matched: Table | None


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and its value, for lists of settings and provenance."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding as it is read: its verdict, what it says, what else must be known, the utterances behind."""

    verdict: Verdict
    lead: str
    more: str
    asks: Utterances | None


@dataclass(frozen=True, slots=True)
class Highest:
    """The group with the highest WER, in words, and its utterances."""

    text: str
    asks: Utterances


@dataclass(frozen=True, slots=True)
class Folded(Generic[T]):
    """Entries of which only the first ones are open; `title` says what the others hold."""

    first: Sequence[T]
    others: Sequence[T]
    title: str

    def __bool__(self) -> bool:
        return bool(self.first or self.others)


@dataclass(frozen=True, slots=True)
class ReportPage:
    """The report from top to bottom; `tested` to `cannot_say` are the first screen."""

    title: str
    banner: str | None
    tested: Sequence[Fact]
    highest: Highest | None
    findings: Folded[FindingLine]
    system_findings: Folded[str]
    cannot_say: Sequence[str]
    how_to_read: Sequence[str]
    warnings: Sequence[str]
    losses_words: str
    losses: Table | None
    made_up: Table | None
    overall: Table
    systems_words: Sequence[str]
    pairs: Sequence[PairSection]
    dimensions: Sequence[DimensionSection]
    faas: Table | None
    controls: Sequence[ControlSection]
    limits: Sequence[str]
    what_was_run: Sequence[Fact]
    provenance: Sequence[Fact]
