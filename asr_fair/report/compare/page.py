"""The page of a comparison: sections in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterator

from asr_fair.fairness.results import ComparedRuns
from asr_fair.report import texts, wording
from asr_fair.report.compare.model import ComparePage
from asr_fair.report.compare.outcomes import the_pair
from asr_fair.report.compare.settings import settings, side_words
from asr_fair.report.compare.tables import (
    by_condition_table,
    condition_table,
    left_out_table,
    settings_table,
)
from asr_fair.report.compare.texts import all_told, left_out_words
from asr_fair.report.model import Fact, PlotGroup
from asr_fair.report.plan_texts import plan_fact, together_words
from asr_fair.report.plots.differences import difference_plots
from asr_fair.report.redact import Shown, shown_in_report
from asr_fair.report.systems.tables import matched_table

IS_TOLD = {"Run", "System", "Started"}
"""Settings that always differ, or that the first screen tells."""


def build_comparison(compared: ComparedRuns) -> ComparePage:
    """The whole page, formatted and without hidden values."""
    shown = shown_in_report(compared.results)
    pair = the_pair(shown)
    tables = [] if pair is None else [condition_table(shown, where) for where in pair.conditions]
    rows = [row for row in settings(compared) if row[0] not in IS_TOLD]
    differing = [row for row in rows if row[1] != row[2]]
    return ComparePage(
        title=f"From A to B: {compared.results.title}",
        banner=texts.banner(compared.results),
        sides=[
            Fact("A (before)", side_words(compared.a)),
            Fact("B (after)", side_words(compared.b)),
            Fact("Conditions", "; ".join(one.title for one in shown.results.conditions)),
            plan_fact(compared.results.plan),
        ],
        told=all_told(shown),
        notes=compared.results.warnings,
        plots=None if pair is None else _with_plots(difference_plots(shown, pair)),
        first=tables[0] if tables else None,
        others=tables[1:],
        by_condition=None if pair is None else by_condition_table(shown, pair),
        matched=None if pair is None else matched_table(shown, pair),
        how_to_read=list(_how_to_read(shown)),
        left_out_words=left_out_words(shown),
        left_out=left_out_table(shown),
        differing_words=_differing_words(differing),
        differing=settings_table("What differs", differing),
        alike=settings_table("The same in both", [row for row in rows if row[1] == row[2]]),
        further=_further(compared),
        limits=[
            "A difference is that of everything that differs between the two sides (the table above), not of "
            "one setting alone.",
            *texts.limits(shown),
        ],
        provenance=[
            *(
                Fact(f"{letter}, {name}", digest)
                for letter, side in (("A", compared.a), ("B", compared.b))
                for name, digest in (
                    ("run", side.run_digest),
                    ("manifest", side.manifest_digest),
                    ("model", side.system.model_digest or "not recorded"),
                )
            ),
            *(
                fact
                for fact in texts.provenance(shown.results)
                if not fact.name.startswith(("Manifest", "Model"))
            ),
        ],
    )


def _with_plots(group: PlotGroup) -> PlotGroup | None:
    return group if group.plots else None


def _differing_words(differing: list[tuple[str, str, str]]) -> str:
    if not differing:
        return (
            "Nothing that is recorded of either side differs but the system and the run. What is not "
            "recorded may differ."
        )
    return "What is recorded of the two sides and is not the same. What is not recorded may differ, too."


def _how_to_read(shown: Shown) -> Iterator[str]:
    limits = shown.results.plan.thresholds
    confidence = f"{100 * limits.confidence:g}{wording.NBSP}%"
    yield (
        "A is the side before, or the baseline; B the one after. Every change is B less A, in percentage "
        "points of the WER (wrong, missing and added words per hundred words said): below zero, B makes "
        "fewer errors."
    )
    yield (
        "Both are scored again from their texts with the same rules, on the utterances that both have "
        "transcribed: the same people say the same words. So rates here may differ from those in the reports "
        "of either run."
    )
    yield (
        f"Brackets: {confidence} interval with whole speakers left out in turn; tables/compare.csv holds the "
        "bootstrap beside it. p: how often changes as large come about where, for each speaker, chance alone "
        "decides which side had which errors (signs flipped by speaker), adjusted by Holm over all groups "
        "and conditions."
    )
    yield (
        f"Verdicts are made from the ratio of both rates: “equivalent” means within "
        f"{wording.ratio(limits.equivalence_ratio)} either way, with at least "
        f"{limits.min_speakers_equivalent} speakers; “fewer” or “more errors with B” that its interval, "
        f"widened so that those of {together_words(shown.results.plan)} of a dimension hold together, "
        "excludes 1; “cannot tell” neither, and is no evidence that nothing changed. Groups of fewer than "
        f"{limits.min_speakers_counted} speakers are hidden, below {limits.min_speakers_shown} only counted, "
        f"and below {limits.min_speakers_full} figures are indicative and carry no verdict."
    )
    yield (
        "Gap: WER of a group less that of what it is compared with. It narrows where it comes closer to "
        "zero, and can do so because one side got worse; so the change on either side stands beside it. "
        "“Narrowed”, “widened” and “changed sides” stand where the interval of its change that holds for all "
        "groups and conditions together excludes zero; the findings quote that one, the tables the narrower "
        "one of each gap by itself."
    )
    yield _plan_words(shown)
    yield (
        "This page is for those who hold the data: where one group is hidden, totals less the others may "
        "reveal it."
    )


def _plan_words(shown: Shown) -> str:
    if shown.results.plan.exploratory:
        return (
            "The plan of this comparison was made after B's first count: what it finds is exploratory, and "
            "shows nothing by itself."
        )
    return (
        "Groups, references and margins are those of B's plan, stored before B's first count. Which run to "
        "compare B with, no plan says: one that was chosen among many for its result shows nothing."
    )


def _further(compared: ComparedRuns) -> list[str]:
    runs = list(dict.fromkeys([compared.a.run, compared.b.run]))
    commands = wording.listed([f"asr-fair view {run}" for run in runs])
    return [
        "Which words and utterances changed most is not on this page: they are people's own words. They "
        f"stand in the browser of either run ({commands})."
    ]
