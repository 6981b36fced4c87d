"""The rows of groups and dimensions: who was recorded, and what was lost of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from asr_fair.fairness.counting.combinations import is_reserved
from asr_fair.validation import Strict


class GroupInfo(Strict):
    """A group as the speakers or the corpus named it, with what the display rules need."""

    name: str
    kind: Literal["declared", "reserved"] = "declared"
    n_speakers: int | None = Field(description="with a transcript, whether or not they said a word")
    n_speakers_with_words: int | None = Field(
        default=None, description="with reference words under the headline normaliser"
    )
    n_utterances: int
    n_words: int = Field(description="reference words under the headline normaliser")
    n_speakers_expected: int | None = Field(description="of the manifest, whatever was lost")
    n_utterances_expected: int = Field(description="of the manifest, whatever was lost")
    duration_s: float | None = None
    largest_speaker_share: float | None = Field(default=None, description="of the reference words")

    @property
    def n_heard(self) -> int | None:
        """Speakers whom a rate rests on; before schema 1.3 all with a transcript. None if not known."""
        return self.n_speakers if self.n_speakers_with_words is None else self.n_speakers_with_words

    @property
    def is_silent(self) -> bool:
        """Whether there are transcripts and not one reference word."""
        return self.n_utterances > 0 and self.n_words == 0


class DimensionInfo(Strict):
    """A tag: where its labels come from, how it varies, and what it is compared with."""

    name: str
    title: str
    source: str
    source_note: str | None = None
    level: Literal["speaker", "utterance"]
    sensitive: bool = False
    groups: tuple[GroupInfo, ...]
    reference: str | None = None
    reference_reason: str | None = None
    parts: tuple[str, ...] = Field(default=(), description="of an intersection: the dimensions it combines")
    empty: tuple[str, ...] = Field(default=(), description="of an intersection: combinations without anybody")

    def is_reserved(self, group: str) -> bool:
        """Whether a group is of those who declined or are unknown; of an intersection, in any part."""
        return is_reserved(group, self.parts)


class Loss(Strict):
    """Outcomes that are missing or failed, counted for one group."""

    dimension: str
    group: str
    condition: str
    system: str
    n_expected: int
    n_errors: int = 0
    n_missing: int = 0
    reasons: dict[str, int] = Field(default_factory=dict)
