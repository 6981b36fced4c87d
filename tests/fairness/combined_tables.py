"""Small tables of people with labels in several dimensions, and what an analysis finds in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from fairness_tables import HEADLINE, no_losses, tables, the_one, utterance

from asr_fair.config import Plan
from asr_fair.fairness.analyse import Findings, analyse
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.results import Comparison, Figure, Standardised

Labels = Mapping[str, str | tuple[str, ...]]


def said(speaker: str | None, labels: Labels, errors: int | Mapping[str, int], *, words: int = 100) -> dict:
    """An utterance; `errors` under clean only, or by condition."""
    heard = {"clean": errors} if isinstance(errors, int) else errors
    tags = {name: (label,) if isinstance(label, str) else label for name, label in labels.items()}
    return utterance(speaker, (), heard, words=words) | {"tags": tags}


def crowd(labels: Labels, errors: Sequence[int], *, words: int = 100) -> list[dict]:
    """Speakers with the same labels, one for each number of errors."""
    name = "-".join(map(str, labels.values()))
    return [said(f"{name}-{n}", labels, each, words=words) for n, each in enumerate(errors)]


def people_of(rows: Sequence[dict]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts and people, with a column for each tag."""
    counts, people = tables(rows)
    people = people.drop(columns="accent")
    for name in rows[0]["tags"]:
        people[name] = [row["tags"][name] for row in rows]
    return counts, people


def dimensions_of(rows: Sequence[dict], *, within_speakers: Sequence[str] = ()) -> list[Dimension]:
    return [
        Dimension(
            name, name.title(), "self_report", level="utterance" if name in within_speakers else "speaker"
        )
        for name in rows[0]["tags"]
    ]


def analysed(rows: Sequence[dict], *, within_speakers: Sequence[str] = (), **plan: object) -> Findings:
    """Findings over all tags of the rows, under what `plan` declares."""
    counts, people = people_of(rows)
    return analyse(
        counts,
        people,
        no_losses(),
        dimensions_of(rows, within_speakers=within_speakers),
        Plan.model_validate(plan),
        headline=HEADLINE,
        expected=[(condition, "tiny") for condition in counts["condition"].unique()],
    )


def figure_of(
    found: Findings, dimension: str, group: str, measure: str = "wer", condition: str = "clean"
) -> Figure:
    place = (dimension, group, measure, condition)
    return the_one(
        row for row in found.figures if (row.dimension, row.group, row.measure, row.condition) == place
    )


def comparison_of(found: Findings, dimension: str, group: str, condition: str = "clean") -> Comparison:
    place = (dimension, group, condition)
    (one,) = (row for row in found.comparisons if (row.dimension, row.group, row.condition) == place)
    return one


def standardised_of(found: Findings, group: str, measure: str = "wer_gap", **place: str) -> Standardised:
    wanted = {"group": group, "measure": measure, "condition": "clean"} | place
    (one,) = (row for row in found.standardised if wanted.items() <= row.model_dump().items())
    return one
