"""What each normaliser did to each group's words: the share that it altered, and the words it altered most.

Rules that help one group's spelling more than another's move the gap between them (methods section 1); this
shows which ones. An example is people's own words, so it is kept only where several of the group said it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from asr_fair.fairness.counting.strata import Integers, Mask, Strata
from asr_fair.fairness.counting.tally import locate
from asr_fair.fairness.results import NormaliserTrace, TracedChange, TracedRule
from asr_fair.score.trace import Rule
from asr_fair.score.traced_texts import TracedTexts

N_EXAMPLES = 3
"""Of each rule."""

FEWEST_SPEAKERS = 3
"""Who said the words of an example, at least: what one or two people said could tell who they are."""


@dataclass(frozen=True, eq=False)
class TraceTally:
    """A trace by stratum; T strata, C changes.

    Attributes
    ----------
    n_texts, n_emptied, n_words, n_altered
        Shape (T,).
    stratum, change, times
        How often each change struck in each stratum, where it did, shape (n,).
    change_words, change_rule
        Words before each change, and the position of its rule among all rules, shape (C,).
    """

    traced: TracedTexts
    strata: Strata
    n_texts: Integers
    n_emptied: Integers
    n_words: Integers
    n_altered: Integers
    stratum: Integers
    change: Integers
    times: Integers
    change_words: Integers
    change_rule: Integers

    @classmethod
    def of(cls, traced: TracedTexts, strata: Strata) -> Self:
        """Add up; FaultsError for an utterance that the manifest does not hold."""
        stratum = strata.of_utterance[locate(traced.utterance_ids, strata.utterance_ids, "traces")]
        size, n_changes = len(strata.speakers), max(len(traced.changes), 1)
        keys, inverse = np.unique(stratum[traced.utterance] * n_changes + traced.change, return_inverse=True)
        rules = list(Rule)
        return cls(
            traced=traced,
            strata=strata,
            n_texts=np.bincount(stratum, minlength=size),
            n_emptied=_sums(stratum, traced.is_emptied, size),
            n_words=_sums(stratum, traced.n_words, size),
            n_altered=_sums(stratum, traced.n_altered, size),
            stratum=keys // n_changes,
            change=keys % n_changes,
            times=_sums(inverse, traced.times, len(keys)),
            change_words=np.array([len(each.before.split()) for each in traced.changes], np.int64),
            change_rule=np.array([rules.index(each.rule) for each in traced.changes], np.int64),
        )

    def rows(self, dimension: str, groups: Mapping[str, Mask]) -> Iterator[NormaliserTrace]:
        """One row for each group, a mask over the strata."""
        for group, members in groups.items():
            yield self._row(dimension, group, members)

    def _row(self, dimension: str, group: str, members: Mask) -> NormaliserTrace:
        n_words, n_altered = int(self.n_words[members].sum()), int(self.n_altered[members].sum())
        struck = members[self.stratum]
        speaker = self.strata.speakers[self.stratum[struck]]
        change, times = self.change[struck], self.times[struck]
        return NormaliserTrace(
            dimension=dimension,
            group=group,
            normaliser=self.traced.normaliser,
            side=self.traced.side,
            condition=self.traced.condition,
            system=self.traced.system,
            n_texts=int(self.n_texts[members].sum()),
            n_emptied=int(self.n_emptied[members].sum()),
            n_words=n_words,
            n_altered=n_altered,
            altered_share=n_altered / n_words if n_words else None,
            rules=tuple(self._rules(speaker, change, times)),
        )

    def _rules(self, speaker: Integers, change: Integers, times: Integers) -> Iterator[TracedRule]:
        """The rules that struck, those that changed most words first."""
        rule, names = self.change_rule[change], list(Rule)
        n_words = _sums(rule, times * self.change_words[change], len(names))
        n_speakers = _speakers_by(rule, speaker, len(names))
        for place in sorted(np.flatnonzero(n_words), key=lambda place: (-n_words[place], names[place])):
            own = rule == place
            yield TracedRule(
                rule=names[place].value,
                n_words=int(n_words[place]),
                n_speakers=int(n_speakers[place]) if self.strata.identified else None,
                examples=tuple(self._examples(speaker[own], change[own], times[own])),
            )

    def _examples(self, speaker: Integers, change: Integers, times: Integers) -> Iterator[TracedChange]:
        """The most frequent changes of words that enough of the group's speakers said."""
        if not self.strata.identified:
            return
        # Changes are numbered in alphabetical order, so a stable sort breaks ties by it.
        which, own = np.unique(change, return_inverse=True)
        n_times, n_speakers = _sums(own, times, len(which)), _speakers_by(own, speaker, len(which))
        shareable = np.flatnonzero(n_speakers >= FEWEST_SPEAKERS)
        for place in shareable[np.argsort(-n_times[shareable], kind="stable")][:N_EXAMPLES].tolist():
            one = self.traced.changes[which[place]]
            yield TracedChange(
                before=one.before,
                after=one.after,
                n_times=int(n_times[place]),
                n_speakers=int(n_speakers[place]),
            )


def _sums(places: Integers, values: Integers, size: int) -> Integers:
    """Whole numbers added up by place, shape (size,); exact, as float64 is below 2**53."""
    return np.bincount(places, weights=values, minlength=size).astype(np.int64)


def _speakers_by(places: Integers, speaker: Integers, size: int) -> Integers:
    """How many different speakers stand at each place, shape (size,)."""
    n_speakers = int(speaker.max(initial=0)) + 1
    return np.bincount(np.unique(places * n_speakers + speaker) // n_speakers, minlength=size)
