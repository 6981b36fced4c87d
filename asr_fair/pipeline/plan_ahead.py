"""`plan`: what a manifest could show, and whom to record next, before anything is transcribed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from asr_fair.conditions.plan import outlines_of
from asr_fair.config import Family, Plan, Thresholds, read_config
from asr_fair.errors import ConfigError
from asr_fair.fairness.counting.combinations import joined
from asr_fair.fairness.counting.slices import Column, Tally
from asr_fair.fairness.counting.strata import Strata
from asr_fair.fairness.counting.tally import tally
from asr_fair.fairness.grouping.confounding import Association, Containment, associations, containments
from asr_fair.fairness.grouping.declared import declared_conditions, family_shares, n_contrasts
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.grouping.groupings import Groupings, grouped
from asr_fair.fairness.planning.outlook import DimensionOutlook, dimension_outlook
from asr_fair.fairness.planning.power import POWER, Assumptions
from asr_fair.fairness.planning.speaker_spread import Spread, estimate_spread
from asr_fair.fairness.results import Results
from asr_fair.manifest.check import read_manifest
from asr_fair.manifest.model import Manifest
from asr_fair.manifest.sidecar import Use
from asr_fair.pipeline.evaluate import dimensions_of, people_of
from asr_fair.pipeline.normalisers import default_in_words, normalisers_for
from asr_fair.pipeline.stored_run import open_run
from asr_fair.records import CLEAN, Seconds
from asr_fair.score.counts import WORDS, of_unit
from asr_fair.score.normalise import Normaliser
from asr_fair.validation import Strict
from asr_fair.wording import counted

LEAST_SPEAKER_DF = 10
"""Below this a spread within groups rests on too little; that among all speakers takes its place."""


class Crossing(Strict):
    """An intersection that the plan declares: its combinations, and those that nobody is in."""

    outlook: DimensionOutlook
    empty: tuple[str, ...]


class Outlook(Strict):
    """Everything that `plan` finds; what `--json` writes."""

    manifest: str
    title: str
    normaliser: str
    n_speakers: int | None
    n_utterances: int
    n_words: int
    n_conditions: int = Field(description="whose comparisons the plan declares")
    family: Family
    power: float = POWER
    assumptions: Assumptions
    thresholds: Thresholds
    dimensions: tuple[DimensionOutlook, ...]
    intersections: tuple[Crossing, ...] = ()
    associations: tuple[Association, ...]
    containments: tuple[Containment, ...]
    sentences: tuple[str, ...] = Field(description="the containments in words")


def plan_ahead(
    path: Path,
    plan: Plan,
    *,
    normalisers: Sequence[str] | None,
    conditions: Sequence[str],
    assumptions: Assumptions,
) -> tuple[Outlook, tuple[str, ...]]:
    """What the manifest at `path` could show under `plan`, and the warnings about it; audio is not needed.

    Words are counted under the headline normaliser: the first of `normalisers`, or that of a run without any.

    Raises FaultsError with all faults of the manifest, and AsrFairError for a plan or a normaliser that
    does not suit it.
    """
    manifest, warnings = read_manifest(path, need_audio=False)
    manifest.require(Use.EVALUATE, why="this plans an evaluation")
    warnings += default_in_words(manifest, normalisers)
    headline = normalisers_for(manifest, normalisers)[0]
    groupings = grouped(people_of(manifest, _durations(manifest)), dimensions_of(manifest), plan)
    dimensions, strata, limits = groupings.dimensions, groupings.strata, plan.thresholds
    n_declared = len(declared_conditions(plan, conditions))
    declared = {each.name: groupings.declared(each) for each in dimensions}
    sizes = {name: n_contrasts(masks, plan.references.get(name)) for name, masks in declared.items()}
    shares = family_shares(sizes, plan)
    totals = _words_of(manifest, strata, headline)
    everyone = totals.of(strata.everyone).cells[0]
    tagged = dimensions if strata.identified else ()
    found = containments(strata, tagged, fewest=limits.min_speakers_shown)
    outlook = Outlook(
        manifest=manifest.name,
        title=manifest.sidecar.title or manifest.sidecar.name,
        normaliser=headline.name,
        n_speakers=everyone.n_speakers,
        n_utterances=everyone.n_utterances,
        n_words=everyone.n_words,
        n_conditions=n_declared,
        family=plan.family,
        assumptions=assumptions,
        thresholds=limits,
        dimensions=tuple(
            dimension_outlook(
                each,
                totals,
                plan,
                assumptions,
                declared=manifest.sidecar.dimensions[each.name].groups or (),
                n_conditions=n_declared,
                share=shares[each.name],
            )
            for each in dimensions
        ),
        intersections=tuple(
            Crossing(
                outlook=dimension_outlook(each, totals, groupings.plan, assumptions, n_conditions=n_declared),
                empty=_empty_combinations(manifest, groupings, each),
            )
            for each in groupings.intersections
        ),
        associations=tuple(associations(strata, tagged, fewest=limits.min_speakers_full)),
        containments=tuple(found),
        sentences=tuple(str(each) for each in found),
    )
    return outlook, warnings


def _empty_combinations(manifest: Manifest, groupings: Groupings, crossing: Dimension) -> tuple[str, ...]:
    """Combinations that nobody is in, of groups that are there or that the sidecar allows."""
    by_name = {each.name: each for each in groupings.dimensions}
    groups = (
        dict.fromkeys((*(manifest.sidecar.dimensions[part].groups or ()), *groupings.declared(by_name[part])))
        for part in crossing.parts
    )
    there = groupings.groups[crossing.name]
    return tuple(name for name in map(joined, product(*groups)) if name not in there)


def _durations(manifest: Manifest) -> dict[str, Seconds | None]:
    timed = manifest.table[["utterance_id", "duration_s"]].dropna()
    return dict(timed.itertuples(index=False, name=None))


def _words_of(manifest: Manifest, strata: Strata, rules: Normaliser) -> Tally:
    """Reference words by stratum: counts of a recogniser that hears every word."""
    column = Column(CLEAN, "reference", rules.name)
    counts = manifest.table[["utterance_id"]].assign(
        **column._asdict(), substitutions=0, deletions=0, insertions=0
    )
    counts["hits"] = [len(rules.words(text)) for text in manifest.table["reference"]]
    return tally(counts, strata, [column])


def assumptions_from(folder: Path) -> Assumptions:
    """Error rate and spread of an earlier run, in clean, under its headline normaliser.

    Of several systems it is the one whose speakers differ most, so that the forecast holds for all. Speakers
    are compared within groups of all dimensions that do not vary within a speaker, taken together; where
    this leaves fewer than `LEAST_SPEAKER_DF` degrees of freedom, among all speakers, which counts
    differences between groups as spread. A spread that drowns in what single speakers vary is estimated as 0;
    the default takes its place, as nobody's speakers are all alike. Raises ConfigError for a folder without
    a finished run, and for a run without speakers or without errors.
    """
    stored = open_run(folder)
    results, people = stored.results, stored.manifest.table
    counts = of_unit(stored.counts, WORDS)
    clusters = people["cluster"].where(people["cluster"].notna(), people["speaker_id"])
    if clusters.isna().any():
        msg = f"{folder}: does not say who spoke, so how much speakers differ is not known"
        raise ConfigError(msg)
    counts = counts[(counts["condition"] == CLEAN) & (counts["normaliser"] == results.normalisers[0])]
    spreads = {
        str(system): found
        for system, of_system in counts.groupby("system")
        if (found := _spread_of(of_system, people.assign(speaker=clusters), results)) is not None
    }
    if not spreads:
        msg = f"{folder}: holds no errors in clean speech to estimate a spread from"
        raise ConfigError(msg)
    system, (spread, within) = max(spreads.items(), key=lambda each: each[1][0].relative_variance)
    spread_source = f"spread {within}, {counted(spread.speaker_df, 'degree')} of freedom"
    if not spread.speaker_sigma:
        spread_source = f"spread {within}: the default, as the run shows none"
    return Assumptions(
        wer=spread.wer,
        speaker_sigma=spread.speaker_sigma or Assumptions.speaker_sigma,
        dispersion=spread.dispersion,
        source=f"estimated from {folder}: {system}, {CLEAN}, {results.normalisers[0]}; {spread_source}",
    )


def _spread_of(counts: pd.DataFrame, people: pd.DataFrame, results: Results) -> tuple[Spread, str] | None:
    """The spread in one system's counts, and in words among whom; None without words or errors."""
    names = [each.name for each in results.dimensions if each.level == "speaker" and not each.parts]
    rows = people.set_index("utterance_id").loc[counts["utterance_id"]]
    speakers, known = pd.factorize(rows["speaker"], sort=True)
    words = counts[["substitutions", "deletions", "hits"]].sum(axis=1).to_numpy(np.int64)
    errors = counts[["substitutions", "deletions", "insertions"]].sum(axis=1).to_numpy(np.int64)
    labels = rows.groupby("speaker", sort=True)[names].first().map(tuple) if names else None
    if labels is not None:
        together = pd.MultiIndex.from_frame(labels).factorize()[0]
        found = estimate_spread(errors, words, speakers, together)
        if found is not None and found.speaker_df >= LEAST_SPEAKER_DF:
            return found, f"within {' × '.join(names)}"
    found = estimate_spread(errors, words, speakers, np.zeros(len(known), np.int64))
    return None if found is None else (found, "among all speakers")


@dataclass(frozen=True, slots=True)
class Planned:
    """What a configuration says that `plan` needs."""

    plan: Plan
    normalisers: Sequence[str] | None
    conditions: tuple[str, ...]
    assumptions: Assumptions


def planned(config_path: Path | None) -> Planned:
    """Analysis plan, normalisers, conditions and expectations; the defaults for None.

    Raises ConfigError and FaultsError for a configuration that a run would refuse, too.
    """
    if config_path is None:
        return Planned(Plan(), None, (CLEAN,), Assumptions())
    config = read_config(config_path)
    assumptions = Assumptions()
    if config.expected.model_fields_set:
        assumptions = Assumptions(**config.expected.model_dump(), source=config.source)
    conditions = tuple(each.name for each in outlines_of(config))
    return Planned(config.plan, config.normalisers, conditions, assumptions)
