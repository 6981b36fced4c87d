"""What is handed out does not depend on what is hidden, and names nothing that is private."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from hashlib import sha256

import numpy as np
from made_people import made_people
from made_results import CLEAN_ONLY, HANDSETS, make_combined, make_results
from test_hidden_values import with_other_counts, with_other_rates, with_other_words

from asr_fair.fairness.results import Results, SystemInfo
from asr_fair.report.handed_out.people import People, Place
from asr_fair.report.handed_out.results import hand_out
from asr_fair.report.share.package import package_files

HIDDEN = {"Scottish", "Welsh", "unknown"}


def keyed(text: str) -> str:
    return sha256(f"key {text}".encode()).hexdigest()


def public(results: Results, k: int = 5) -> Results:
    return hand_out(results, made_people(results), k=k, keyed=keyed, warnings=())


def changed(results: Results, groups: Collection[str]) -> Results:
    return with_other_words(with_other_counts(with_other_rates(results, groups), groups), groups)


def texts(results: Results) -> bytes:
    return b"".join(package_files(results, now=results.created_at, package_id="0").values())


def test_nothing_shared_depends_on_hidden_groups() -> None:
    results = make_results(rendered=CLEAN_ONLY)
    assert public(changed(results, HIDDEN)) == public(results)
    assert public(changed(results, {"Nigerian English"})) != public(results)


def test_nothing_shared_depends_on_combinations_and_levels() -> None:
    shared = public(make_combined())
    assert {one.name for one in shared.dimensions} == {"accent", "handset"}
    assert shared.figures == public(make_results(rendered=CLEAN_ONLY)).figures


def test_hidden_groups_are_not_even_named() -> None:
    everything = texts(public(make_results(rendered=CLEAN_ONLY, reference="Scottish")))
    assert not [name for name in HIDDEN - {"unknown"} if name.encode() in everything]
    assert b"Nigerian English" in everything


def test_names_of_runs_places_of_models_and_digests_are_taken_out() -> None:
    results = make_results(rendered=CLEAN_ONLY)
    digest = results.plan.digest
    plan = results.plan.model_copy(
        update={
            "exploratory": True,
            "exploratory_reason": f"this plan (digest {digest[:12]}) was late",
        }
    )
    system = SystemInfo(
        name="ours",
        engine="faster-whisper",
        model="/home/zq/weights",
        model_digest="ef" * 32,
        settings={"beam": 5, "cache": "~/zq", "initial_prompt": "Mrs zqHarrow", "prompt": None},
    )
    private = {"name": "zqrun", "title": "zqrun", "plan": plan, "systems": (system,), "warnings": ("zq.wav",)}
    shared = public(results.model_copy(update=private))
    everything = texts(shared)
    assert b"zq" not in everything
    for secret in (digest, results.manifest.digest):
        assert secret[:12].encode() not in everything
    assert keyed(digest)[:12] in (shared.plan.exploratory_reason or "")
    assert (shared.systems[0].model, dict(shared.systems[0].settings)) == (
        "a local model",
        {"beam": 5, "initial_prompt": "not shown", "prompt": None},
    )
    assert shared.systems[0].model_digest == "ef" * 32


def test_one_persons_share_of_the_words_is_told_in_quarters_only() -> None:
    shared = public(make_results(rendered=CLEAN_ONLY))
    (accent,) = (one for one in shared.dimensions if one.name == "accent")
    assert {one.name: one.largest_speaker_share for one in accent.groups}["Nigerian English"] == 0.5  # .31
    assert {one.largest_speaker_share for one in accent.groups} == {None, 0.5}
    assert b"one speaker dominates" in texts(shared)


def test_with_ten_people_at_least_seven_are_hidden() -> None:
    shared = public(make_results(rendered=CLEAN_ONLY), k=10)
    assert b"Nigerian English" not in texts(shared)
    assert b"every figure rests on at least 10 people" in texts(shared)


def test_of_two_groups_whose_difference_is_two_people_one_is_left_out() -> None:
    """The rule of `test_residuals` is asked before anything is handed out."""
    results = make_results(rendered=CLEAN_ONLY)
    people, mobile = made_people(results), Place("handset", HANDSETS[0].name)
    nigerian = people.members[Place("accent", "Nigerian English")]
    others = np.flatnonzero(people.members[Place("accent", "Vietnamese English")])[: 2 * len(HANDSETS)]
    almost = nigerian.copy()
    almost[others] = True
    nested = replace(people, members={**people.members, mobile: almost})
    pair = {("accent", "Nigerian English"), mobile}

    def told(who: People) -> set[tuple[str, str]]:
        found = hand_out(results, who, k=5, keyed=keyed)
        return {(one.name, group.name) for one in found.dimensions for group in one.groups}

    assert pair <= told(people)
    assert not pair <= told(nested)
