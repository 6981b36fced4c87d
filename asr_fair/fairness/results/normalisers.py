"""The rows of the normaliser as a factor: what holds under others, and which rules changed which words."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from asr_fair.fairness.results.statuses import Verdict
from asr_fair.validation import Strict


class Robustness(Strict):
    """Whether the headline normaliser's verdict on one comparison holds under the others."""

    dimension: str
    group: str
    versus: str
    condition: str
    system: str
    normaliser: str = Field(description="the headline")
    robust: bool | None = Field(
        description="same verdict and same sign of ln(ratio) under all; None: not assessed"
    )
    verdicts: dict[str, Verdict] = Field(description="by normaliser, the headline first")
    ratios: dict[str, float | None] = Field(description="by normaliser, the headline first")
    reason: str = Field(description="the verdicts in plain words, or why nothing was assessed")


class TracedChange(Strict):
    """Words that a normaliser replaced, and what they became; people's own words."""

    before: str
    after: str = Field(description="empty where they are dropped")
    n_times: int
    n_speakers: int = Field(description="of the group who said them")


class TracedRule(Strict):
    """What rules of one kind changed."""

    rule: str = Field(description="dialect, dropped, number, expanded or respelled")
    n_words: int = Field(description="words changed or dropped")
    n_speakers: int | None
    examples: tuple[TracedChange, ...] = Field(
        description="the most frequent changes among those that at least three speakers said"
    )


class NormaliserTrace(Strict):
    """What a normaliser did to one group's references, or to its transcripts by one system in clean."""

    dimension: str
    group: str
    normaliser: str
    side: Literal["references", "transcripts"]
    condition: str | None = Field(default=None, description="of transcripts")
    system: str | None = Field(default=None, description="of transcripts")
    n_texts: int
    n_emptied: int = Field(description="texts that had words and have none left")
    n_words: int = Field(description="before any rule")
    n_altered: int = Field(description="words among them that a rule changed or dropped")
    altered_share: float | None = Field(description="None without words")
    rules: tuple[TracedRule, ...] = Field(description="most words first")
