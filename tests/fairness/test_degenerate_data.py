"""What data cannot say has its defined status, through the whole analysis: never an exception, never NaN."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict

import numpy as np
import pytest
from fairness_tables import cell, comparison, figure, find, utterance

from asr_fair.fairness.analyse import Findings
from asr_fair.fairness.estimates.contrasts import LOG, Term, contrast
from asr_fair.fairness.resampling.bootstrap import resampling_blocks
from asr_fair.fairness.resampling.multiplicity import BONFERRONI, simultaneous_families
from asr_fair.fairness.results import Status, Verdict

N = 12
FACTORS = {"clean": 1, "hum": 2}
Row = dict[str, object]


def group(
    name: str, *, errors: int = 9, words: int = 100, n: int = N, speaker: str = "{name}{k}"
) -> list[Row]:
    """A group whose speaker k has `errors` + k % 3 errors (none if `errors` is 0), in noise twice as many."""
    return [
        utterance(
            speaker.format(name=name, k=k),
            [name],
            {
                condition: factor * (errors + (k % 3 if errors else 0))
                for condition, factor in FACTORS.items()
            },
            words=words,
        )
        for k in range(n)
    ]


CASES: dict[str, tuple[Callable[[], list[Row]], dict[str, Status]]] = {
    "zero errors": (
        lambda: group("x", errors=0) + group("y"),
        {"wer": Status.NO_ERRORS, "wer_ratio": Status.NO_COMPARISON, "wer_gap": Status.NO_INTERVAL},
    ),
    "zero errors anywhere": (
        lambda: group("x", errors=0) + group("y", errors=0),
        {"wer": Status.NO_ERRORS, "wer_ratio": Status.NO_COMPARISON, "wer_gap": Status.NO_INTERVAL},
    ),
    "zero words": (
        lambda: group("x", errors=0, words=0) + group("y"),
        {
            "wer": Status.NO_REFERENCE_WORDS,
            "wer_ratio": Status.NO_REFERENCE_WORDS,
            "wer_gap": Status.NO_REFERENCE_WORDS,
        },
    ),
    "one speaker": (
        lambda: group("x", n=1) + group("y"),
        {"wer": Status.ONE_SPEAKER, "wer_ratio": Status.ONE_SPEAKER, "wer_gap": Status.ONE_SPEAKER},
    ),
    "all speakers in both groups": (
        lambda: group("x", errors=12, speaker="{k}") + group("y", speaker="{k}"),
        {"wer": Status.OK, "wer_ratio": Status.OK, "wer_gap": Status.NO_INTERVAL},
    ),
}


def numbers(found: object) -> Iterator[float]:
    """Every float of nested rows."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list | tuple):
        for each in found:
            yield from numbers(each)
    elif isinstance(found, float):
        yield found


def as_json(found: Findings) -> dict[str, object]:
    rows = {name: [row.model_dump(mode="json") for row in getattr(found, name)] for name in asdict(found)}
    return json.loads(json.dumps(rows, allow_nan=False))


@pytest.mark.parametrize("case", CASES)
def test_each_case_has_its_status_and_no_number_is_nan(case: str) -> None:
    made, statuses = CASES[case]
    found = find(made(), reference="y")
    for measure, status in statuses.items():
        assert figure(found, "x", measure).status is status, measure
    assert all(map(math.isfinite, numbers(as_json(found))))
    for row in found.figures:
        assert row.status is not Status.OK or row.value is not None
    if Status.OK not in statuses.values():
        assert comparison(found, "x").verdict is Verdict.CANNOT_TELL
        assert comparison(found, "x").reason


def test_a_family_with_a_group_missing_from_many_draws_has_bonferronis_intervals() -> None:
    """The two speakers of x are also in z: an eighth of the draws have neither, and no ratio for x."""
    errors = np.random.default_rng(1).integers(5, 25, 60)
    x, y, z = (
        cell(errors[own], [100] * len(own), speakers=own)
        for own in (np.arange(2), np.arange(30, 60), np.arange(30))
    )
    blocks = resampling_blocks([each.speakers for each in (x, y, z)])
    settings = {"confidence": 0.95, "min_speakers": 2, "n_draws": 500, "seed": 1, "purpose": "accent"}
    family = [[[Term(1, own)], [Term(-1, z)]] for own in (x, y)]
    (found,) = simultaneous_families([family], LOG, blocks, **settings)
    for own, sides in zip(found, family, strict=True):
        assert own.adjustment == BONFERRONI
        assert own.bounds == contrast(sides, LOG).bounds(0.975)
