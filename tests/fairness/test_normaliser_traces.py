"""What a normaliser did to each group's words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from asr_fair.fairness.counting.strata import groups_of, stratify
from asr_fair.fairness.normalisers.traces import TraceTally
from asr_fair.fairness.results import NormaliserTrace
from asr_fair.score.normalise import load_normaliser
from asr_fair.score.traced_texts import trace_texts
from edacc_counts import headline

WHISPER = load_normaliser("whisper_en")


def traced(people: pd.DataFrame, texts: list[str]) -> dict[str, NormaliserTrace]:
    strata = stratify(people, ["accent"])
    made = TraceTally.of(trace_texts(people["utterance_id"], pd.Series(texts), WHISPER), strata)
    return {row.group: row for row in made.rows("accent", groups_of(strata, "accent"))}


def people(rows: list[tuple[str | None, tuple[str, ...]]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["speaker", "accent"])
    return table.assign(utterance_id=[f"u{n}" for n in range(len(rows))], duration_s=np.nan)


SAID = [
    ("a", ("x",), "um it's um"),
    ("a", ("x",), "uh"),
    ("b", ("x", "y"), "it's the colour of um colour"),
    ("c", ("x",), "it's gonna rain"),
    ("d", ("y",), "no"),
]
PEOPLE = people([(speaker, accent) for speaker, accent, _ in SAID])
TEXTS = [text for _, _, text in SAID]


def test_counts_of_each_group_are_those_worked_by_hand() -> None:
    found = traced(PEOPLE, TEXTS)
    x, y = found["x"], found["y"]
    assert (x.n_texts, x.n_emptied, x.n_words, x.n_altered) == (4, 1, 13, 10)
    assert x.altered_share == 10 / 13
    assert [(rule.rule, rule.n_words, rule.n_speakers) for rule in x.rules] == [
        ("dropped", 4, 2),
        ("expanded", 4, 3),
        ("respelled", 2, 1),
    ]
    assert (y.n_texts, y.n_emptied, y.n_words, y.n_altered) == (2, 0, 7, 4)


def test_an_example_needs_three_speakers_of_the_group() -> None:
    found = traced(PEOPLE, TEXTS)
    examples = {rule.rule: rule.examples for rule in found["x"].rules}
    (only,) = examples["expanded"]
    assert (only.before, only.after, only.n_times, only.n_speakers) == ("it's", "it is", 3, 3)
    assert examples["dropped"] == examples["respelled"] == ()
    assert not any(rule.examples for rule in found["y"].rules)


def test_without_speakers_there_are_counts_and_nobodys_words() -> None:
    nameless = people([(None, accent) for _, accent, _ in SAID])
    found = traced(nameless, TEXTS)["x"]
    assert found.altered_share == 10 / 13
    assert {(rule.n_speakers, rule.examples) for rule in found.rules} == {(None, ())}


def test_texts_without_words_have_no_share_and_no_rules() -> None:
    found = traced(PEOPLE, ["", "...", "", "", "um"])
    assert (found["x"].altered_share, found["x"].rules, found["x"].n_emptied) == (None, (), 0)
    assert found["y"].n_emptied == 1


def test_order_of_rows_changes_nothing() -> None:
    table = PEOPLE.assign(text=TEXTS)
    other = table.sample(frac=1, random_state=3)
    strata = stratify(PEOPLE, ["accent"])
    groups = groups_of(strata, "accent")
    one, two = (
        list(
            TraceTally.of(trace_texts(rows["utterance_id"], rows["text"], WHISPER), strata).rows(
                "accent", groups
            )
        )
        for rows in (table, other)
    )
    assert one == two


@pytest.mark.shared
def test_on_edacc_the_rules_change_more_of_some_groups_words_than_of_others(shared_data: Path) -> None:
    rows = headline(shared_data)
    table = pd.DataFrame(
        {
            "utterance_id": rows["utterance_id"],
            "speaker": rows["speaker_id"],
            "accent": [(group,) for group in rows["accent"]],
            "duration_s": np.nan,
        }
    )
    found = traced(table, rows["reference"].tolist())
    shares = {group: row.altered_share or 0.0 for group, row in found.items()}
    assert max(shares, key=lambda group: shares[group]) == "Vietnamese"
    assert shares["Vietnamese"] > 1.7 * shares["Jamaican English"]
    assert sum(row.n_texts for row in found.values()) == 5087
    # Of 269 references that the rules leave empty, 49 were so before.
    assert sum(row.n_emptied for row in found.values()) == 269 - 49
    # Fillers, counted in the text itself.
    irish = " ".join(rows["reference"][rows["accent"] == "Irish English"]).lower()
    dropped = next(rule for rule in found["Irish English"].rules if rule.rule == "dropped")
    um = next(example for example in dropped.examples if example.before == "um")
    assert um.n_times == pytest.approx(irish.split().count("um"), rel=0.05)
