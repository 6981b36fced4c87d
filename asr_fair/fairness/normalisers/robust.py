"""Whether a verdict holds whichever rules the words are counted under.

Robust is what has the same verdict and the same sign of ln(ratio) under every normaliser that was judged: of
`whisper_en`, `basic` and `whisper_en+dialect` those that ran, two at least, and the headline (methods section
1). Under `raw` a capital letter is an error, so it is shown and not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from asr_fair.fairness.results import Comparison, Robustness
from asr_fair.records import RAW
from asr_fair.wording import listed

FEWEST = 2
"""Normalisers beside `raw` without which nothing is said."""


def is_judged(normaliser: str, headline: str) -> bool:
    """Whether verdicts are made under it: the headline, and every other but `raw`."""
    return normaliser == headline or normaliser != RAW


def robustness_rows(comparisons: Sequence[Comparison], headline: str) -> Iterator[Robustness]:
    """A row for each comparison under the headline, in their order, from those under all normalisers."""
    found: dict[tuple[str, ...], dict[str, Comparison]] = {}
    for one in comparisons:
        found.setdefault(_place(one), {})[one.normaliser] = one
    for one in comparisons:
        if one.normaliser == headline:
            yield _row(one, found[_place(one)])


def _row(headline: Comparison, under: Mapping[str, Comparison]) -> Robustness:
    robust, reason = _judge(under)
    return Robustness(
        dimension=headline.dimension,
        group=headline.group,
        versus=headline.versus,
        condition=headline.condition,
        system=headline.system,
        normaliser=headline.normaliser,
        robust=robust,
        verdicts={name: one.verdict for name, one in under.items()},
        ratios={name: one.ratio for name, one in under.items()},
        reason=reason,
    )


def _judge(under: Mapping[str, Comparison]) -> tuple[bool | None, str]:
    names = [name for name in under if name != RAW]
    if len(names) < FEWEST:
        return None, f"judged under {listed(names)} only" if names else "judged under no normaliser"
    without = [name for name, one in under.items() if one.ratio is None]
    if without:
        return None, f"no ratio under {listed(without)}"
    outcomes = {name: one.verdict.in_words for name, one in under.items()}
    if len(set(outcomes.values())) == 1:
        sides = {name: _side(one) for name, one in under.items()}
        if len(set(sides.values())) == 1:
            return True, f"{next(iter(outcomes.values()))} under {listed(list(under))}"
        outcomes = {name: f"{outcomes[name]} ({side})" for name, side in sides.items()}
    return False, ", ".join(f"{what} under {listed(where)}" for what, where in _by_value(outcomes).items())


def _by_value(values: Mapping[str, str]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name, value in values.items():
        names.setdefault(value, []).append(name)
    return names


def _side(one: Comparison) -> str:
    """The sign of ln(ratio), in words."""
    if one.ratio is None or one.ratio == 1.0:
        return "same WER"
    return "higher WER" if one.ratio > 1.0 else "lower WER"


def _place(one: Comparison) -> tuple[str, ...]:
    return one.dimension, one.group, one.versus, one.condition, one.system
