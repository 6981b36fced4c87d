"""Which coefficients the rows of a design can tell, and which of them only one speaker tells.

Both are properties of the column space, whatever the weights: of one fit as of every other.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from asr_fair.fairness.counting.strata import Integers, Mask
from asr_fair.fairness.estimates.jackknife import Reals

TOLERANCE = 1e-7
"""A column of length 1 that is closer than this to the span of others is in it."""


def aliased_columns(matrix: Reals) -> tuple[Mask, Integers]:
    """Columns whose coefficient is not estimable, shape (p,), and a basis of the column space, shape (rank,).

    With column-pivoted QR, XP = Q[R₁ R₂; 0 0], a column behind the rank is the sum of basis columns with
    the coefficients R₁⁻¹R₂: it and those it needs cannot be told apart. All other coefficients are the
    same in whichever basis (Golub & Van Loan, section 5.5; recalled).
    """
    lengths = np.sqrt(np.square(matrix).sum(axis=0))
    r, pivots = linalg.qr(matrix / np.where(lengths > 0, lengths, 1.0), mode="r", pivoting=True)
    rank = int((np.abs(np.diag(r)) > TOLERANCE).sum())
    needed = linalg.solve_triangular(r[:rank, :rank], r[:rank, rank:])
    aliased = np.zeros(matrix.shape[1], np.bool_)
    aliased[pivots[rank:]] = True
    aliased[pivots[:rank]] = (np.abs(needed) > TOLERANCE).any(axis=1)
    return aliased, np.sort(pivots[:rank]).astype(np.int64)


def rests_on_one_speaker(matrix: Reals, starts: Integers) -> Mask:
    """Columns of a full-rank matrix whose coefficient would be lost with one speaker, shape (rank,).

    With X = QR, speaker i alone tells a direction v (in the coordinates Rβ) where Q_i'Q_i v = v, since
    then Q_j v = 0 for all others; the coefficients that lose their meaning are those in R⁻¹v (ours).
    """
    q, r = np.linalg.qr(matrix)
    alone = np.zeros(matrix.shape[1], np.bool_)
    leverage = np.add.reduceat(np.square(q).sum(axis=1), starts)
    ends = np.append(starts[1:], len(matrix))
    # An eigenvalue of 1 needs a trace of 1: hardly any speaker has to be looked at.
    for speaker in np.flatnonzero(leverage > 1.0 - TOLERANCE):
        own = q[starts[speaker] : ends[speaker]]
        eigenvalues, vectors = np.linalg.eigh(own.T @ own)
        lost = np.abs(linalg.solve_triangular(r, vectors[:, eigenvalues > 1.0 - TOLERANCE]))
        alone |= (lost > TOLERANCE * lost.max(initial=0.0)).any(axis=1)
    return alone
