"""What a reader needs to know of a group before its rates: how many people, and how much they said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from asr_fair.config import Reference
from asr_fair.fairness.counting.slices import Cell, Slice
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.results import DimensionInfo, GroupInfo


def describe_dimension(
    dimension: Dimension,
    slices: Mapping[str, Slice],
    headline: Sequence[int],
    reference: Reference | None,
) -> DimensionInfo:
    """The dimension with its groups; `headline`: positions of the columns of the headline normaliser."""
    return DimensionInfo(
        name=dimension.name,
        title=dimension.title,
        source=dimension.source,
        source_note=dimension.source_note,
        level=dimension.level,
        sensitive=dimension.sensitive,
        groups=tuple(
            describe_group(name, one, headline, is_reserved=dimension.is_reserved(name))
            for name, one in slices.items()
        ),
        reference=reference.group if reference else None,
        reference_reason=reference.reason if reference else None,
        parts=dimension.parts,
        empty=dimension.empty,
    )


def describe_group(
    name: str, group: Slice, headline: Sequence[int], *, is_reserved: bool = False
) -> GroupInfo:
    """Speakers, utterances and words that every figure of the group rests on, at least.

    Losses can make columns differ, and the display rules act alike in all of them; so the counts are those
    of the thinnest column that has any, and the largest speaker's share is the largest in any column.
    """
    cells = [cell for position in headline if (cell := group.cells[position]).n_utterances]
    known = all(cell.identified for cell in group.cells)
    return GroupInfo(
        name=name,
        kind="reserved" if is_reserved else "declared",
        n_speakers=min((len(cell.speakers) for cell in cells), default=0) if known else None,
        n_speakers_with_words=min((cell.n_with_words or 0 for cell in cells), default=0) if known else None,
        n_utterances=min((cell.n_utterances for cell in cells), default=0),
        n_words=min((cell.n_words for cell in cells), default=0),
        n_speakers_expected=group.n_speakers_expected,
        n_utterances_expected=group.n_utterances_expected,
        duration_s=group.duration_s,
        largest_speaker_share=max(map(_largest_share, cells), default=None) if known else None,
    )


def _largest_share(cell: Cell) -> float:
    return int(cell.words.max()) / cell.n_words if cell.n_words else 1.0
