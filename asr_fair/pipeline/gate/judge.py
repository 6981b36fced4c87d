"""What an interval says of a limit: within it, beyond it, or that the data cannot tell.

A rule promises that a figure keeps to a limit in every one of m places. Two claims can be made of it:

- *Pass*: all m true figures are within the limit. Its opposite is a union (some figure is beyond), and a test
  that rejects it only where every one of m tests does, each at level α, has level α itself, whatever m and
  however the tests hang together (intersection-union test, Berger 1982, Technometrics 24:295, recalled): a
  wrong pass needs the pass of the very place that is beyond. So every upper bound is that of the place alone.
- *Fail*: some true figure is beyond. Its opposite is that all are within, and of m places at the limit one
  would come out beyond by chance ever more often (union-intersection test). So the lower bounds hold together
  over the m places (max-T, or Bonferroni for small groups: `recount`).

At 95 % each side errs in 2.5 of 100 runs where a figure lies exactly at its limit, and in 5 where no error at
all was seen, whose bound is one-sided. Simulated with seven groups of 10 to 50 speakers (`make calibrate`): a
wrong pass in 3 to 4 of 100 runs (5 with heavy speaker effects), a wrong fail in 1 to 2. Each rule is a
promise of its own: with many rules at their limit, some rule fails wrongly more often. Losses are counted and
not sampled: they have no interval.
"""

from __future__ import annotations

from typing import NamedTuple

from asr_fair.fairness.results import Figure, Status
from asr_fair.report.gate.outcome import Outcome
from asr_fair.report.wording import STATUS_WORDS


class Bounds(NamedTuple):
    """What is known of a figure: −∞ and ∞ are None.

    `is_above`: it lies above all SNRs heard. `low_is_open`: it is above `low_together` itself, and not at it.
    """

    value: float | None
    low: float | None
    high: float | None
    low_together: float | None
    is_above: bool = False
    low_is_open: bool = False


def bounds_of(figure: Figure, low_together: float | None) -> Bounds:
    """The bounds of a stored figure, and the lower one that holds together with the other places'.

    A tolerance above all SNRs heard is above the highest one, even where that is the bound.
    """
    above = figure.status is Status.ABOVE_RANGE
    is_open = above and low_together is not None and low_together == figure.censored_at
    return Bounds(figure.value, figure.low, figure.high, low_together, above, is_open)


def judged(bounds: Bounds, limit: float) -> Outcome:
    """Pass, fail or cannot tell."""
    if bounds.high is not None and bounds.high <= limit:
        return Outcome.PASS
    low = bounds.low_together
    if low is not None and (low > limit or (bounds.low_is_open and low == limit)):
        return Outcome.FAIL
    return Outcome.CANNOT_TELL


def has_interval(figure: Figure) -> bool:
    """Whether anything can be judged; a tolerance may have one bound only."""
    return figure.low is not None or figure.high is not None


def without_interval(figure: Figure) -> str:
    """Why there is nothing to judge."""
    if figure.versus is not None and figure.status in (Status.BELOW_RANGE, Status.ABOVE_RANGE):
        return "one of the two lies beyond the SNRs heard"
    return STATUS_WORDS[figure.status] or STATUS_WORDS[Status.NO_INTERVAL]
