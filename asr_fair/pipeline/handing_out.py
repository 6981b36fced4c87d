"""What of a run may leave the house, for every command that writes such a thing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from asr_fair.fairness.results import Results
from asr_fair.manifest.model import Manifest
from asr_fair.pipeline.stored_run import StoredRun
from asr_fair.report.card.check import fewest_of
from asr_fair.report.handed_out.groups import fewest_people
from asr_fair.report.handed_out.people import People, Place
from asr_fair.report.handed_out.results import hand_out


def public_for_card(
    stored: StoredRun,
    *,
    results: Results | None = None,
    manifest: Manifest | None = None,
    asked: int | None = None,
    before: int | None = None,
) -> Results:
    """Results of which the card is made, hidden groups named.

    Parameters
    ----------
    results, manifest
        Instead of those that are stored, where they are about to be replaced.
    asked
        Speakers that a group needs. Raises ConfigError where the plan says more.
    before
        What a card said that it needs, which holds unless another number is asked for; unless given, that of
        the card in the folder.
    """
    found = stored.results if results is None else results
    least = fewest_people(found.plan.thresholds, asked)
    if asked is None:
        least = max(least, fewest_of(stored.folder) if before is None else before)
    return hand_out(
        found,
        people_of_run(stored, manifest),
        k=least,
        names_hidden=True,
        codes=has_codes(stored),
    )


def has_codes(stored: StoredRun) -> bool:
    """Whether reasons of losses are codes of this project, not messages that were handed in."""
    return stored.record.kind == "run"


def people_of_run(stored: StoredRun, manifest: Manifest | None = None) -> People | None:
    """Who is in which group, and of whom there are counts; None where speakers are not known."""
    manifest = manifest or stored.manifest
    if not manifest.has_speakers:
        return None
    table = manifest.table
    positions = pd.Index(table["utterance_id"])
    counted = stored.headline_counts()
    said = counted[["substitutions", "deletions", "hits"]].sum(axis=1) > 0
    return People(
        speaker=pd.factorize(manifest.clusters)[0].astype(np.int64),
        members={
            Place(name, group): table[name]
            .map(lambda groups, group=group: group in groups)
            .to_numpy(np.bool_)
            for name in manifest.sidecar.dimensions
            for group in manifest.groups(name)
        },
        heard={
            (str(condition), str(system)): positions.isin(rows["utterance_id"])
            for (condition, system), rows in counted.groupby(["condition", "system"], observed=True)
        },
        with_words=positions.isin(counted.loc[said, "utterance_id"]),
    )
