"""Utterances of two runs matched: the same id and the same reference text; all others are told by group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from asr_fair.errors import ConfigError
from asr_fair.manifest.model import Manifest
from asr_fair.pipeline.evaluate import people_of
from asr_fair.records import UNKNOWN
from asr_fair.score.normalise import primary_subtag
from asr_fair.wording import counted

ONLY_A, ONLY_B = "only in A", "only in B"
OTHER_REFERENCE = "another reference text"
NO_TEXT = {
    (True, False): "no text from A",
    (False, True): "no text from B",
    (True, True): "no text from either",
}
NOT_KNOWN = "not known in B"
"""The speaker of utterances that A alone has, where A knows no speakers: of one person, for all we know."""


@dataclass(frozen=True, eq=False)
class Matched:
    """What two manifests have in common.

    Attributes
    ----------
    common
        Rows of B's manifest whose utterances A has with the same reference text.
    people
        One row per utterance of either manifest, as `analyse.analyse` takes them: the speakers and tags are
        B's; of utterances that A alone has, A's.
    apart
        Columns utterance_id and reason: utterances that are not compared under any condition.
    notes
        What a reader must know of the match.
    """

    common: pd.DataFrame
    people: pd.DataFrame
    apart: pd.DataFrame
    notes: tuple[str, ...]


def match(a: Manifest, b: Manifest) -> Matched:
    """Match the utterances of two manifests.

    Raises ConfigError where none is in both with the same reference text, and where the same texts are said
    to be of different languages.
    """
    ours, theirs = (each.table.set_index("utterance_id", drop=False) for each in (a, b))
    known = theirs.index.isin(ours.index)
    there = theirs[known]
    same = (there["reference"] == ours.loc[there.index, "reference"]).to_numpy(bool)
    common = there[same]
    if common.empty:
        _refuse(a, b, len(there))
    _check_languages(ours.loc[common.index], common)
    alone = ours[~ours.index.isin(theirs.index)]
    reasons = {
        OTHER_REFERENCE: there.index[~same],
        ONLY_B: theirs.index[~known],
        ONLY_A: alone.index,
    }
    apart = [pd.DataFrame({"utterance_id": ids, "reason": reason}) for reason, ids in reasons.items()]
    return Matched(
        common=common.reset_index(drop=True),
        people=_people(a, b, common.index, alone.index),
        apart=pd.concat(apart, ignore_index=True),
        notes=tuple(_notes(a, b, common.index)),
    )


def _refuse(a: Manifest, b: Manifest, n_same_id: int) -> None:
    if n_same_id:
        found = f"{counted(n_same_id, 'utterance')} have the same id in both, none the same reference text"
    else:
        found = f"no utterance_id is in both: A has {_example(a)}, B has {_example(b)}"
    msg = f"A ({a.name}) and B ({b.name}): {found}. Compare runs of the same manifest, or of versions of it"
    raise ConfigError(msg)


def _example(manifest: Manifest) -> str:
    ids = manifest.table["utterance_id"]
    return f"{counted(len(ids), 'utterance')} such as {ids.iloc[0]!r}" if len(ids) else "none"


def _check_languages(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Refuse the same texts as two languages: one of the manifests is wrong, and so is a normaliser."""
    pairs = zip(ours["language"], theirs["language"], theirs.index, strict=True)
    for one, other, utterance_id in pairs:
        told = not (pd.isna(one) or pd.isna(other))
        if told and primary_subtag(one) != primary_subtag(other):
            msg = (
                f"utterance {utterance_id!r}: the same reference text is {one!r} in A and {other!r} in B. "
                "Correct the language of one manifest, and run or score it again"
            )
            raise ConfigError(msg)


def _people(a: Manifest, b: Manifest, common: pd.Index, alone: pd.Index) -> pd.DataFrame:
    theirs = people_of(b, _durations(b))
    if alone.empty:
        return theirs
    ours = people_of(a, _durations(a)).set_index("utterance_id", drop=False)
    if b.has_speakers:
        # Ids may be other pseudonyms in A: what both have said tells who is who.
        names = theirs.set_index("utterance_id")["speaker"]
        who = dict(zip(ours.loc[common, "speaker"], names.loc[common], strict=True))
        ours["speaker"] = ours["speaker"].map(lambda one: NOT_KNOWN if pd.isna(one) else who.get(one, one))
    else:
        ours["speaker"] = None
    for name in b.sidecar.dimensions:
        if name not in a.sidecar.dimensions:
            ours[name] = [(UNKNOWN,)] * len(ours)
    return pd.concat([theirs, ours.loc[alone, theirs.columns]], ignore_index=True)


def _durations(manifest: Manifest) -> dict[str, Any]:
    table = manifest.table[["utterance_id", "duration_s"]].dropna()
    return dict(table.itertuples(index=False, name=None))


def _notes(a: Manifest, b: Manifest, common: pd.Index) -> Iterator[str]:
    ours, theirs = (each.table.set_index("utterance_id").loc[common] for each in (a, b))
    for name, spec in b.sidecar.dimensions.items():
        if name not in a.sidecar.dimensions:
            yield f"{spec.title}: tagged in B's manifest only; B's tags are used for both."
        elif n := sum(set(x) != set(y) for x, y in zip(ours[name], theirs[name], strict=True)):
            yield f"{spec.title}: {counted(n, 'utterance')} tagged otherwise in A; B's tags are used."
    for name, spec in a.sidecar.dimensions.items():
        if name not in b.sidecar.dimensions:
            yield f"{spec.title}: tagged in A's manifest only, and not compared; B's tags are used."
    if n := _n_other_speakers(a, b, common):
        yield (
            f"{counted(n, 'utterance')}: by the manifests of A and B not said by the same people; "
            "B's speakers are used."
        )


def _n_other_speakers(a: Manifest, b: Manifest, common: pd.Index) -> int:
    """Utterances whose speaker in B is not the one that most utterances of their speaker in A have."""
    if not (a.has_speakers and b.has_speakers):
        return 0
    both = pd.DataFrame(
        {
            letter: each.clusters.set_axis(each.table["utterance_id"]).loc[common]
            for letter, each in zip("ab", (a, b), strict=True)
        }
    )
    usual = both.groupby("a")["b"].agg(lambda names: names.mode().iloc[0])
    return int((both["a"].map(usual) != both["b"]).sum())
