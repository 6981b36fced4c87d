"""What pages are made from: a run, its catalogue, and the texts of single rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from asr_fair.pipeline.stored_outcomes import StoredOutcomes
from asr_fair.pipeline.stored_run import StoredRun, open_run
from asr_fair.score.normalise import Normaliser, load_normaliser
from asr_fair.view.catalogue import Catalogue
from asr_fair.view.diff import Token, word_diff
from asr_fair.view.query import Query
from asr_fair.view.selection import Selection, select
from asr_fair.view.texts import Texts


@dataclass(frozen=True, eq=False)
class Browser:
    """A run that is looked at; rows are those of its catalogue."""

    run: StoredRun
    outcomes: StoredOutcomes
    catalogue: Catalogue
    normaliser: Normaliser

    @classmethod
    def open(cls, folder: Path) -> Browser:
        """The browser of a finished run. Raises ConfigError for a folder that holds none."""
        run = open_run(folder)
        outcomes = StoredOutcomes(run.outcome_parts)
        return cls(run, outcomes, Catalogue.of(run, outcomes), load_normaliser(run.headline))

    @property
    def title(self) -> str:
        """What the run is called."""
        configuration = self.run.record.configuration
        sidecar = self.run.manifest.sidecar
        return str(configuration.get("title") or configuration.get("name") or sidecar.title or sidecar.name)

    @cached_property
    def texts(self) -> Texts:
        """What is searched."""
        return Texts(self.catalogue, self.run.manifest.table["reference"], self.outcomes)

    @cached_property
    def least_speakers(self) -> int:
        """Of a selection whose WER is told, as of a group in the report."""
        return self.run.results.plan.thresholds.min_speakers_shown

    def select(self, query: Query) -> Selection:
        """The rows that a query asks for, in its order."""
        return select(self.catalogue, query, self.texts)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Number of each utterance by its id."""
        return {str(each): number for number, each in enumerate(self.catalogue.utterance_ids)}

    def utterance(self, number: int) -> pd.Series[Any]:
        """An utterance's line of the manifest."""
        return self.run.manifest.table.iloc[number]

    def speaker(self, number: int) -> str | None:
        """Who spoke in an utterance, as the manifest calls them."""
        speaker: str | None = self.run.manifest.table["speaker_id"].iloc[number]
        return speaker

    def reference(self, number: int) -> str:
        """What was said in an utterance, as somebody wrote it."""
        return str(self.run.manifest.table["reference"].iloc[number])

    def outcome(self, row: int) -> dict[str, Any] | None:
        """Text or error of a row and the decoder's facts, None where nothing was handed in."""
        number = int(self.catalogue.outcomes[row])
        return None if number < 0 else self.outcomes.at(number)

    def heard(self, row: int) -> str | None:
        """The transcript of a row, None where there is none."""
        outcome = self.outcome(row)
        return None if outcome is None else outcome["text"]

    def diff(self, row: int) -> tuple[Token, ...] | None:
        """Reference and transcript of a row, word by word as they are counted; None without a text."""
        heard = self.heard(row)
        if heard is None:
            return None
        number, _, _ = self.catalogue.place(row)
        return word_diff(self.normaliser.words(self.reference(number)), self.normaliser.words(heard))
