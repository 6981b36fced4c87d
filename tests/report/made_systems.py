"""Two systems compared, made by hand: for tests of how it is told."""

from __future__ import annotations

from collections.abc import Iterator

from made_results import CLEAN_ONLY, make_results

from asr_fair.fairness.results import (
    GapDifference,
    MatchedPairsRow,
    Results,
    SystemComparison,
    SystemDifference,
    Verdict,
)
from asr_fair.records import EVERYONE, OVERALL, REST

NAMES = ("tiny", "base")


def compared(**changes: object) -> Results:
    """A run of two systems, with their comparison in every group."""
    results = make_results(systems=NAMES, **{"rendered": CLEAN_ONLY} | changes)
    return results.model_copy(
        update={
            "system_comparisons": tuple(_rows(results)),
            "matched_pairs": tuple(
                MatchedPairsRow(
                    dimension=row.dimension,
                    group=row.group,
                    condition=row.condition,
                    system=row.system,
                    other_system=row.other_system,
                    normaliser=row.normaliser,
                    n_segments=413 + row.n_words,
                    n_errors=291,
                    n_errors_other=207,
                    mean=0.203,
                    sd=0.611,
                    z=6.752,
                    p_value=0.0000001,
                )
                for row in _rows(results)
            ),
        }
    )


def _rows(results: Results) -> Iterator[SystemComparison]:
    """The second system makes a fifth fewer errors; each group's gap differs by its own amount."""
    wers = [f for f in results.figures if f.measure == "wer" and f.normaliser == results.normalisers[0]]
    references = {each.name: each.reference or REST for each in results.dimensions}
    words = {(each.name, g.name): g.n_words for each in results.dimensions for g in each.groups}
    for figure in wers:
        if figure.system != NAMES[0]:
            continue
        place = (figure.dimension, figure.group)
        versus = references.get(figure.dimension)
        is_compared = versus not in (None, figure.group) and figure.group not in ("declined", "unknown")
        yield SystemComparison(
            dimension=place[0],
            group=place[1],
            condition=figure.condition,
            system=NAMES[0],
            other_system=NAMES[1],
            normaliser=figure.normaliser,
            wer=figure.value,
            other_wer=0.8 * figure.value,
            difference=_difference(0.2 * figure.value),
            gap_difference=_gap(0.1 * figure.value, versus, words) if is_compared else None,
            verdict=None if figure.group in ("declined", "unknown") else Verdict.DISPARITY,
            reason="simultaneous 95 % interval 1.06 to 1.47 excludes 1",
            ratio=1.25,
            low=1.06,
            high=1.47,
            method="jackknife-log-t-max-t",
            family_size=6,
            p_value=0.0021,
            p_method="sign-flip-permutation-exact",
            p_adjusted=0.0127,
            n_speakers=figure.n_speakers,
            n_speakers_fewer=3,
            n_speakers_more=9,
            n_utterances=figure.n_utterances,
            n_unpaired=17 if place == (OVERALL, EVERYONE) else 0,
            n_words=figure.n_words,
        )


def _difference(value: float) -> SystemDifference:
    return SystemDifference(
        value=value,
        low=0.6 * value,
        high=1.4 * value,
        method="jackknife-t",
        bootstrap_low=0.61 * value,
        bootstrap_high=1.39 * value,
        bootstrap_method="bootstrap-percentile",
    )


def _gap(value: float, versus: str, words: dict[tuple[str, str], int]) -> GapDifference:
    return GapDifference(
        **_difference(value).model_dump(),
        versus=versus,
        gap=3 * value,
        other_gap=2 * value,
        n_speakers=12,
        n_words=words.get(("accent", versus), 5000),
        simultaneous_low=0.4 * value,
        simultaneous_high=1.6 * value,
        simultaneous_method="jackknife-welch-max-t",
        family_size=5,
    )
