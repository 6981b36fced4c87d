"""Ratios between groups by models: unadjusted beside adjusted, marginal beside conditional."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asr_fair.fairness.model_status import ModelName
from asr_fair.fairness.results import DimensionInfo, ModelRow
from asr_fair.report import wording
from asr_fair.report.cells import NO_FIGURE, RATIO, WER, figure_cell, group_info, headline_key, other_side
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.models.texts import FITS_NOTE, STATUS_WORDS, model_notes
from asr_fair.report.outcomes import compared_groups
from asr_fair.report.redact import Shown
from asr_fair.report.settings import subject_words

MODEL_COLUMNS = tuple(ModelRow.model_fields)
ALL_CONDITIONS = "All conditions together"
TITLES = {
    ModelName.CLUSTERED: "Marginal",
    ModelName.GAMMA: "Conditional, gamma",
    ModelName.NORMAL: "Conditional, normal",
}


def models_table(shown: Shown, dimension: DimensionInfo, system: str) -> Table | None:
    """Ratios of every compared group, a block for each condition; None where there is no model."""
    fitted = _Fitted.of(shown, dimension, system)
    groups = compared_groups(shown, dimension)
    if not (fitted.rows and groups):
        return None
    columns = (
        Column("Group", is_number=False),
        Column("Speakers"),
        Column("Pooled ratio"),
        *(Column(TITLES[name] + (", adjusted" if adjusted else "")) for name, adjusted in fitted.sides),
    )
    blocks = [
        Block(title, [Row(group, fitted.ratio_cells(group, condition)) for group in groups])
        for condition, title in fitted.conditions
    ]
    caption, subject = f"Ratio to {other_side(dimension)} by models", subject_words(dimension, system)
    return Table(caption, columns, blocks, model_notes(shown, fitted.rows), subject)


def fits_table(shown: Shown, dimension: DimensionInfo, system: str) -> Table | None:
    """What the models rest on and how well they fit; None where a group of them is hidden."""
    fitted = _Fitted.of(shown, dimension, system)
    rows = [
        Row(title, cells)
        for condition, title in fitted.conditions
        if (cells := fitted.whole_cells(condition)) is not None
    ]
    if not rows:
        return None
    columns = (
        Column("Condition", is_number=False),
        Column("Speakers"),
        Column("Rows"),
        Column("Left out: no reference words"),
        Column("Left out: covariate not known"),
        Column("Dispersion"),
        Column("Spread of speakers, gamma"),
        Column("Spread of speakers, normal"),
    )
    subject = subject_words(dimension, system)
    return Table("What the models rest on", columns, [Block("", rows)], [FITS_NOTE], subject)


def model_records(shown: Shown) -> Iterator[dict[str, str | int | float | None]]:
    """The rows of models that may be shown, a record each; without a condition, of all of them."""
    for one in shown.models:
        yield one.model_dump(mode="json") | {"adjusted_for": "; ".join(one.adjusted_for)}


@dataclass(frozen=True, slots=True)
class _Fitted:
    """The models of one dimension and system."""

    shown: Shown
    dimension: DimensionInfo
    system: str
    rows: Sequence[ModelRow]

    @classmethod
    def of(cls, shown: Shown, dimension: DimensionInfo, system: str) -> _Fitted:
        place = (dimension.name, system)
        rows = [one for one in shown.models if (one.dimension, one.system) == place]
        return cls(shown, dimension, system, rows)

    @property
    def sides(self) -> list[tuple[ModelName, bool]]:
        """Models in their order, each as it is (False) and adjusted (True)."""
        there = {(one.model, bool(one.adjusted_for)) for one in self.rows}
        every = [(name, adjusted) for name in ModelName for adjusted in (False, True)]
        return [side for side in every if side in there]

    @property
    def conditions(self) -> list[tuple[str | None, str]]:
        """Conditions that have a model, with their titles; all together (None) last."""
        there = {one.condition for one in self.rows}
        titles = [(one.name, one.title) for one in self.shown.results.conditions if one.name in there]
        return [*titles, *([(None, ALL_CONDITIONS)] if None in there else [])]

    def ratio_cells(self, group: str, condition: str | None) -> list[TableCell]:
        """Speakers, the pooled ratio and that of every model."""
        info, pooled = group_info(self.dimension, group), TableCell("")
        n_speakers = None if info is None else info.n_heard
        if condition is not None:
            key = headline_key(self.shown, self.dimension, group, condition, self.system)
            rate = self.shown.figure(key, WER)
            n_speakers = n_speakers if rate is None else rate.n_speakers
            ratio = self.shown.figure(key, RATIO, other_side(self.dimension))
            pooled = figure_cell(ratio, wording.ratio, wording.ratio_number)
        found = {
            (one.model, bool(one.adjusted_for)): one
            for one in self.rows
            if (one.group, one.condition) == (group, condition)
        }
        ratios = [_ratio_cell(found.get(side)) for side in self.sides]
        return [TableCell(wording.count(n_speakers)), pooled, *ratios]

    def whole_cells(self, condition: str | None) -> list[TableCell] | None:
        """Facts of the whole fits; of the fullest models, as adjusted ones come last."""
        last = {one.model: one for one in self.rows if one.condition == condition}
        primary = last[ModelName.CLUSTERED]
        if primary.n_rows is None:
            return None
        errors = primary.dropped_errors or 0
        lost = f"with {wording.count(errors)} inserted words" if errors else ""
        dispersion = primary.dispersion
        return [
            TableCell(wording.count(primary.n_speakers)),
            TableCell(wording.count(primary.n_rows), primary.rows),
            TableCell(wording.count(primary.dropped_without_words), lost),
            TableCell(wording.count(primary.dropped_incomplete)),
            NO_FIGURE if dispersion is None else TableCell(f"{dispersion:.1f}"),
            *(_spread_cell(last.get(name)) for name in (ModelName.GAMMA, ModelName.NORMAL)),
        ]


def _ratio_cell(one: ModelRow | None) -> TableCell:
    if one is None:
        return NO_FIGURE
    if one.ratio is None:
        return TableCell(STATUS_WORDS[one.status] or wording.NOT_COMPUTED)
    bounds = wording.interval(one.low, one.high, wording.ratio_number)
    return TableCell(wording.ratio(one.ratio), bounds or STATUS_WORDS[one.status])


def _spread_cell(one: ModelRow | None) -> TableCell:
    if one is None or one.sigma is None or one.sigma_p is None:
        return NO_FIGURE
    return TableCell(f"{one.sigma:.2f}", wording.p_value(one.sigma_p))
