"""How a gate's figures, limits and reasons are written: alike in the terminal, in XML and in Markdown."""

from __future__ import annotations

from asr_fair.policy import PERCENT, POINTS, TIMES, Measure
from asr_fair.report import wording
from asr_fair.report.gate.outcome import Check, Outcome, RuleOutcome

MEASURES = {
    Measure.GROUP_WER: "WER of each group",
    Measure.HIGHEST_WER: "WER of the group with the highest",
    Measure.EVERYONE_WER: "WER of everyone together",
    Measure.RUNAWAY: "transcripts that ran away, of each group",
    Measure.GAP: "gap in WER of each group",
    Measure.RATIO: "ratio of WER of each group",
    Measure.TOLERANCE: "lowest usable SNR of each group",
    Measure.TOLERANCE_DIFFERENCE: "how much cleaner audio a group needs",
    Measure.LOSSES: "utterances without a transcript",
}

_FEW, _MANY = 1, 4
"""Decimals of a figure, and of one that would otherwise look like the limit it is not."""


def amount(value: float, unit: str, decimals: int = _FEW) -> str:
    """A figure with its unit: 0.1234 → '12.3 %'; differences are signed."""
    if unit == TIMES and value >= wording.LARGEST_RATIO:
        return wording.ratio(value)
    if unit == PERCENT and value >= wording.LARGEST_RATE:
        return wording.percent(value)
    scaled = 100 * value if unit in (PERCENT, POINTS) else value
    places = decimals + 1 if unit == TIMES else decimals
    text = f"{scaled:+.{places}f}" if unit == POINTS else f"{scaled:.{places}f}"
    if not any(digit in text for digit in "123456789"):
        text = text.lstrip("+-")
    text = text.replace("-", wording.MINUS)
    return f"{text}×" if unit == TIMES else f"{text}{wording.NBSP}{unit}"


def limit_words(rule: RuleOutcome) -> str:
    """A limit as people wrote it: '25 %', 'at most 1 point worse than the baseline'."""
    scaled = 100 * rule.limit if rule.unit in (PERCENT, POINTS) else rule.limit
    number = f"{scaled:.10g}".replace("-", wording.MINUS)
    unit = "point" if rule.unit == POINTS and number == "1" else rule.unit
    text = f"{number}×" if unit == TIMES else f"{number}{wording.NBSP}{unit}"
    return f"at most {text} more than in the baseline run" if rule.against_baseline else f"at most {text}"


def beside(value: float, rule: RuleOutcome) -> str:
    """A bound beside its limit: with more decimals where rounding would make the two look alike."""
    text = amount(value, rule.unit)
    alike = text == amount(rule.limit, rule.unit) and value != rule.limit
    return amount(value, rule.unit, _MANY) if alike else text


def figure_words(check: Check, rule: RuleOutcome) -> str:
    """The value with its interval: '28.4 % [16.4 to 49.3]'; empty where nothing may be shown."""
    unit = rule.unit
    if check.value is None and check.beyond is None:
        return ""
    if check.value is not None:
        text = amount(check.value, unit)
    else:
        side = "above" if check.beyond_above else "below"
        text = f"{side} {amount(check.beyond or 0.0, unit)}"

    def number(bound: float) -> str:
        return amount(bound, unit).removesuffix(f"{wording.NBSP}{unit}").removesuffix("×")

    between = wording.interval(check.low, check.high, number)
    if between.startswith("at "):
        between = f"({between})"
    return f"{text} {between}".strip()


def why(check: Check, rule: RuleOutcome) -> str:
    """Which side of the interval decided, or why none does."""
    limit = amount(rule.limit, rule.unit)
    many = "both places" if rule.n_together == 2 else f"all {rule.n_together} places"
    together = f" in {many} together" if rule.n_together > 1 else ""
    if check.outcome is Outcome.PASS and check.high is not None:
        return f"upper bound {beside(check.high, rule)} is within the limit"
    low = check.low_together
    if check.outcome is Outcome.FAIL and low is not None:
        return f"lower bound {beside(low, rule)}{together} is beyond the limit"
    if low is not None and check.low is not None and check.low > rule.limit:
        return (
            f"beyond the limit if looked at alone (lower bound {beside(check.low, rule)}), "
            f"but not{together} (lower bound {beside(low, rule)})"
        )
    if check.low is None or check.high is None:
        return f"the interval has one end only, and {limit} is not outside it"
    lower = "the lower bound" if low is None else f"lower bound {beside(low, rule)}{together}"
    return f"upper bound {beside(check.high, rule)} is beyond the limit, {lower} is not"


def counts_words(rule: RuleOutcome) -> str:
    """How many places came to what: '2 fail, 1 cannot tell, 11 pass'."""
    return ", ".join(
        f"{rule.count(outcome)} {outcome.in_words}" for outcome in Outcome if rule.count(outcome)
    )
