"""The rows of a dimension within the levels of another."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from asr_fair.fairness.results.groups import DimensionInfo
from asr_fair.fairness.results.statuses import Status
from asr_fair.validation import Strict


class ControlLevel(Strict):
    """The people of one level of a control dimension, by the groups of the dimension that is compared.

    Figures and comparisons among them stand in the lists of all others, under the name of `cells`.
    """

    level: str
    cells: DimensionInfo


class Control(Strict):
    """A dimension whose gaps are also told within each declared level of another."""

    dimension: str
    within: str
    title: str
    levels: tuple[ControlLevel, ...]


class Standardised(Strict):
    """A group beside another as if both were spread alike over the levels of the control dimension."""

    dimension: str
    within: str
    group: str
    versus: str
    condition: str
    system: str
    normaliser: str
    measure: Literal["wer_gap", "wer_ratio"]
    value: float | None
    low: float | None = None
    high: float | None = None
    method: str | None = None
    status: Status = Status.OK
    levels: tuple[str, ...] = Field(description="that it rests on: enough speakers on both sides")
    n_speakers: int | None = Field(description="of the group in those levels")
    n_words: int = Field(description="reference words of both sides in those levels")
    n_words_left_out: int = Field(description="reference words of both sides in no such level")
