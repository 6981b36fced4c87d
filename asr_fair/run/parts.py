"""A batch rendered in parts, by several processes at once, and put together again in its own order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from asr_fair.run.batch import Batch
from asr_fair.run.worker import RenderedBatch


def parts_of(batch: Batch, n_parts: int) -> list[Batch]:
    """At most `n_parts` parts of nearly equal length: a batch begins with its longest utterances.

    A part is a batch of its own to whoever renders it; a sample depends on its utterance alone.
    """
    return [
        replace(batch, items=batch.items[first::n_parts]) for first in range(min(n_parts, len(batch.items)))
    ]


def put_together(batch: Batch, parts: Sequence[RenderedBatch]) -> RenderedBatch:
    """The batch as one process would have rendered it; `render_s` is the time of all of them together."""
    clips = {item.source.utterance_id: (item, samples) for part in parts for item, samples in part.clips}
    failed = {
        outcome.utterance_id: replace(outcome, batch_size=len(batch.items))
        for part in parts
        for outcome in part.failed
    }
    renders = {record.utterance_id: record for part in parts for record in part.renders}
    ids = [item.source.utterance_id for item in batch.items]
    return RenderedBatch(
        batch,
        tuple(clips[each] for each in ids if each in clips),
        tuple(failed[each] for each in ids if each in failed),
        tuple(renders[each] for each in ids if each in renders),
        sum(part.render_s for part in parts),
    )
