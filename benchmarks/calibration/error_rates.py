"""How often tests and verdicts are wrong, and how often they find what `plan` promised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from asr_fair.config import Thresholds
from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.gaps import wer_ratio
from asr_fair.fairness.permutations.omnibus import omnibus_test
from asr_fair.fairness.permutations.permutation import permutation_test
from asr_fair.fairness.permutations.sign_flip import swap_test
from asr_fair.fairness.planning.power import POWER, Assumptions, Forecaster, Sample, Side, speakers_needed
from asr_fair.fairness.resampling.multiplicity import bonferroni
from asr_fair.fairness.results import Verdict
from asr_fair.fairness.verdicts.judgement import judge
from asr_fair.seed import rng_for
from benchmarks.calibration.simulate import (
    HEAVY,
    LIGHT,
    MEDIUM,
    RUNAWAY,
    UNEQUAL,
    Setting,
    as_cell,
    draw_cell,
    draw_cells,
    draw_effects,
    draw_errors,
    draw_words,
)
from benchmarks.calibration.tables import Row, Share, Table

WER = 0.15
ALPHA = 0.05
LIMITS = Thresholds()
N_ARRANGEMENTS = 999
N_DRAWS = 1_000
POWER_SLACK = 0.05
AT_ONCE = 50
"""Data sets tested with one set of arrangements, as a test of several columns does."""


def null_jobs(n_runs: int, seed: int) -> Iterator[Callable[[], Row]]:
    """Tests under exchangeable nulls (gated), and under unequal spread (published)."""
    for setting in (MEDIUM, HEAVY, RUNAWAY):
        for n_speakers in (5, 10, 20):
            yield partial(two_groups, (setting, setting), (n_speakers, n_speakers), n_runs=n_runs, seed=seed)
            yield partial(swapped, setting, n_speakers, n_runs=n_runs, seed=seed)
            yield partial(omnibus, setting, n_speakers, n_runs=n_runs, seed=seed)
    for setting in (MEDIUM, HEAVY):
        yield partial(two_groups, (setting, setting), (10, 40), n_runs=n_runs, seed=seed)
    few, many = Setting("σ .8", sigma=0.8), Setting("σ .3", sigma=0.3)
    yield partial(two_groups, (few, many), (6, 20), gated=False, n_runs=n_runs, seed=seed)


def null_table(rows: list[Row]) -> Table:
    """The rows of `null_jobs`."""
    return Table(
        "Type-I error of the permutation tests at .05",
        "No difference between groups. Asked: at most .05 where groups are exchangeable; unequal spread is "
        f"published only. {N_ARRANGEMENTS} arrangements where not all are enumerated.",
        ("test", "setting", "speakers", "rejected"),
        rows,
    )


def two_groups(
    settings: tuple[Setting, Setting],
    sizes: tuple[int, int],
    *,
    gated: bool = True,
    n_runs: int,
    seed: int,
) -> Row:
    """Rejections of the studentised permutation test of two groups with one rate."""
    name, speakers = " and ".join(dict.fromkeys(each.name for each in settings)), f"{sizes[0]} and {sizes[1]}"
    rng = rng_for(seed, name, f"permutation {speakers}")
    rejected = 0
    for first in range(0, n_runs, AT_ONCE):
        pairs = [_two_cells(rng, settings, sizes, (WER, WER)) for _ in range(min(AT_ONCE, n_runs - first))]
        group, other = zip(*pairs, strict=True)
        purpose = f"permutation {name} {speakers} {first}"
        tests = permutation_test(group, other, n_draws=N_ARRANGEMENTS, seed=seed, purpose=purpose)
        rejected += sum(test.p is not None and test.p <= ALPHA for test in tests)
    return Row(
        ("two groups, studentised", name, speakers),
        (Share(rejected, n_runs, most=ALPHA if gated else None),),
    )


def swapped(setting: Setting, n_speakers: int, *, n_runs: int, seed: int) -> Row:
    """Rejections of the swap test of two tags within the same speakers, with one rate."""
    rng = rng_for(seed, setting.name, f"swap {n_speakers}")
    rejected = 0
    for first in range(0, n_runs, AT_ONCE):
        group: list[Cell] = []
        other: list[Cell] = []
        for _ in range(min(AT_ONCE, n_runs - first)):
            effects = draw_effects(rng, (n_speakers,), setting.sigma)
            for side in (group, other):
                words = draw_words(rng, (n_speakers,), setting)
                side.append(as_cell(draw_errors(rng, words, effects, WER, setting), words))
        purpose = f"swap {setting.name} {n_speakers} {first}"
        tests = swap_test(group, other, n_draws=N_ARRANGEMENTS, seed=seed, purpose=purpose)
        rejected += sum(test.p is not None and test.p <= ALPHA for test in tests)
    return Row(
        ("two tags within speakers", setting.name, str(n_speakers)), (Share(rejected, n_runs, most=ALPHA),)
    )


def omnibus(setting: Setting, n_speakers: int, *, n_groups: int = 7, n_runs: int, seed: int) -> Row:
    """Rejections of the omnibus test of several groups with one rate."""
    rng = rng_for(seed, setting.name, f"omnibus {n_groups} {n_speakers}")
    rejected = 0
    for first in range(0, n_runs, AT_ONCE):
        columns = [
            draw_cells(rng, setting, [(n_speakers, WER)] * n_groups)
            for _ in range(min(AT_ONCE, n_runs - first))
        ]
        purpose = f"omnibus {setting.name} {n_speakers} {first}"
        tests = omnibus_test(
            list(zip(*columns, strict=True)), n_draws=N_ARRANGEMENTS, seed=seed, purpose=purpose
        )
        rejected += sum(test.variance.p is not None and test.variance.p <= ALPHA for test in tests)
    return Row(
        (f"omnibus, {n_groups} groups", setting.name, f"{n_speakers} each"),
        (Share(rejected, n_runs, most=ALPHA),),
    )


def verdict_jobs(n_runs: int, seed: int) -> Iterator[Callable[[], Row]]:
    """Wrong verdicts: a disparity between equal groups, equivalence of groups at the margin."""
    margin = LIMITS.equivalence_ratio
    for setting in (LIGHT, MEDIUM, HEAVY, RUNAWAY):
        for n_speakers in (10, 20, 50):
            yield partial(
                verdicts, Verdict.DISPARITY, setting, (n_speakers, n_speakers), 1.0, n_runs=n_runs, seed=seed
            )
    for setting in (LIGHT, MEDIUM, RUNAWAY):
        for n_speakers in (30, 100):
            for ratio in (margin, 1 / margin):
                sizes = (n_speakers, n_speakers)
                yield partial(
                    verdicts, Verdict.EQUIVALENT, setting, sizes, ratio, n_runs=n_runs, seed=seed, most=ALPHA
                )
    for ratio in (margin, 1 / margin):
        yield partial(verdicts, Verdict.EQUIVALENT, UNEQUAL, (30, 300), ratio, n_runs=n_runs, seed=seed)


def verdict_table(rows: list[Row]) -> Table:
    """The rows of `verdict_jobs`."""
    return Table(
        "Wrong verdicts",
        f"`equivalent` where the true ratio is the margin, {LIMITS.equivalence_ratio:g} or its inverse: "
        "asked, at most .05 with as many speakers on either side; 30 beside 300 is printed only. `disparity` "
        "where it is 1: what the intervals above leave, printed only.",
        ("verdict", "setting", "speakers", "true ratio", "given"),
        rows,
    )


def verdicts(
    verdict: Verdict,
    setting: Setting,
    sizes: tuple[int, int],
    ratio: float,
    *,
    least: float | None = None,
    most: float | None = None,
    n_runs: int,
    seed: int,
) -> Row:
    """How often `verdict` is given to two groups whose rates have the true `ratio`."""
    speakers = f"{sizes[0]} and {sizes[1]}"
    rng = rng_for(seed, setting.name, f"verdict {verdict} {speakers} {ratio:.6f}")
    # Runaway utterances add the same to both rates: the group's own rate makes up for it.
    rates = (ratio * setting.truth(WER) - setting.truth(0.0), WER)
    given = 0
    for _ in range(n_runs):
        cells = _two_cells(rng, (setting, setting), sizes, rates)
        interval = bonferroni(wer_ratio(*cells), LIMITS.confidence, 1)
        found = judge(interval, *cells, limits=LIMITS)
        given += found.verdict is verdict
    return Row(
        (verdict.value, setting.name, speakers, f"{ratio:.3f}"),
        (Share(given, n_runs, least=least, most=most),),
    )


def power_jobs(n_runs: int, seed: int) -> Iterator[Callable[[], Row]]:
    """Verdicts at the ratios, and with the speakers, that `planning.power` promises to suffice."""
    for setting in (LIGHT, MEDIUM, HEAVY):
        for sizes in ((10, 10), (20, 20), (50, 50), (10, 40), (40, 10), (15, 100)):
            for family_size in (1, 6):
                forecaster = Forecaster(_assumed(setting), family_size=family_size)
                ratio = forecaster.smallest_ratio(_expected(setting, *sizes))
                if ratio is not None:
                    yield partial(promised, setting, sizes, ratio, family_size, n_runs=n_runs, seed=seed)
    for setting in (LIGHT, MEDIUM):
        needed = speakers_needed(partial(_equivalence_power, setting), LIMITS.min_speakers_equivalent)
        if needed is not None:
            # Where the rule of at least so many speakers binds, the power is above what was asked.
            most = None if needed == LIMITS.min_speakers_equivalent else POWER + POWER_SLACK
            yield partial(
                verdicts,
                Verdict.EQUIVALENT,
                setting,
                (needed, needed),
                1.0,
                least=POWER - POWER_SLACK,
                most=most,
                n_runs=n_runs,
                seed=seed,
            )


def _equivalence_power(setting: Setting, n_speakers: int) -> float:
    sample = _expected(setting, n_speakers, n_speakers)
    return Forecaster(_assumed(setting)).equivalence_power(sample, LIMITS.equivalence_ratio)


def promised(
    setting: Setting,
    sizes: tuple[int, int],
    ratio: float,
    family_size: int,
    *,
    n_runs: int,
    seed: int,
) -> Row:
    """How often the simultaneous interval excludes 1 at a promised ratio.

    Not how often the verdict is `disparity`: many speakers may show that a ratio is above 1 and yet within
    the margin, which is `equivalent`, with a small difference.
    """
    speakers = f"{sizes[0]} and {sizes[1]}"
    rng = rng_for(seed, setting.name, f"power {speakers} {family_size}")
    seen = 0
    for _ in range(n_runs):
        cells = _two_cells(rng, (setting, setting), sizes, (ratio * WER, WER))
        bounds = bonferroni(wer_ratio(*cells), LIMITS.confidence, family_size).bounds
        seen += bounds is not None and not bounds[0] <= 1 <= bounds[1]
    return Row(
        (f"difference, {family_size} compared", setting.name, speakers, f"{ratio:.3f}"),
        (Share(seen, n_runs, least=POWER - POWER_SLACK, most=POWER + POWER_SLACK),),
    )


def power_table(rows: list[Row]) -> Table:
    """The rows of `power_jobs`."""
    return Table(
        "Realised power at what `plan` promises",
        f"The smallest ratio that `plan` names for these speakers, or the speakers that it asks for "
        f"equivalence, with the true spread assumed. Asked: within .05 of {POWER:g}. "
        f"Equivalence needs {LIMITS.min_speakers_equivalent} speakers whatever its power, which may then be "
        "higher.",
        ("found", "setting", "speakers", "true ratio", "share"),
        rows,
    )


def _assumed(setting: Setting) -> Assumptions:
    return Assumptions(
        wer=WER, speaker_sigma=setting.sigma, dispersion=setting.dispersion, source="the truth"
    )


def _expected(setting: Setting, n_group: int, n_other: int) -> Sample:
    group, other = (Side.expected(each, setting.words, setting.cv) for each in (n_group, n_other))
    return Sample(group, other)


def _two_cells(
    rng: np.random.Generator,
    settings: tuple[Setting, Setting],
    sizes: tuple[int, int],
    rates: tuple[float, float],
) -> tuple[Cell, Cell]:
    group = draw_cell(rng, sizes[0], rates[0], settings[0])
    return group, draw_cell(rng, sizes[1], rates[1], settings[1], first_speaker=sizes[0])
