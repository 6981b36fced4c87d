"""The outline of a sound, as a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_fair.audio.level import rms_db
from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples, Seconds

OUTLINE_COLUMNS = 600


@dataclass(frozen=True, slots=True)
class Outline:
    """Lowest and highest sample in each of up to `OUTLINE_COLUMNS` stretches; full scale is 1.

    `lows`, `highs`: shape = (n_columns,).
    """

    lows: NDArray[np.float32]
    highs: NDArray[np.float32]
    duration_s: Seconds
    rms_db: Decibels

    @property
    def peak(self) -> float:
        """Largest magnitude."""
        return float(max(-self.lows.min(initial=0.0), self.highs.max(initial=0.0)))


def outline_of(samples: Samples) -> Outline:
    """The outline of a sound of one sample or more."""
    n_columns = min(OUTLINE_COLUMNS, len(samples))
    starts = np.arange(n_columns) * len(samples) // n_columns
    return Outline(
        lows=np.minimum.reduceat(samples, starts),
        highs=np.maximum.reduceat(samples, starts),
        duration_s=len(samples) / SAMPLE_RATE_HZ,
        rms_db=rms_db(samples),
    )


def outline_path(outline: Outline, scale: float) -> str:
    """The outline as an SVG path in a box of columns × (−1 to 1); `scale`: the magnitude that fills it."""
    scale = scale or 1.0
    above = [f"{column} {-high / scale:.3f}" for column, high in enumerate(outline.highs)]
    below = [f"{column} {-low / scale:.3f}" for column, low in enumerate(outline.lows)]
    return f"M{' L'.join([*above, *reversed(below)])}Z"
