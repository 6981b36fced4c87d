"""The cluster bootstrap: speakers drawn with replacement, one draw for all systems, conditions, normalisers.

A draw says how often each speaker is in it; totals are these whole numbers times the speakers' whole
numbers (`resampling.exact_sums`). Source: Bisani & Ney 2004, Liu & Peng 2020 (arXiv 1912.09508); methods
section 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from asr_fair.fairness.counting.alignment import speakers_of
from asr_fair.fairness.counting.slices import Cell, Slice
from asr_fair.fairness.counting.strata import Integers, Mask
from asr_fair.fairness.estimates.jackknife import Reals, Statistic
from asr_fair.fairness.resampling.exact_sums import Rows
from asr_fair.fairness.resampling.streams import STREAM_DRAWS, Stream, in_streams, pieces

N_DRAWS = 10_000
"""For published figures; 2,000 are enough to look."""

MOST_REMEMBERED = 2**23
"""Numbers of one stream: with more than some 16,000 speakers draws are made again, not kept in memory."""

T = TypeVar("T")


class Amount(NamedTuple):
    """Something counted by speaker: numbers of the speakers, ascending, and what each adds, shape (K,)."""

    speakers: Integers
    values: Integers


@dataclass(frozen=True, eq=False)
class _Block:
    """K speakers drawn together; `amounts`: positions of the amounts that `rows` belong to."""

    n_speakers: int
    amounts: NDArray[np.intp]
    rows: Rows


def resampling_blocks(groups: Iterable[Integers]) -> list[Integers]:
    """Speakers that are drawn together, from the speakers of each group; every block ascending.

    Groups without a common speaker are drawn apart, K_g out of K_g. Groups that share speakers, because a
    tag varies within a speaker or a person has several labels, are drawn as one, as the jackknife leaves
    speakers out of their union; how many speakers such a group has then differs from draw to draw.
    """
    blocks: list[Integers] = []
    for speakers in groups:
        touching = [block for block in blocks if np.isin(block, speakers).any()]
        apart = [block for block in blocks if not np.isin(block, speakers).any()]
        blocks = [*apart, np.unique(np.concatenate([speakers, *touching]))]
    return [block for block in blocks if len(block)]


def drawn_together(groups: Iterable[Slice], places: Sequence[int]) -> list[Integers]:
    """Blocks of speakers for the bootstrap, from all who were scored in any of the places."""
    return resampling_blocks(speakers_of(group.at(places)) for group in groups)


def resample(
    make: Callable[[Reals], T],
    amounts: Sequence[Amount],
    blocks: Sequence[Integers],
    *,
    n_draws: int = N_DRAWS,
    seed: int,
    purpose: str,
) -> list[T]:
    """What `make` makes of the totals of amounts in some hundred draws at a time, in order.

    Parameters
    ----------
    make
        Receives totals, shape (n_amounts, n). It is called from several threads.
    amounts
        Counts by speaker.
    blocks
        Each block of K speakers is drawn K times with replacement (`resampling_blocks`).
    n_draws, seed, purpose
        The same three give the same speakers in the same draws, whatever is counted.

    Raises
    ------
    ValueError
        An amount has a speaker who is in no block.
    """
    prepared = list(_by_block(amounts, blocks))

    sizes = tuple(block.n_speakers for block in prepared)
    drawn = _remembered if STREAM_DRAWS * sum(sizes) <= MOST_REMEMBERED else _times_drawn

    def draw(stream: Stream) -> T:
        totals = np.zeros((len(amounts), stream.n))
        for block, times in zip(prepared, drawn(stream, sizes), strict=True):
            for piece in pieces(stream.n, block.n_speakers):
                totals[block.amounts, piece] += block.rows.times(times[piece].astype(np.float64))
        return make(totals)

    return in_streams(draw, n_draws, seed=seed, purpose=purpose)


def bootstrap(
    statistic: Statistic,
    cells: Sequence[Cell],
    blocks: Sequence[Integers],
    *,
    n_draws: int = N_DRAWS,
    seed: int,
    purpose: str,
) -> Reals:
    """The statistic in every draw, its shape before the last axis and then (n_draws,).

    Parameters
    ----------
    statistic
        Receives errors and words, each (n_cells, n); a figure each, shape (n,), or several, (n_figures, n).
        Words are NaN in a draw where the cell has none, so that what is made of them is NaN too: such a
        draw is undefined, and counts as beyond whichever bound is looked for (`bootstrap_intervals`).
        Without errors ln W is −∞, which has its place in the order.
    cells
        Whose counts are drawn; one draw for all.
    """
    amounts = [Amount(cell.speakers, cell.errors) for cell in cells]
    amounts += [Amount(cell.speakers, cell.words) for cell in cells]

    def figures(totals: Reals) -> Reals:
        errors, words = np.split(totals, 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            return statistic(errors, np.where(words > 0, words, np.nan))

    found = resample(figures, amounts, blocks, n_draws=n_draws, seed=seed, purpose=purpose)
    return np.concatenate(found, axis=-1)


def _by_block(amounts: Sequence[Amount], blocks: Sequence[Integers]) -> Iterator[_Block]:
    """What there is to add up in each block."""
    last = max((int(block[-1]) for block in blocks), default=-1)
    last = max([last, *(int(amount.speakers[-1]) for amount in amounts if len(amount.speakers))])
    block_of, place = np.full(last + 1, -1), np.zeros(last + 1, np.intp)
    for number, block in enumerate(blocks):
        block_of[block], place[block] = number, np.arange(len(block))
    parts = [block_of[amount.speakers] for amount in amounts]
    if any((part < 0).any() for part in parts):
        msg = "a speaker is in none of the blocks that are drawn: make them from all groups"
        raise ValueError(msg)

    def row(position: int, here: Mask, size: int) -> Reals:
        values, amount = np.zeros(size), amounts[position]
        values[place[amount.speakers[here]]] = amount.values[here]
        return values

    for number, block in enumerate(blocks):
        taking = {position: here for position, part in enumerate(parts) if (here := part == number).any()}
        rows = Rows.of((row(*each, len(block)) for each in taking.items()), len(block))
        yield _Block(len(block), np.array(list(taking), np.intp), rows)


def _times_drawn(stream: Stream, sizes: tuple[int, ...]) -> tuple[NDArray[np.unsignedinteger[Any]], ...]:
    """How often each speaker is in each draw of a stream, (n, K) for every block of K speakers."""
    found = []
    for size, rng in zip(sizes, stream.rng().spawn(len(sizes)), strict=True):
        parts = []
        for piece in pieces(stream.n, size):
            n = piece.stop - piece.start
            # 64-bit whole numbers are drawn without a buffer of their own, so a piece continues the last one.
            drawn = rng.integers(0, size, size=(n, size))
            drawn += size * np.arange(n)[:, None]
            times = np.bincount(drawn.ravel(), minlength=n * size).reshape(n, size)
            parts.append(times.astype(np.min_scalar_type(times.max())))
        found.append(np.concatenate(parts))
    return tuple(found)


_remembered = lru_cache(maxsize=N_DRAWS // STREAM_DRAWS)(_times_drawn)
"""For the next figure of the same speakers: drawing them takes as long as adding them up."""
