"""Is the Poisson model's variance enough? Pearson's dispersion, and the test of a spread of speakers."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc

from asr_fair.fairness.estimates.jackknife import Reals


def pearson_dispersion(errors: Reals, fitted: Reals, n_coefficients: int) -> float | None:
    """X²/(n − p), X² = Σ(y − μ)²/μ, errors and fitted of shape (n,); None without freedom.

    1 where errors are Poisson; far above it they come in bursts or speakers differ, and standard errors
    that count every error apart are too small by its root (McCullagh & Nelder 1989, section 6.2; recalled).
    """
    freedom = len(errors) - n_coefficients
    return float((np.square(errors - fitted) / fitted).sum() / freedom) if freedom > 0 else None


def no_spread_p(likelihood_ratio: float) -> float:
    """P-value of σ² = 0 from 2(ℓ − ℓ₀): half χ² with 0 degrees of freedom, half with 1.

    σ² cannot be negative: half of the time its estimate is 0 and the ratio with it (Self & Liang 1987;
    recalled).
    """
    return 1.0 if likelihood_ratio <= 0 else 0.5 * float(chdtrc(1.0, likelihood_ratio))
