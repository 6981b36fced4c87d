"""Several comparisons at once: intervals that hold together, and p-values adjusted for their number.

Balanced max-T: θ_j ± c_j·SE_j hold together. Each c_j is the quantile of comparison j's own |t*|, all at one
level, so chosen that all members of a draw of the shared bootstrap are within theirs as often as wanted
(Westfall & Young 1993; Beran 1988). It knows how the comparisons hang together, which Bonferroni does not:
all share their reference, and conditions and systems share their speakers. And with one c for all, a single
comparison with hardly an error, as of clean speech, would widen all others.

Coverage of four ratios to one reference, all together at .95 (800 runs each; σ_u .4, methods section 2):
.958 at 5 speakers a group, .955 at 10, .949 at 20; .965 at 10 with heavy speakers (σ_u .8). Eight ratios, two
of them with a WER of .01: .958 at 12. With one c for all .976, .968, .960, .976 and .979, and wider.
Of six gaps from the same draws (1,000 runs): .968, .960 and .955 at 10, 20 and 50 speakers a group; .941,
.945 and .955 where rates lie between .05 and .30; .906 for three groups of 10 beside one of 60.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from asr_fair.fairness.counting.strata import Integers
from asr_fair.fairness.estimates.contrasts import Contrast, Scale, contrast
from asr_fair.fairness.estimates.intervals import bounds_around
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.resampling.bootstrap import N_DRAWS
from asr_fair.fairness.resampling.studentised import Sides, studentised_draws

MAX_T, BONFERRONI = "max-t", "bonferroni"
HOLM, BENJAMINI_HOCHBERG = "holm", "benjamini-hochberg"

MIN_SPEAKERS = 10
"""Below, draws with a handful of different speakers make the tail of |t*| (methods section 5)."""


@dataclass(frozen=True, slots=True)
class Simultaneous:
    """The interval of one comparison that holds together with those of its family; None where none."""

    contrast: Contrast
    bounds: tuple[float, float] | None
    adjustment: str
    critical: float | None = None
    """c_j of max-T; None under Bonferroni, where it is a t quantile."""

    @property
    def method(self) -> str:
        """How the interval is made and adjusted."""
        return f"{self.contrast.method}-{self.adjustment}" if self.contrast.method else self.adjustment


def simultaneous_families(
    families: Sequence[Sequence[Sides]],
    scale: Scale,
    blocks: Sequence[Integers],
    *,
    confidence: float,
    min_speakers: int = MIN_SPEAKERS,
    n_draws: int = N_DRAWS,
    seed: int,
    purpose: str,
) -> list[list[Simultaneous]]:
    """`simultaneous_on_scales` on a single one."""
    (found,) = simultaneous_on_scales(
        families,
        [scale],
        blocks,
        confidence=confidence,
        min_speakers=min_speakers,
        n_draws=n_draws,
        seed=seed,
        purpose=purpose,
    )
    return found


def simultaneous_on_scales(
    families: Sequence[Sequence[Sides]],
    scales: Sequence[Scale],
    blocks: Sequence[Integers],
    *,
    confidence: float,
    min_speakers: int = MIN_SPEAKERS,
    n_draws: int = N_DRAWS,
    seed: int,
    purpose: str,
) -> list[list[list[Simultaneous]]]:
    """Intervals of each declared family's comparisons, together at `confidence`; one set of draws for all.

    By scale, family and comparison. Each family holds together on each scale by itself: what is claimed of
    ratios is not widened for what is told of gaps.

    Of the m members, those with at least `min_speakers` speakers in every cell and an estimate are put
    under max-T at 1 − (1 − confidence)·k/m, k their number; each of the others has Bonferroni's
    1 − (1 − confidence)/m. Together they spend what the family has (union bound; ours), and one thin group
    does not cost the others their max-T. A single such member has Bonferroni's too, and so have all where
    a group is missing from so many draws that a quantile is infinite.

    Parameters
    ----------
    families
        Of each, the sides of every comparison, as `contrasts.contrast` takes them. Other families change
        nothing in the intervals of one; neither do other scales.
    blocks
        Speakers drawn together (`bootstrap.resampling_blocks`).
    """
    found = [
        [
            [bonferroni(contrast(sides, scale), confidence, len(family)) for sides in family]
            for family in families
        ]
        for scale in scales
    ]
    under_max_t = [
        [_enough(*each, min_speakers) for each in zip(families, on_scale, strict=True)] for on_scale in found
    ]
    rows = _rows(under_max_t)
    if not rows:
        return found
    drawn = [families[family][number] for family, number in rows]
    draws = studentised_draws(drawn, scales, blocks, n_draws=n_draws, seed=seed, purpose=purpose)
    for on_scale, enough, on_its_scale in zip(found, under_max_t, draws, strict=True):
        for family, (intervals, own) in enumerate(zip(on_scale, enough, strict=True)):
            t_star = on_its_scale.t_star[[rows[family, number] for number in own]]
            _put_under_max_t(intervals, own, t_star, confidence)
    return found


def _rows(under_max_t: Sequence[Sequence[Sequence[int]]]) -> dict[tuple[int, int], int]:
    """Where each family's comparison stands among the draws, each once, whatever scales need it."""
    needed = (
        (family, number) for on_scale in under_max_t for family, own in enumerate(on_scale) for number in own
    )
    return {key: row for row, key in enumerate(dict.fromkeys(needed))}


def _put_under_max_t(
    intervals: list[Simultaneous], own: Sequence[int], t_star: Reals, confidence: float
) -> None:
    """Replace those of a family's `intervals` whose numbers are `own`; t_star of shape (n_own, n_draws)."""
    if not own:
        return
    criticals = max_t_quantiles(t_star, 1.0 - (1.0 - confidence) * len(own) / len(intervals))
    if not np.isfinite(criticals).all():
        return
    for number, critical in zip(own, criticals.tolist(), strict=True):
        bounds = _bounds(intervals[number].contrast, critical)
        intervals[number] = replace(intervals[number], bounds=bounds, adjustment=MAX_T, critical=critical)


def simultaneous_confidence(confidence: float, family_size: float) -> float:
    """Confidence of each of `family_size` intervals that hold together at `confidence` (Bonferroni)."""
    return 1.0 - (1.0 - confidence) / family_size


def bonferroni(of: Contrast, confidence: float, family_size: int) -> Simultaneous:
    """The interval of one of `family_size` comparisons, by its own t quantile."""
    return Simultaneous(of, of.bounds(simultaneous_confidence(confidence, family_size)), BONFERRONI)


def max_t_quantiles(t_star: Reals, confidence: float) -> Reals:
    """Quantiles c_j of |t*_j|, all at one level, which hold together in `confidence` of the draws.

    From (n_contrasts, n_draws) to (n_contrasts,). A draw in which a member is undefined counts as ∞; so may
    the quantile be.
    """
    distance = np.abs(np.where(np.isnan(t_star), np.inf, t_star))
    # A share 1 − confidence of the draws lies beyond, so no quantile is further down than that.
    n_draws = distance.shape[1]
    most = min(math.ceil((1.0 - confidence) * n_draws), n_draws - 1)
    falling = -np.sort(np.partition(-distance, most, axis=1)[:, : most + 1], axis=1)
    # How many draws are larger than this one, for the member of the draw where they are fewest.
    larger = [np.searchsorted(-row, -own, side="left") for row, own in zip(falling, distance, strict=True)]
    level = int(np.quantile(np.min(larger, axis=0), 1.0 - confidence, method="lower"))
    return falling[:, level]


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's adjusted p-values, for a handful of comparisons: the chance of any false one is kept.

    The i-th smallest of m is multiplied by m − i + 1, and none is below the one before (Holm 1979).
    Comparisons without a p-value were declared all the same, and count.
    """
    p = _filled(p_values)
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return _emptied(adjusted, p_values)


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Benjamini & Hochberg's adjusted p-values (1995), for exploration: the share of false ones is kept.

    Comparisons without a p-value count.
    """
    from scipy.stats import false_discovery_control  # slow to import

    return _emptied(false_discovery_control(_filled(p_values)), p_values)


def _enough(family: Sequence[Sides], intervals: Sequence[Simultaneous], min_speakers: int) -> list[int]:
    """Which members have speakers enough for max-T; none where it would be one alone."""
    enough = [
        number
        for number, (sides, interval) in enumerate(zip(family, intervals, strict=True))
        if interval.contrast.estimate is not None
        and all(len(term.cell.speakers) >= min_speakers for side in sides for term in side)
    ]
    return enough if len(enough) > 1 else []


def _bounds(of: Contrast, critical: float) -> tuple[float, float] | None:
    """θ ± c·SE, carried back."""
    if of.estimate is None:
        return None
    return bounds_around(of.estimate.theta, critical * of.estimate.se, of.scale.back)


def _filled(p_values: Sequence[float | None]) -> Reals:
    return np.array([1.0 if p is None else p for p in p_values], np.float64)


def _emptied(adjusted: Reals, p_values: Sequence[float | None]) -> list[float | None]:
    return [None if p is None else value for value, p in zip(adjusted.tolist(), p_values, strict=True)]
