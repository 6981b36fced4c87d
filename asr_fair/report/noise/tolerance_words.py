"""Tolerances in plain words: from which SNR on a group is understood, and how much cleaner that is."""

from __future__ import annotations

from asr_fair.fairness.results import Figure, Status
from asr_fair.records import Decibels
from asr_fair.report import wording


def limit_words(limit: float) -> str:
    """The limit w* in percent: '30 %', '7.5 %'."""
    return f"{100 * limit:g}{wording.NBSP}%"


def reached_words(figure: Figure, limit: float) -> str:
    """Where a group's WER comes down to the limit, as it stands in a sentence that names the group."""
    if figure.censored_at is not None:
        at = wording.decibels(figure.censored_at)
        if figure.status is Status.BELOW_RANGE:
            return f"within {limit_words(limit)} at every SNR heard (≥{wording.NBSP}{at})"
        return f"above {limit_words(limit)} even at {at}"
    if figure.value is None:
        return wording.STATUS_WORDS[figure.status] or wording.NOT_COMPUTED
    return f"reaches {limit_words(limit)} WER at {_decibels(figure.value)}"


def reached_bounds(figure: Figure) -> str:
    """The interval of a tolerance, one-sided where it has one end, or why there is none."""
    if figure.censored_at is not None and figure.censored_at in (figure.low, figure.high):
        # What is known of the value is all that the interval says, too.
        return ""
    return _bounds(figure, wording.tenths)


def apart_words(figure: Figure) -> str:
    """How much cleaner the audio must be for a group than for what it is compared with."""
    if figure.censored_at is not None:
        least = _decibels(abs(figure.censored_at))
        if figure.status is Status.ABOVE_RANGE:
            return f"needs over {least} cleaner audio"
        return f"bears over {least} more noise"
    if figure.value is None:
        if figure.status is Status.NO_COMPARISON:
            return "cannot be compared at the SNRs heard"
        return wording.STATUS_WORDS[figure.status] or wording.NOT_COMPUTED
    if wording.tenths(figure.value) == wording.tenths(0.0):
        return "the same"
    amount = _decibels(abs(figure.value))
    return f"needs {amount} cleaner audio" if figure.value > 0 else f"bears {amount} more noise"


def apart_bounds(figure: Figure) -> str:
    """The interval of a difference; it says so unless there is a difference throughout."""
    if figure.value is None and figure.censored_at is None:
        return ""
    is_above = figure.low is not None and figure.low > 0
    is_below = figure.high is not None and figure.high < 0
    text = _bounds(figure, wording.signed_tenths)
    return text if is_above or is_below else f"{text}; may be none"


def tolerance_words(figure: Figure, difference: Figure | None, limit: float) -> str:
    """A group's tolerance and how it differs from the other side, in one line."""
    parts = [_with_bounds(reached_words(figure, limit), reached_bounds(figure))]
    if difference is not None:
        apart = _with_bounds(apart_words(difference), apart_bounds(difference))
        parts.append(f"to {wording.versus_words(difference.versus or '')}: {apart}")
    return "; ".join(parts)


def _with_bounds(words: str, bounds: str) -> str:
    return f"{words} [{bounds.strip('[]')}]" if bounds else words


def _bounds(figure: Figure, number: wording.Formatter) -> str:
    """The interval, or why there is none; a censored figure has its status in words already."""
    known = wording.interval(figure.low, figure.high, number)
    if known or (figure.value is None and figure.censored_at is None):
        return known
    return "no bound known" if figure.value is None else wording.STATUS_WORDS[figure.status]


def _decibels(value: Decibels) -> str:
    return f"{wording.tenths(value)}{wording.NBSP}dB"
