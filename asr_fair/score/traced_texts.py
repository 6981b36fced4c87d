"""What a normaliser did to many texts, as tables of whole numbers: made once, added up for any group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from asr_fair.records import CLEAN, RAW
from asr_fair.score.normalise import Normaliser
from asr_fair.score.trace import Change, trace

Integers: TypeAlias = NDArray[np.int64]
Side: TypeAlias = Literal["references", "transcripts"]


@dataclass(frozen=True, eq=False)
class TracedTexts:
    """The references of U utterances, or the transcripts of one system, under one normaliser.

    Attributes
    ----------
    condition, system
        Of transcripts; None for references.
    utterance_ids
        Length U.
    n_words, n_altered, is_emptied
        As in `trace.Trace`, shape (U,).
    changes
        The different changes, length C.
    utterance, change, times
        Where each change stands, which it is, and how often, shape (n,).
    """

    normaliser: str
    side: Side
    condition: str | None
    system: str | None
    utterance_ids: pd.Series[str]
    n_words: Integers
    n_altered: Integers
    is_emptied: Integers
    changes: tuple[Change, ...]
    utterance: Integers
    change: Integers
    times: Integers


def trace_all(
    references: pd.DataFrame,
    transcripts: pd.DataFrame,
    normalisers: Sequence[Normaliser],
    conditions: Sequence[str],
) -> list[TracedTexts]:
    """Traces of all references, and of each system's transcripts in clean, under every normaliser but `raw`.

    Rules know no noise, so one condition tells what they do to a system's words: clean, or where that is
    not among `conditions` the first of them. Columns as `counts.count_errors` takes them.
    """
    condition = CLEAN if CLEAN in conditions else next(iter(conditions), CLEAN)
    heard = transcripts[(transcripts["condition"] == condition) & transcripts["text"].notna()]
    by_system = [(str(system), rows) for system, rows in heard.groupby("system", observed=True)]
    found = []
    for normaliser in normalisers:
        if normaliser.name == RAW:
            continue
        found.append(trace_texts(references["utterance_id"], references["reference"], normaliser))
        found += [
            trace_texts(rows["utterance_id"], rows["text"], normaliser, heard_by=(condition, system))
            for system, rows in by_system
        ]
    return found


def trace_texts(
    utterance_ids: pd.Series[str],
    texts: pd.Series[str],
    normaliser: Normaliser,
    *,
    heard_by: tuple[str, str] | None = None,
) -> TracedTexts:
    """What `normaliser` did to `texts`, one for each utterance; equal texts are traced once.

    `heard_by`: condition and system of transcripts.
    """
    condition, system = heard_by or (None, None)
    codes, different = pd.factorize(texts)
    traces = [trace(text, normaliser) for text in different]
    changes = sorted(set(chain.from_iterable(each.changes for each in traces)))
    number = {change: place for place, change in enumerate(changes)}
    change, times = (
        np.fromiter(values, np.int64)
        for values in (
            (number[change] for each in traces for change in each.changes),
            (count for each in traces for count in each.changes.values()),
        )
    )
    lengths = np.array([len(each.changes) for each in traces], np.int64)
    utterance, places = _repeated_runs(lengths, codes.astype(np.int64))
    return TracedTexts(
        normaliser=normaliser.name,
        side="references" if heard_by is None else "transcripts",
        condition=condition,
        system=system,
        utterance_ids=utterance_ids,
        n_words=np.array([each.n_words for each in traces], np.int64)[codes],
        n_altered=np.array([each.n_altered for each in traces], np.int64)[codes],
        is_emptied=np.array([each.is_emptied for each in traces], np.int64)[codes],
        changes=tuple(changes),
        utterance=utterance,
        change=change[places],
        times=times[places],
    )


def _repeated_runs(lengths: Integers, picked: Integers) -> tuple[Integers, Integers]:
    """Runs of `lengths` lie one after the other: for each one picked, its place among them and its items'.

    >>> _repeated_runs(np.array([2, 1]), np.array([1, 0, 1]))
    (array([0, 1, 1, 2]), array([2, 0, 1, 2]))
    """
    starts = np.cumsum(lengths) - lengths
    own = lengths[picked]
    which = np.repeat(np.arange(len(picked)), own)
    within = np.arange(len(which)) - np.repeat(np.cumsum(own) - own, own)
    return which, starts[picked][which] + within
