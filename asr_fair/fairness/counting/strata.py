"""Who is in which group: utterances that agree on speaker and labels form one stratum.

An utterance matters to a group statistic only through its speaker and its labels, so counts are added up
by stratum once, and every group, rest and intersection is a choice among strata.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from asr_fair.errors import Fault, FaultsError
from asr_fair.records import RESERVED_GROUPS

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

MICROSECONDS = 1e6


@dataclass(frozen=True, eq=False)
class Strata:
    """Utterances by speaker and labels; U utterances in T strata.

    Attributes
    ----------
    utterance_ids
        The manifest's utterances, length U.
    of_utterance
        Stratum of each utterance, shape (U,).
    length_us
        Length of each utterance in whole microseconds (integers, so that their sum knows no order), −1 where
        it is not known, shape (U,).
    speakers
        Speaker of each stratum as a number in the order of names, ascending, shape (T,).
    labels
        For each dimension the labels of each stratum, T tuples.
    n_utterances
        Utterances of each stratum, shape (T,).
    duration_us
        Their length in whole microseconds, as far as it is known, shape (T,).
    n_untimed
        How many of them have no known length, shape (T,).
    identified
        Whether speakers are known; if not, all utterances belong to one unnamed speaker.
    """

    utterance_ids: pd.Index
    of_utterance: Integers
    length_us: Integers
    speakers: Integers
    labels: Mapping[str, tuple[tuple[str, ...], ...]]
    n_utterances: Integers
    duration_us: Integers
    n_untimed: Integers
    identified: bool

    @property
    def everyone(self) -> Mask:
        """All strata as a group, shape (T,)."""
        return np.ones(len(self.speakers), np.bool_)


def stratify(people: pd.DataFrame, dimensions: Sequence[str]) -> Strata:
    """Strata of `people`: columns utterance_id, speaker (all or none NA), duration_s, one per dimension.

    Raises FaultsError where only some utterances have a speaker.
    """
    unnamed = int(people["speaker"].isna().sum())
    if 0 < unnamed < len(people):
        problem = f"is missing for {unnamed} of {len(people)} utterances"
        remedy = "Name the speaker of every utterance, or of none"
        raise FaultsError([Fault(file="manifest", field="speaker_id", problem=problem, remedy=remedy)])
    identified = unnamed == 0
    speakers = (
        pd.factorize(people["speaker"], sort=True)[0].astype(np.int64)
        if identified
        else np.zeros(len(people), np.int64)
    )
    codes = speakers
    for name in dimensions:
        label_codes, labels = pd.factorize(people[name])
        codes = np.unique(codes * len(labels) + label_codes, return_inverse=True)[1]
    first, of_utterance, sizes = np.unique(codes, return_index=True, return_inverse=True, return_counts=True)[
        1:
    ]
    duration_us = people["duration_s"].to_numpy(np.float64) * MICROSECONDS
    untimed = np.isnan(duration_us)
    length_us = np.where(untimed, -1.0, np.rint(duration_us))
    return Strata(
        utterance_ids=pd.Index(people["utterance_id"]),
        of_utterance=of_utterance.astype(np.int64),
        length_us=length_us.astype(np.int64),
        speakers=speakers[first],
        labels={name: tuple(people[name].iloc[first]) for name in dimensions},
        n_utterances=sizes.astype(np.int64),
        duration_us=np.bincount(
            of_utterance, weights=np.where(untimed, 0.0, length_us), minlength=len(first)
        ).astype(np.int64),
        n_untimed=np.bincount(of_utterance, weights=untimed, minlength=len(first)).astype(np.int64),
        identified=identified,
    )


def groups_of(strata: Strata, dimension: str, bands: Sequence[str] = ()) -> dict[str, Mask]:
    """The strata in each group of a dimension; masks of shape (T,).

    Bands come in their own order, other groups by name, reserved groups last. A stratum with several
    labels is in each of their groups.
    """
    labels = strata.labels[dimension]
    position = {name: number for number, name in enumerate(bands)}
    names = sorted(
        {name for several in set(labels) for name in several},
        key=lambda name: (name in RESERVED_GROUPS, position.get(name, len(bands)), name.casefold(), name),
    )
    # Hardly any combination of labels is the only one of its kind: look into each kind once.
    kinds = {several: kind for kind, several in enumerate(dict.fromkeys(labels))}
    kind_of = np.fromiter(map(kinds.__getitem__, labels), np.intp)
    return {name: np.array([name in several for several in kinds], np.bool_)[kind_of] for name in names}


def rest_of(declared: Mapping[str, Mask], group: str) -> Mask:
    """The strata of all declared groups without those in `group`, shape (T,).

    Who declined or is unknown may belong to `group`, and is therefore not in its rest.
    """
    rest: Mask = np.logical_or.reduce(list(declared.values())) & ~declared[group]
    return rest


def is_mirrored_pair(compared: Sequence[Mask]) -> bool:
    """Whether there are two groups, each the rest of the other: one contrast, told from both sides."""
    return len(compared) == 2 and not (compared[0] & compared[1]).any()
