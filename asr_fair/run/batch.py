"""The partition into batches: fixed before a run starts, the same for every condition, and stored."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from asr_fair.conditions.plan import Condition
from asr_fair.records import CLEAN, AudioFacts, AudioSource, Seconds
from asr_fair.validation import digest_of

OutcomeKey = tuple[str, str, str]
"""(utterance_id, condition, system)."""


@dataclass(frozen=True, slots=True)
class Item:
    """One utterance of a batch, with the key under which its transcript may be used again."""

    source: AudioSource
    cache_key: str
    speaker: str | None = None
    is_probe: bool = False
    """Whether nobody speaks in it: it is made, not read, and no group's errors are counted on it."""
    n_windows: int = 1
    """Of 30 seconds, each of which costs about the same."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Utterances that one system transcribes together under one condition."""

    batch_id: int
    system: str
    condition: str
    items: tuple[Item, ...]

    @property
    def n_windows(self) -> int:
        """Work in it, in windows of 30 seconds."""
        return sum(item.n_windows for item in self.items)

    def halves(self) -> tuple[Batch, Batch]:
        """The same work of the same batch, in two parts; of at least two utterances."""
        middle = len(self.items) // 2
        return replace(self, items=self.items[:middle]), replace(self, items=self.items[middle:])


def partition(
    durations_s: Mapping[str, Seconds], n_windows: Callable[[Seconds], int], *, batch_windows: int
) -> list[list[str]]:
    """The utterance ids of each block: longest first, full at `batch_windows` 30-second windows.

    A batch is decoded until its longest text ends, and what is long is said in many words: utterances of
    one length finish together. Those of equal length go by their ids, so that neither the order of the
    manifest nor a tag decides over anybody's company. An utterance is never divided; one that is longer
    than a whole batch has a block of its own.

    Parameters
    ----------
    durations_s
        Length of each utterance, by id.
    n_windows
        From a length to its 30-second windows.

    >>> partition({"b": 3, "c": 2, "a": 3, "d": 70}, lambda s: int(s // 30) + 1, batch_windows=4)
    [['d', 'a'], ['b', 'c']]
    """
    blocks: list[list[str]] = []
    room = 0
    for utterance_id in sorted(durations_s, key=lambda each: (-durations_s[each], each)):
        windows = n_windows(durations_s[utterance_id])
        if not blocks or windows > room:
            blocks.append([])
            room = batch_windows
        blocks[-1].append(utterance_id)
        room -= windows
    return blocks


def cache_key(
    facts: AudioFacts, condition: Condition, *, speaker: str | None, seed: int, system_digest: str
) -> str:
    """SHA-256 over all that can change a transcript: audio, render recipe and seed, model, decoding.

    Seed and utterance id belong to it where anything may be drawn, which is everywhere but in `clean`; who
    speaks where other voices are heard. The batch does not: its size stands beside each text.
    """
    # Clean audio is the same under every seed and id: another seed need not transcribe it again.
    draw = [] if condition.name == CLEAN else [seed, facts.utterance_id]
    draw += [speaker] if condition.hears_speakers else []
    return digest_of([facts.content_sha256, condition.digest, draw, system_digest])


def plan_batches(
    blocks: Mapping[str, Sequence[Sequence[str]]],
    conditions: Sequence[str],
    item: Callable[[str, str, str], Item],
    *,
    done: Collection[OutcomeKey],
    reused: Collection[OutcomeKey] = (),
) -> dict[str, Iterator[Batch]]:
    """Batches that still have work, system by system, in a fixed order: condition, block.

    A batch of which a part is done is given whole: its utterances keep the company, and so the
    padding, that they had before. What came from the cache of other runs had other company, and is left
    out: to transcribe it again would cost what the cache is there to save, and change no text.

    Parameters
    ----------
    blocks
        Per system: utterance ids, block by block.
    item
        From (utterance_id, condition, system) to the item.
    done
        Outcomes that exist already.
    reused
        Those among them that no batch of this run has made.
    """
    plan = {}
    first_id = 0
    for system, system_blocks in blocks.items():
        todo = itertools.product([system], conditions, system_blocks)
        numbered = enumerate(todo, first_id)
        plan[system] = _batches_of(numbered, item, done, reused)
        first_id += len(system_blocks) * len(conditions)
    return plan


def _batches_of(
    numbered: Iterable[tuple[int, tuple[str, str, Sequence[str]]]],
    item: Callable[[str, str, str], Item],
    done: Collection[OutcomeKey],
    reused: Collection[OutcomeKey],
) -> Iterator[Batch]:
    for batch_id, (system, condition, utterance_ids) in numbered:
        keys = [(each, condition, system) for each in utterance_ids]
        own = [key for key in keys if key not in reused]
        if any(key not in done for key in own):
            yield Batch(batch_id, system, condition, tuple(item(*key) for key in own))
