"""What the models say, and what they do not, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from asr_fair.fairness.model_status import ModelName, ModelStatus
from asr_fair.fairness.results import ModelRow
from asr_fair.report import wording
from asr_fair.report.redact import Shown

STATUS_WORDS = {
    ModelStatus.OK: "",
    ModelStatus.NO_REFERENCE_WORDS: "no reference words",
    ModelStatus.COVARIATE_UNKNOWN: "what is adjusted for is not known",
    ModelStatus.NO_ERRORS: "no errors",
    ModelStatus.NO_COMPARISON: "no comparison possible",
    ModelStatus.RANK_DEFICIENT: "cannot be told apart from what is adjusted for",
    ModelStatus.ONE_SPEAKER: "rests on one speaker: no interval",
    ModelStatus.TOO_FEW_SPEAKERS: "too few speakers: no interval",
    ModelStatus.NO_INTERVAL: "spread cannot be estimated: no interval",
    ModelStatus.NOT_CONVERGED: "no estimate found",
    ModelStatus.NO_SPEAKERS: "no speaker labels: no interval",
    ModelStatus.WITHIN_SPEAKERS: "not fitted: speakers are in several groups",
    ModelStatus.TOO_MANY_SPEAKERS: "not fitted: so many speakers; the plan can ask for it",
}
COVARIATE_WORDS = {"duration_s": "length of the utterance", "words_per_s": "speaking rate"}

FITS_NOTE = (
    "Dispersion: 1 where every error falls by itself; above it errors come in bursts or speakers differ, and "
    "intervals that take each error by itself would be too narrow by its square root. The marginal ones do "
    "not. Spread of speakers: standard deviation of the logarithm of the WER between speakers of one group "
    "(at 0.40, two speakers in three are within 1.5 times of the middle), with the p-value of no difference."
)
MARGINAL_NOTE = (
    "Marginal: how many times as many errors the group's words have as those of the other side, all speakers "
    "pooled; unadjusted, with nobody left out, it is the pooled ratio, and only its interval is made in "
    "another way."
)
CONDITIONAL_NOTE = (
    "Conditional: how many times as many errors one speaker has as another who is in the other group and "
    "otherwise as easy to recognise. Speakers count more evenly than in a pool, where who says most counts "
    "most; gamma and normal are two assumptions about how speakers differ, and a conclusion should hold "
    "under both."
)
ALL_CONDITIONS_NOTE = (
    "All conditions together: an average over the conditions of this run, in which the hardest count most."
)
UTTERANCES_NOTE = (
    "A number of each utterance is adjusted for, so these models rest on single utterances; those without "
    "reference words are left out, and with them what was inserted there."
)


def model_notes(shown: Shown, rows: Sequence[ModelRow]) -> list[str]:
    """What a reader must know before reading the ratios of one dimension."""
    models = {one.model for one in rows}
    confidence = f"{100 * shown.results.plan.thresholds.confidence:g}{wording.NBSP}%"
    adjusted_for = next((one.adjusted_for for one in rows if one.adjusted_for), ())
    has = {
        f"Brackets: {confidence} interval of each ratio by itself; verdicts do not rest on models.": True,
        MARGINAL_NOTE: True,
        CONDITIONAL_NOTE: len(models) > 1,
        _adjusted_note(adjusted_for): bool(adjusted_for),
        UTTERANCES_NOTE: any(one.rows == "utterances" for one in rows),
        ALL_CONDITIONS_NOTE: any(one.condition is None for one in rows),
    }
    return [note for note, holds in has.items() if holds]


def adjusting_words(shown: Shown, dimension: str, group: str, condition: str, system: str) -> str:
    """That adjusting changes on which side of 1 the marginal interval lies; empty where it does not."""
    place = (dimension, group, condition, system, ModelName.CLUSTERED)
    found = {
        bool(one.adjusted_for): one
        for one in shown.models
        if (one.dimension, one.group, one.condition, one.system, one.model) == place
    }
    alone, adjusted = found.get(False), found.get(True)
    if alone is None or adjusted is None:
        return ""
    sides = _excluded_side(alone), _excluded_side(adjusted)
    if None in sides or sides[0] == sides[1]:
        return ""
    return (
        f"Adjusted for {covariate_words(adjusted.adjusted_for)} it is {_ratio_words(adjusted)}; by the same "
        f"model without adjusting, {_ratio_words(alone)}."
    )


def covariate_words(names: Sequence[str]) -> str:
    """Covariates as a sentence names them."""
    words = [COVARIATE_WORDS.get(name, name.replace("_", " ")) for name in names]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _adjusted_note(names: Sequence[str]) -> str:
    if not names:
        return ""
    return (
        f"Adjusted: the ratio where {covariate_words(names)} is the same on both sides, as far as the groups "
        "overlap in it. That the ratio changes says that this goes together with the group in this data, not "
        "what brings the errors about, and nothing about what was not adjusted for. Where it is not known, "
        "recordings are left out, of the unadjusted ratios too, so that the two compare. What belongs to "
        "being in a group, such as the words of its dialect, must not be adjusted for: it would explain the "
        "gap away."
    )


def _excluded_side(one: ModelRow) -> int | None:
    """1 or −1 where the interval lies above or below 1, 0 where it holds it; None without an interval.

    By the bounds as they are written: a reader sees no difference between 1 and 1.00.
    """
    if one.low is None or one.high is None:
        return None
    return int(round(one.low, 2) > 1) - int(round(one.high, 2) < 1)


def _ratio_words(one: ModelRow) -> str:
    verb = "excludes" if _excluded_side(one) else "includes"
    bounds = wording.interval(one.low, one.high, wording.ratio_number)
    return f"{wording.ratio_number(one.ratio or 0.0)} times as many {bounds}, which {verb} 1"
