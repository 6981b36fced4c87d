"""The partition into batches, and the key under which a transcript may be used again."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asr_fair.asr.windows import n_windows
from asr_fair.conditions.plan import Condition
from asr_fair.noise.clips import Clip, ClipBank
from asr_fair.noise.synth import NoiseBed
from asr_fair.records import AudioFacts, AudioSource
from asr_fair.run.batch import Batch, Item, cache_key, partition, plan_batches
from conditions.recipes import TONES, profile_of, source_of

FACTS = AudioFacts("u1", duration_s=3.0, content_sha256="ab")
CLEAN_CONDITION = Condition("clean", "Clean", "c")
NOISY = Condition("scanner@5dB", "Scanner", "d", snr_db=5.0)


Durations = dict[str, float]
DURATIONS = st.dictionaries(
    st.text("abc1", min_size=1, max_size=4), st.sampled_from([0.5, 3.0, 3.1, 29.9, 31.0, 100.0, 400.0])
)


@given(DURATIONS, st.integers(1, 16))
def test_blocks_hold_at_most_their_windows_and_are_as_full_as_the_order_allows(
    durations_s: Durations, batch_windows: int
) -> None:
    blocks = partition(durations_s, n_windows, batch_windows=batch_windows)
    in_order = [[n_windows(durations_s[each]) for each in block] for block in blocks]
    assert sorted(each for block in blocks for each in block) == sorted(durations_s)
    for windows in in_order:
        assert sum(windows) <= batch_windows or len(windows) == 1
    for windows, following in itertools.pairwise(in_order):
        assert sum(windows) + following[0] > batch_windows


@given(DURATIONS, st.integers(1, 16))
def test_no_block_holds_an_utterance_that_is_longer_than_one_of_a_block_before(
    durations_s: Durations, batch_windows: int
) -> None:
    blocks = partition(durations_s, n_windows, batch_windows=batch_windows)
    in_order = [durations_s[each] for block in blocks for each in block]
    assert in_order == sorted(in_order, reverse=True)


@given(DURATIONS, st.integers(1, 16), st.data())
def test_the_order_of_the_manifest_decides_over_nobodys_company(
    durations_s: Durations, batch_windows: int, data: st.DataObject
) -> None:
    rows = dict(data.draw(st.permutations(list(durations_s.items()))))
    one, other = (partition(each, n_windows, batch_windows=batch_windows) for each in (durations_s, rows))
    assert one == other


def item(utterance_id: str, condition: str, system: str) -> Item:
    return Item(AudioSource(utterance_id, f"{utterance_id}.wav"), f"{utterance_id}/{condition}/{system}")


def ids_of(batch: Batch) -> list[str]:
    return [each.source.utterance_id for each in batch.items]


def test_a_batch_that_is_partly_done_keeps_its_id_and_its_company() -> None:
    blocks = {"tiny": [["a", "b"], ["c"]]}
    everything = list(plan_batches(blocks, ["clean", "noisy"], item, done=set())["tiny"])
    assert [(each.batch_id, each.condition, ids_of(each)) for each in everything] == [
        (0, "clean", ["a", "b"]),
        (1, "clean", ["c"]),
        (2, "noisy", ["a", "b"]),
        (3, "noisy", ["c"]),
    ]
    done = {("a", "clean", "tiny"), ("c", "clean", "tiny"), ("a", "noisy", "tiny"), ("b", "noisy", "tiny")}
    rest = list(plan_batches(blocks, ["clean", "noisy"], item, done=done)["tiny"])
    assert rest == [everything[0], everything[3]]


def test_a_transcript_is_used_again_only_if_nothing_that_made_it_has_changed() -> None:
    key = cache_key(FACTS, NOISY, speaker="p1", seed=1, system_digest="s")
    assert key == cache_key(FACTS, NOISY, speaker="p1", seed=1, system_digest="s")
    others = [
        cache_key(replace(FACTS, content_sha256="cd"), NOISY, speaker="p1", seed=1, system_digest="s"),
        cache_key(replace(FACTS, utterance_id="u2"), NOISY, speaker="p1", seed=1, system_digest="s"),
        cache_key(FACTS, replace(NOISY, digest="e"), speaker="p1", seed=1, system_digest="s"),
        cache_key(FACTS, NOISY, speaker="p1", seed=2, system_digest="s"),
        cache_key(FACTS, NOISY, speaker="p1", seed=1, system_digest="t"),
        cache_key(FACTS, CLEAN_CONDITION, speaker="p1", seed=1, system_digest="s"),
    ]
    assert len({key, *others}) == 7


def test_clean_audio_does_not_depend_on_the_seed() -> None:
    first = cache_key(FACTS, CLEAN_CONDITION, speaker="p1", seed=1, system_digest="s")
    assert first == cache_key(FACTS, CLEAN_CONDITION, speaker="p1", seed=2, system_digest="s")


def test_who_speaks_matters_only_where_other_voices_are_heard() -> None:
    def key_of(condition: Condition, speaker: str) -> str:
        return cache_key(FACTS, condition, speaker=speaker, seed=1, system_digest="s")

    profile = profile_of(source_of(TONES))
    voice = Clip("v", np.zeros(1, np.float32), "ab", speaker="p2")
    babble = replace(NOISY, noise=NoiseBed(profile, (ClipBank((voice,)),)))
    assert key_of(NOISY, "p1") == key_of(NOISY, "p2")
    assert key_of(babble, "p1") != key_of(babble, "p2")
