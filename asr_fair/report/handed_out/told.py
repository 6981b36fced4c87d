"""What sums tell together: whether adding and subtracting them leaves a sum over few people.

Published rates are sums over sums: errors and words of a group are known, and so is every combination of
those of several groups, c_1 S_1 + c_2 S_2 + ... A reader who chooses the coefficients so that all but a few
people cancel has a figure of those few; tags that nearly refine each other (a region and its accents) are
where it happens. Utterances that are in the same groups always go together: they are one part here, and a
combination of sums is a vector over parts. Of those that are zero wherever a part holds k people or more, the
one with the fewest people is sought by minimising its sum of absolute values, which are weighted by people
(basis pursuit; Chen, Donoho & Saunders 1998). Where groups belong to two tags that part everybody, parts are
edges between them, vectors are cuts, and the minimum is exact; with more it is a bound from above.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import null_space
from scipy.optimize import linprog

Numbers = NDArray[np.float64]
TOLERANCE = 1e-7
LEAST_WEIGHT = 0.01
"""Of a part in which nobody said a word: it is the first to be told."""


def smallest_told(
    sums: NDArray[np.bool_], speaker: NDArray[np.int64], with_words: NDArray[np.bool_], k: int, *, free: int
) -> list[int] | None:
    """Numbers of sums that tell of fewer than `k` people together; None where none do.

    Parameters
    ----------
    sums
        Which utterances each sum goes over, shape (n_sums, n_utterances).
    speaker, with_words
        Of each utterance, shape (n_utterances,); who said no word counts as nobody.
    free
        The last sums, which are told in any case: they are not among the numbers. Where they tell by
        themselves the list is empty.
    """
    _, first, part = np.unique(np.packbits(sums, axis=0), axis=1, return_index=True, return_inverse=True)
    part = part.ravel()
    matrix = sums[:, first].astype(np.float64)
    people = [np.unique(speaker[(part == number) & with_words]) for number in range(len(first))]
    is_sure = _sure(matrix, people, k)
    if is_sure.all():
        return None
    n_people = np.array([len(one) for one in people])
    is_small = n_people < k
    ways = null_space(matrix[:, ~is_small].T) if not is_small.all() else np.eye(len(sums))
    left = ways.T @ matrix[:, is_small]
    weights = np.maximum(n_people[is_small], LEAST_WEIGHT)
    small = np.flatnonzero(is_small)
    can_be_told = (np.abs(left).max(axis=0, initial=0.0) > TOLERANCE) & ~is_sure[is_small]
    for number in np.flatnonzero(can_be_told):
        vector = _least(left, weights, int(number))
        touched = small[np.abs(vector) > TOLERANCE]
        if len(np.unique(np.concatenate([people[one] for one in touched]))) < k:
            whole = np.zeros(len(first))
            whole[small] = vector
            return _needed(matrix, whole, free)
    return None


def _sure(matrix: Numbers, people: Sequence[NDArray[np.int64]], k: int) -> NDArray[np.bool_]:
    """Parts that no combination tells without telling of `k` people: true of all, nothing else is to be done.

    A combination that is zero for some people is zero for all parts whose columns are sums of theirs. So a
    part for which that holds of `k` choices of people, nobody in two of them, is told with one of each.
    """
    common_first = sorted(range(len(people)), key=lambda part: -len(people[part]))
    chosen: set[int] = set()
    is_sure = np.ones(len(people), np.bool_)
    for _ in range(k):
        left = matrix.copy()
        for part in common_first:
            size = np.linalg.norm(left[:, part])
            someone = None if size < TOLERANCE else next((p for p in people[part] if p not in chosen), None)
            if someone is not None:
                chosen.add(int(someone))
                direction = left[:, part] / size
                left -= np.outer(direction, direction @ left)
        is_sure &= np.linalg.norm(left, axis=0) < TOLERANCE
    return is_sure


def _least(left: Numbers, weights: Numbers, number: int) -> Numbers:
    """The combination of rows that is 1 at `number` and else as small as can be, in weighted sizes."""
    n_ways, n_parts = left.shape
    size = np.eye(n_parts)
    found = linprog(
        np.concatenate([np.zeros(n_ways), weights]),
        A_ub=np.block([[left.T, -size], [-left.T, -size]]),
        b_ub=np.zeros(2 * n_parts),
        A_eq=np.concatenate([left[:, number], np.zeros(n_parts)])[None, :],
        b_eq=[1.0],
        bounds=[(None, None)] * n_ways + [(0, None)] * n_parts,
    )
    return np.asarray(left.T @ found.x[:n_ways], np.float64)


def _needed(matrix: Numbers, vector: Numbers, free: int) -> list[int]:
    """The rows of which a vector is a combination, with the smallest coefficients; free ones cost nothing."""
    n_rows = len(matrix)
    costs = np.concatenate([np.ones(n_rows - free), np.zeros(free)])
    found = linprog(
        np.concatenate([costs, costs]),
        A_eq=np.concatenate([matrix.T, -matrix.T], axis=1),
        b_eq=vector,
        bounds=(0, None),
    )
    if found.x is None:  # where rounding leaves nothing that is exact
        coefficients = np.linalg.lstsq(matrix.T, vector, rcond=None)[0]
    else:
        coefficients = found.x[:n_rows] - found.x[n_rows:]
    return [row for row in range(n_rows - free) if abs(coefficients[row]) > TOLERANCE]
