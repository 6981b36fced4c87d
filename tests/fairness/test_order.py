"""The order of groups: bands in their own, others by name, what is reserved last."""

from __future__ import annotations

import pandas as pd

from asr_fair.fairness.counting.strata import groups_of, stratify


def order_of(labels: list[str], bands: tuple[str, ...] = ()) -> list[str]:
    people = pd.DataFrame(
        {
            "utterance_id": [f"u{number}" for number in range(len(labels))],
            "speaker": [f"s{number}" for number in range(len(labels))],
            "duration_s": 1.0,
            "age": [(label,) for label in labels],
        }
    )
    return list(groups_of(stratify(people, ["age"]), "age", bands))


def test_groups_stand_by_name_whatever_their_case_with_reserved_ones_last():
    assert order_of(["unknown", "Welsh", "declined", "irish", "Scottish"]) == [
        "irish",
        "Scottish",
        "Welsh",
        "declined",
        "unknown",
    ]


def test_bands_stand_in_their_own_order():
    bands = ("up to 11", "12 to 17", "18 and over")
    assert order_of(["18 and over", "unknown", "12 to 17", "up to 11"], bands) == [*bands, "unknown"]
