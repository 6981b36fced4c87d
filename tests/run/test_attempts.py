"""What is tried next after a worker was lost: who is blamed, who is halved, and how often."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_fair.records import AudioSource, Outcome
from asr_fair.run.attempts import Attempt, Loss, Queue, after_loss
from asr_fair.run.batch import Batch, Item
from asr_fair.run.worker import BatchResult, Timing


def batch_of(ids: Iterable[str], batch_id: int = 0, system: str = "tiny") -> Batch:
    return Batch(
        batch_id, system, "clean", tuple(Item(AudioSource(each, f"{each}.wav"), each) for each in ids)
    )


def ids_of(attempt: Attempt | None) -> list[str]:
    return [] if attempt is None else [item.source.utterance_id for item in attempt.batch.items]


def run_all(queue: Queue, poison: Collection[str], at_once: int = 2) -> tuple[list[BatchResult], int]:
    """Every batch through workers that die of `poison`, of which one death blames all in flight; deaths."""
    results: list[BatchResult] = []
    n_deaths = 0
    while True:
        in_flight: list[Attempt] = []
        while len(in_flight) < at_once and (attempt := queue.next(in_flight)) is not None:
            in_flight.append(attempt)
        if not in_flight:
            return results, n_deaths
        dies = any(each in poison for attempt in in_flight for each in ids_of(attempt))
        n_deaths += dies
        for attempt in in_flight:
            ended = after_loss(attempt, queue, Loss.DIED) if dies else answered(attempt.batch)
            results += [ended] if ended is not None else []


def answered(batch: Batch) -> BatchResult:
    outcomes = tuple(
        Outcome(
            item.source.utterance_id,
            "clean",
            batch.system,
            "k",
            text="",
            batch_id=batch.batch_id,
            batch_size=len(batch.items),
        )
        for item in batch.items
    )
    return BatchResult(outcomes, (), Timing(batch.batch_id, batch.system, "clean", 1, 0.0, 0.0, 0.0))


def test_a_blamed_batch_is_first_run_again_whole_and_with_nothing_beside_it() -> None:
    first, second, third = (batch_of(f"{n}{c}" for c in "abcd") for n in range(3))
    queue = Queue({"tiny": [first, second, third]})
    one, other = queue.next([]), queue.next([])
    assert one is not None
    assert other is not None
    # Both waited at one worker when it died, so both are blamed.
    assert after_loss(one, queue, Loss.DIED) is None
    assert queue.next([other]) is None  # nothing is started beside what is still in flight, either
    assert after_loss(other, queue, Loss.DIED) is None
    for expected in (first, second):
        suspect = queue.next([])
        assert suspect is not None
        assert suspect.batch == expected
        assert queue.next([suspect]) is None
    assert queue.next([]) == Attempt(third)


def test_a_batch_that_kills_its_worker_by_itself_is_halved_down_to_the_utterance_at_fault() -> None:
    queue = Queue({"tiny": [batch_of("abcdefgh", 5)]})
    results, n_deaths = run_all(queue, "c")
    outcomes = {each.utterance_id: each for result in results for each in result.outcomes}
    assert sorted(outcomes) == list("abcdefgh")
    assert {each.batch_id for each in outcomes.values()} == {5}
    assert {key: each.error for key, each in outcomes.items() if each.error} == {"c": "worker_died"}
    assert {key: each.batch_size for key, each in outcomes.items()} == dict(
        zip("abcdefgh", [2, 2, 1, 1, 4, 4, 4, 4], strict=True)
    )
    assert n_deaths == 6  # whole in company, whole alone, four, two, and twice by itself


def test_an_utterance_that_hangs_by_itself_says_so() -> None:
    queue = Queue({"tiny": [batch_of("a")]})
    for n_lost in range(3):
        attempt = queue.next([])
        assert attempt is not None
        result = after_loss(attempt, queue, Loss.HUNG)
        assert (result is None) == (n_lost < 2)
    assert result is not None
    assert result.outcomes[0].error == "timed_out"
    assert result.outcomes[0].error_message == "the worker process hung 2 times on this recording alone"


@given(st.integers(1, 40), st.sets(st.integers(0, 39)), st.integers(1, 9))
def test_deaths_are_bounded_and_every_utterance_ends_once(n: int, poison: set[int], size: int) -> None:
    ids = [f"{number:02d}" for number in range(n)]
    bad = {each for each in ids if int(each) in poison}
    batches = [batch_of(ids[start : start + size], start) for start in range(0, n, size)]
    results, n_deaths = run_all(Queue({"tiny": batches}), bad)
    outcomes = [each for result in results for each in result.outcomes]
    assert sorted(each.utterance_id for each in outcomes) == ids
    assert {each.utterance_id for each in outcomes if each.error} == bad
    bounds = [
        min(1 + p * (math.ceil(math.log2(len(each.items))) + 2), 3 * len(each.items)) if p else 0
        for each in batches
        if (p := sum(i.source.utterance_id in bad for i in each.items)) >= 0
    ]
    assert n_deaths <= sum(bounds)


def test_one_batch_of_a_hosted_system_is_in_flight_and_others_go_on_beside_it() -> None:
    plan = {
        "local": [batch_of("a", 0, "local"), batch_of("b", 1, "local")],
        "hosted": [batch_of("a", 2, "hosted"), batch_of("b", 3, "hosted")],
    }
    queue = Queue(plan, hosted={"hosted"})
    in_flight: list[Attempt] = []
    while (attempt := queue.next(in_flight)) is not None:
        in_flight.append(attempt)
    assert [each.batch.batch_id for each in in_flight] == [2, 0, 1]
    following = queue.next(in_flight[1:])
    assert following is not None
    assert following.batch.batch_id == 3


@pytest.mark.parametrize("at_once", [1, 2, 7])
def test_batches_blamed_by_mistake_come_out_whole(at_once: int) -> None:
    batches = [batch_of(f"{n}{c}" for c in "abcd") for n in range(7)]
    results, _ = run_all(Queue({"tiny": batches}), {"3b"}, at_once)
    sizes = {each.utterance_id: each.batch_size for result in results for each in result.outcomes}
    assert {size for key, size in sizes.items() if key[0] != "3"} == {4}
