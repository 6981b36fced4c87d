"""Many sums over speakers at once, as matrix products that are exact.

In float64 every sum of whole numbers below 2**53 is exact. So it hangs neither on the order of addition nor
on how many threads a product uses; and a row that occurs twice need not be added twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_fair.fairness.estimates.jackknife import Reals


@dataclass(frozen=True, eq=False)
class Rows:
    """R rows of whole numbers over K speakers, each different one once.

    All conditions have the same reference words, and the rest of one group is made of other groups: often
    hardly half of the rows are different.

    Attributes
    ----------
    distinct
        The different rows, shape (D, K).
    place
        Which of them each row is, shape (R,).
    """

    distinct: Reals
    place: NDArray[np.intp]

    @classmethod
    def of(cls, rows: Iterable[Reals], n_speakers: int) -> Rows:
        """From rows of shape (n_speakers,), if any."""
        number: dict[bytes, int] = {}
        distinct: list[Reals] = []
        place: list[int] = []
        for row in rows:
            key = row.tobytes()
            if key not in number:
                number[key] = len(distinct)
                distinct.append(row)
            place.append(number[key])
        return cls(np.array(distinct).reshape(len(distinct), n_speakers), np.array(place, np.intp))

    def times(self, weights: Reals) -> Reals:
        """Σ row · weight over speakers for n sets of whole weights, (n, K) to (R, n)."""
        sums: Reals = (self.distinct @ weights.T)[self.place]
        return sums
