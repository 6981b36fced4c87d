"""Where a figure comes from: every figure of a recipe says it, once."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import ClassVar

from pydantic import Field, model_validator

from asr_fair.validation import Strict


class Origin(StrEnum):
    """Where a figure comes from."""

    MEASURED = "measured"
    READ = "read"
    RECALLED = "recalled"
    ASSUMED = "assumed"


class Evidence(Strict):
    """Where the named figures come from."""

    figures: tuple[str, ...] = Field(min_length=1, description="keys beside `evidence` that this holds for")
    origin: Origin
    source: str | None = Field(default=None, min_length=1, description="what was read, or what was measured")
    note: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _a_claim_has_a_source(self) -> Evidence:
        if self.origin in (Origin.READ, Origin.MEASURED) and self.source is None:
            msg = f"'{self.origin}' needs a `source`: say what was {self.origin}, or use 'assumed'"
            raise ValueError(msg)
        return self


class Evidenced(Strict):
    """Something made of figures, with evidence for each that is given."""

    not_figures: ClassVar[frozenset[str]] = frozenset()
    """Keys that need no evidence: names, texts, files."""

    evidence: tuple[Evidence, ...] = Field(description="for each figure given, where it comes from")

    @model_validator(mode="after")
    def _each_figure_has_evidence_once(self) -> Evidenced:
        given = self.model_fields_set - self.not_figures - {"evidence"}
        named = Counter(figure for entry in self.evidence for figure in entry.figures)
        if missing := sorted(given - named.keys()):
            entry = f"{{figures: [{', '.join(missing)}], origin: assumed}}"
            msg = f"evidence: no entry says where {', '.join(missing)} comes from. Add one, such as {entry}"
            raise ValueError(msg)
        if surplus := sorted(named.keys() - given):
            msg = (
                f"evidence: {', '.join(surplus)} is not a figure given here. Give it a value or leave it out"
            )
            raise ValueError(msg)
        if twice := sorted(figure for figure, times in named.items() if times > 1):
            msg = f"evidence: {', '.join(twice)} has more than one entry"
            raise ValueError(msg)
        return self
