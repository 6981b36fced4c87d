"""Which words of which group may be looked at, and their tests: made once each, then remembered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from asr_fair.fairness import display
from asr_fair.fairness.counting.words import Sides
from asr_fair.fairness.permutations.word_tests import WordTest, word_tests
from asr_fair.fairness.resampling.streams import SEED
from asr_fair.fairness.results import DimensionInfo
from asr_fair.records import REST
from asr_fair.report.redact import Shown, shown_in_report
from asr_fair.score.word_pairs import PairedWords, pair_words
from asr_fair.view.browser import Browser

COLUMNS_HELD = 8
STUDIES_HELD = 64


class Totals(NamedTuple):
    """All errors and speakers of one side, whatever the word."""

    n_errors: int
    n_words: int
    n_speakers: int


class WordStudy(NamedTuple):
    """The rows of one group under one condition and system, and what stands behind shares of errors."""

    tests: list[WordTest]
    group: Totals
    rest: Totals


class WordStudies:
    """Studies of one run; what is slow (alignment, tests) is kept for what was asked for last."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self._paired = lru_cache(COLUMNS_HELD)(self._pair)
        self.study = lru_cache(STUDIES_HELD)(self._study)

    @cached_property
    def shown(self) -> Shown:
        """The results after the display rules."""
        return shown_in_report(self.browser.run.results)

    @cached_property
    def groups(self) -> Mapping[str, list[str]]:
        """Of each dimension that was analysed the groups whose words may be shown beside all others'."""
        found = {}
        for dimension in self._dimensions.values():
            names = [each.name for each in dimension.groups]
            found[dimension.name] = [name for name in names if self.refusal(dimension.name, name) is None]
        return {name: own for name, own in found.items() if own}

    @cached_property
    def _dimensions(self) -> Mapping[str, DimensionInfo]:
        return {each.name: each for each in self.shown.results.dimensions if not each.parts}

    def refusal(self, dimension: str, group: str) -> str | None:
        """Why no words of a group are shown; None where they are."""
        info = self._dimensions.get(dimension)
        if not self.browser.run.manifest.has_speakers:
            return "The manifest names no speakers, and a test by utterance would find differences by chance."
        if info is None:
            return "The plan does not analyse this tag."
        if info.is_reserved(group):
            return "Who declined or is not known is compared with nobody."
        seen = self.shown.visibility[dimension]
        limits = self.shown.results.plan.thresholds
        if not self.shown.has_rates(dimension, group):
            return (
                f"Fewer than {limits.min_speakers_shown} speakers of this group said a word: its rates are "
                "not shown, nor are its words."
            )
        whole = next(each for each in self.browser.run.results.dimensions if each.name == dimension)
        if not display.shows_against(group, REST, seen, whole, limits):
            return "All other groups together would reveal one that is not shown."
        return None

    def is_within(self, dimension: str) -> bool:
        """Whether a tag varies within speakers."""
        return self._dimensions[dimension].level == "utterance"

    def _pair(self, condition: str, system: str) -> PairedWords:
        run = self.browser.run
        rows = run.outcomes
        own = (rows["condition"] == condition) & (rows["system"] == system) & rows["text"].notna()
        return pair_words(run.manifest.table, rows[own], self.browser.normaliser)

    def _study(self, dimension: str, group: str, condition: str, system: str) -> WordStudy:
        paired = self._paired(condition, system)
        sides = self._sides(paired, dimension, group)
        tests = word_tests(
            paired,
            sides,
            within=self.is_within(dimension),
            n_draws=self.shown.results.plan.thresholds.n_draws,
            seed=SEED,
            purpose=f"words of {group} in {dimension}",
        )
        return WordStudy(tests, _totals(paired, sides, sides.group), _totals(paired, sides, sides.rest))

    def _sides(self, paired: PairedWords, dimension: str, group: str) -> Sides:
        """The group and all other declared groups; who declined or is not known may be of either."""
        catalogue = self.browser.catalogue
        place = pd.Index(catalogue.utterance_ids).get_indexer(paired.utterance_ids)
        members = catalogue.members(dimension, group)
        declared = np.zeros(catalogue.n_utterances, np.bool_)
        for name in catalogue.tags[dimension].groups:
            if not self._dimensions[dimension].is_reserved(name):
                declared |= catalogue.members(dimension, name)
        return Sides(catalogue.speakers[place], members[place], (declared & ~members)[place])


def _totals(paired: PairedWords, sides: Sides, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Totals:
    own = mask[paired.utterance]
    wrong = np.array([not pair.is_right for pair in paired.pairs], np.bool_)[paired.pair]
    said = np.array([bool(pair.reference) for pair in paired.pairs], np.bool_)[paired.pair]
    return Totals(
        int(paired.times[own & wrong].sum()),
        int(paired.times[own & said].sum()),
        len(np.unique(sides.speakers[paired.utterance[own & said]])),
    )
