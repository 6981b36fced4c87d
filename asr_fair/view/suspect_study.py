"""Suspected references of a run, and what they do to each group's WER: descriptive, nothing is removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from asr_fair.fairness.counting.strata import Mask
from asr_fair.fairness.display import Visibility, visibility
from asr_fair.fairness.results import DimensionInfo
from asr_fair.records import CLEAN
from asr_fair.report.redact import Shown, shown_in_report
from asr_fair.score.reference_doubts import Doubt, Reason, doubtful_references
from asr_fair.view.browser import Browser
from asr_fair.view.catalogue import SCORED


@dataclass(frozen=True, slots=True)
class Share:
    """Of U utterances of some speakers, those whose reference is suspected; speakers None if not known."""

    n_utterances: int
    n_suspected: int
    n_speakers: int | None
    n_speakers_suspected: int | None


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """A group's WER as it is, and without the utterances whose reference is suspected; None: not shown."""

    share: Share
    wer: float | None
    wer_without: float | None
    n_words: int
    n_words_without: int


class SuspectStudy:
    """Suspects of one run, found once, against what was heard under its quietest condition."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    @cached_property
    def condition(self) -> str:
        """Whose transcripts references are compared with: clean, else the first condition of the run."""
        conditions = self.browser.catalogue.conditions
        return CLEAN if CLEAN in conditions else conditions[0]

    @cached_property
    def shown(self) -> Shown:
        """The results after the display rules."""
        return shown_in_report(self.browser.run.results)

    @cached_property
    def doubts(self) -> Sequence[Doubt]:
        """Every doubt, in the manifest's order."""
        run = self.browser.run
        rows = run.outcomes
        heard = rows[(rows["condition"] == self.condition) & rows["text"].notna()]
        return doubtful_references(run.manifest.table, heard, self.browser.normaliser)

    @cached_property
    def n_untimed(self) -> int:
        """Utterances whose length the manifest does not say: nothing is known of their pace."""
        return int(self.browser.run.manifest.table["duration_s"].isna().sum())

    def suspected(self, reason: Reason | None = None) -> Mask:
        """The utterances with a doubt, of one reason or of any; shape = (U,)."""
        ids = {each.utterance_id for each in self.doubts if reason in (None, each.reason)}
        return pd.Index(self.browser.catalogue.utterance_ids).isin(list(ids))

    def share(self, members: Mask, suspected: Mask) -> Share:
        """How many of some utterances are suspected, and of how many speakers."""
        speakers = self.browser.catalogue.speakers
        known = bool((speakers >= 0).all())
        return Share(
            n_utterances=int(members.sum()),
            n_suspected=int((members & suspected).sum()),
            n_speakers=len(np.unique(speakers[members])) if known else None,
            n_speakers_suspected=len(np.unique(speakers[members & suspected])) if known else None,
        )

    def groups_of(self, dimension: DimensionInfo) -> list[tuple[str, Mask]]:
        """The groups of a dimension that may be seen at all, with their utterances."""
        catalogue = self.browser.catalogue
        return [(each.name, catalogue.members(dimension.name, each.name)) for each in dimension.groups]

    def sensitivity(
        self, members: Mask, suspected: Mask, condition: str, system: str, *, has_rates: bool
    ) -> Sensitivity:
        """WER of some utterances with and without what is suspected; no rate where few people are left."""
        catalogue = self.browser.catalogue
        first = catalogue.columns.index((condition, system)) * catalogue.n_utterances
        own = slice(first, first + catalogue.n_utterances)
        scored = members & (catalogue.losses[own] == SCORED)
        errors, words = catalogue.errors[own].astype(np.int64), catalogue.words[own].astype(np.int64)
        left = scored & ~suspected
        shows = has_rates and self._shows(left, words)
        n_words, n_left = int(words[scored].sum()), int(words[left].sum())
        return Sensitivity(
            share=self.share(members, suspected),
            wer=_rate(errors, scored, n_words) if has_rates else None,
            wer_without=_rate(errors, left, n_left) if shows else None,
            n_words=n_words,
            n_words_without=n_left,
        )

    def _shows(self, left: Mask, words: NDArray[np.int64]) -> bool:
        """Whether the display rules allow a rate of what is left."""
        speakers = self.browser.catalogue.speakers
        known = bool((speakers >= 0).all())
        n_heard = len(np.unique(speakers[left & (words > 0)])) if known else None
        limits = self.shown.results.plan.thresholds
        return visibility(n_heard, int(words[left].sum()), limits) >= Visibility.INDICATIVE


def _rate(errors: NDArray[np.int64], members: Mask, n_words: int) -> float | None:
    return int(errors[members].sum()) / n_words if n_words else None
