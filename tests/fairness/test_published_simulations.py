"""Row E of the methods: simulated figures of sections 0, 2, 5, each within three Monte Carlo errors.

Where nothing else is said the model of speakers is that of section 2: WER .15, σ_u .4, dispersion 3, words
per speaker lognormal with a coefficient of variation of .66. Further figures of rows like these stand in
`test_intervals`, `test_heterogeneity`, `test_omnibus` and `test_power`, and in `benchmarks/calibration`.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from statsmodels.stats.power import TTestIndPower

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.contrasts import LOG, Term
from asr_fair.fairness.estimates.gaps import wer_ratio
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.estimates.rates import word_error_rate
from asr_fair.fairness.noise.robustness import difference_in_differences
from asr_fair.fairness.permutations.omnibus import max_minus_min
from asr_fair.fairness.permutations.permutation import permutation_test
from asr_fair.fairness.resampling.bootstrap import bootstrap
from asr_fair.fairness.resampling.bootstrap_intervals import acceleration, bca_bounds, percentile_bounds
from asr_fair.fairness.resampling.multiplicity import simultaneous_families
from benchmarks.calibration.simulate import DISPERSED, Setting, draw_cell

WER = 0.15
PUBLISHED = Setting("published", sigma=0.4, cv=0.66, dispersion=3.0)
HEAVY = Setting("heavy", sigma=0.8, cv=0.8, dispersion=3.0)


def within(found: int, runs: int, published: float, runs_there: int = 6_000) -> object:
    """Whether a share is the published one, both drawn: three errors of the difference, and its rounding."""
    error = math.sqrt(published * (1 - published) * (1 / runs + 1 / runs_there))
    assert found / runs == pytest.approx(published, abs=3 * error + 5e-4)
