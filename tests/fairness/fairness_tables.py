"""Small tables of counts and people for the tests of the statistics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from asr_fair.config import Plan, Reference, Thresholds
from asr_fair.fairness.analyse import Findings, analyse
from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.results import Comparison, Figure
from asr_fair.records import REST

LIMITS = Thresholds()
HEADLINE = "whisper_en"
ACCENT = Dimension("accent", "Accent", "self_report")


def cell(errors: Sequence[int], words: Sequence[int], *, speakers: Sequence[int] | None = None) -> Cell:
    """A cell with one utterance a speaker; errors are substitutions as far as there are words."""
    e, n = np.asarray(errors, np.int64), np.asarray(words, np.int64)
    substitutions = np.minimum(e, n)
    counts = np.stack([substitutions, np.zeros_like(n), e - substitutions, n - substitutions])
    ids = np.arange(len(e)) if speakers is None else np.asarray(speakers)
    return Cell(speakers=ids.astype(np.int64), counts=counts, n_utterances=len(e))


def unidentified(errors: int, words: int) -> Cell:
    """A cell of a manifest without speakers."""
    one = cell([errors], [words])
    return Cell(one.speakers, one.counts, 1, identified=False)


def utterance(
    speaker: str | None,
    accent: Sequence[str],
    errors: Mapping[str, int],
    *,
    words: int = 100,
    duration_s: float = 2.0,
) -> dict[str, object]:
    """An utterance with its errors under each condition, all of them substitutions."""
    return {
        "speaker": speaker,
        "accent": tuple(accent),
        "errors": errors,
        "words": words,
        "duration_s": duration_s,
    }


def tables(utterances: Sequence[Mapping[str, object]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts and people."""
    people = pd.DataFrame(utterances)[["speaker", "accent", "duration_s"]]
    people.insert(0, "utterance_id", [f"u{number}" for number in range(len(utterances))])
    counts = [
        {
            "utterance_id": f"u{number}",
            "condition": condition,
            "system": "tiny",
            "normaliser": HEADLINE,
            "substitutions": min(errors, row["words"]),
            "deletions": 0,
            "insertions": max(errors - row["words"], 0),
            "hits": max(row["words"] - errors, 0),
        }
        for number, row in enumerate(utterances)
        for condition, errors in row["errors"].items()
    ]
    return pd.DataFrame(counts), people


def no_losses() -> pd.DataFrame:
    columns = ["utterance_id", "condition", "system", "kind", "reason"]
    return pd.DataFrame({name: pd.Series(dtype="str") for name in columns})


def find(
    utterances: Sequence[Mapping[str, object]],
    *,
    reference: str | None = None,
    conditions: Sequence[str] | None = None,
    losses: pd.DataFrame | None = None,
    thresholds: Thresholds = LIMITS,
) -> Findings:
    """Findings over one dimension, accent; `conditions`: those in the counts unless named."""
    counts, people = tables(utterances)
    references = {} if reference is None else {"accent": Reference(group=reference, reason="largest")}
    return analyse(
        counts,
        people,
        no_losses() if losses is None else losses,
        [ACCENT],
        Plan(references=references, thresholds=thresholds),
        headline=HEADLINE,
        expected=[(condition, "tiny") for condition in conditions or counts["condition"].unique()],
    )


def figure(findings: Findings, group: str, measure: str, condition: str = "clean") -> Figure:
    """The one figure of this group, measure and condition."""
    return the_one(
        row
        for row in findings.figures
        if (row.group, row.measure, row.condition) == (group, measure, condition)
    )


def the_one(figures: Iterable[Figure]) -> Figure:
    """The only figure, but for the gap to the rest that stands beside one to a declared reference."""
    found = list(figures)
    (one,) = [row for row in found if row.versus != REST] or found
    return one


def comparison(findings: Findings, group: str, condition: str = "clean") -> Comparison:
    """The one comparison of this group and condition."""
    (found,) = (row for row in findings.comparisons if (row.group, row.condition) == (group, condition))
    return found
