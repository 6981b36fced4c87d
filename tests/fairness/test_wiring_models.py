"""Models reach the findings: what they are fitted to, adjusted for, and why one is not there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from fairness_tables import ACCENT, HEADLINE, figure, no_losses, tables, utterance

from asr_fair.config import Plan, Reference
from asr_fair.errors import FaultsError
from asr_fair.fairness.analyse import Findings, analyse
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.model_status import Label, ModelName, ModelStatus
from asr_fair.fairness.models import choice as model_choice
from asr_fair.fairness.results import ModelRow

HANDSET = Dimension("handset", "Handset", "device_log", level="utterance")
REFERENCES = {"accent": Reference(group="Irish", reason="largest")}


def spoken(
    speaker: str | None, accent: str, errors: int, handset: str = "wide", **changes: object
) -> dict[str, object]:
    """An utterance, heard under two conditions."""
    row = utterance(speaker, [accent], {"clean": errors, "hum": 2 * errors + 1}) | changes
    return row | {"handset": (handset,)}


def found(
    rows: Sequence[dict[str, object]],
    *,
    order: Sequence[int] | None = None,
    **plan: object,
) -> Findings:
    counts, people = tables(rows)
    people["handset"] = [row["handset"] for row in rows]
    if order is not None:
        counts = counts.iloc[::-1]
        people = people.iloc[list(order)]
    return analyse(
        counts,
        people,
        no_losses(),
        (ACCENT, HANDSET),
        Plan.model_validate({"dimensions": ("accent",), "references": REFERENCES} | plan),
        headline=HEADLINE,
        expected=[("clean", "tiny"), ("hum", "tiny")],
    )


def row(
    findings: Findings,
    group: str = "Welsh",
    condition: str | None = "clean",
    model: ModelName = ModelName.CLUSTERED,
    *,
    adjusted: bool = False,
) -> ModelRow:
    key = (group, condition, model, adjusted)
    (one,) = (
        each
        for each in findings.models
        if (each.group, each.condition, each.model, bool(each.adjusted_for)) == key
    )
    return one


def two_accents(n_speakers: int = 12) -> list[dict[str, object]]:
    rng = np.random.default_rng(4)
    return [
        spoken(f"{accent}{n}", accent, int(rng.integers(2, 30)), handset)
        for accent in ("Irish", "Welsh")
        for n in range(n_speakers)
        for handset in ("wide", "phone")
    ]


def by_handset(wide: int, phone: int) -> list[dict[str, object]]:
    """The phone makes three times the errors; one accent is mostly on it, the other hardly."""
    rng = np.random.default_rng(8)
    share = {"Irish": (wide, phone), "Welsh": (phone, wide)}
    return [
        spoken(f"{accent}{n}", accent, int(rng.poisson(errors)), handset)
        for accent, numbers in share.items()
        for n in range(12)
        for handset, errors, number in zip(("wide", "phone"), (8, 24), numbers, strict=True)
        for _ in range(number)
    ]


def test_unadjusted_ratio_is_the_pooled_ratio_with_insertions_of_empty_references():
    rows = two_accents()
    rows += [spoken(f"{accent}0", accent, errors, words=0) for accent, errors in (("Irish", 3), ("Welsh", 9))]
    findings = found(rows)
    for condition in ("clean", "hum"):
        ratio = figure(findings, "Welsh", "wer_ratio", condition).value
        assert row(findings, condition=condition).ratio == pytest.approx(ratio, abs=1e-9)
    one = row(findings)
    assert (one.scale, one.rows, one.adjusted_for, one.versus) == (Label.MARGINAL, "totals", (), "Irish")
    assert (one.n_speakers, one.n_rows, one.n_words, one.df) == (24, 24, 4800, 22)
    assert one.p_value < 1
    assert one.method == "poisson-mancl-derouen-effective-t"


def test_over_all_conditions_the_ratio_is_of_all_errors():
    rows = two_accents()
    errors = {
        accent: sum(sum(each["errors"].values()) for each in rows if each["accent"] == (accent,))
        for accent in ("Irish", "Welsh")
    }
    one = row(found(rows), condition=None)
    assert one.ratio == pytest.approx(errors["Welsh"] / errors["Irish"], abs=1e-12)
    assert (one.n_rows, one.n_words, one.df) == (24, 9600, 22)


def test_mixed_models_stand_beside_with_the_spread_of_speakers():
    findings = found(two_accents())
    for model in (ModelName.GAMMA, ModelName.NORMAL):
        one = row(findings, model=model)
        assert (one.scale, one.status) == (Label.CONDITIONAL, ModelStatus.OK)
        assert one.low < one.ratio < one.high
        assert 0 < one.sigma < 1.5
        assert one.sigma_p < 0.05
    assert row(findings).dispersion > 1
    assert row(findings).sigma is None


def test_planted_confounder_is_removed_by_adjusting_and_the_row_says_so():
    findings = found(by_handset(wide=5, phone=1), covariates={"accent": ("handset",)})
    for model in ModelName:
        alone, adjusted = (row(findings, model=model, adjusted=each) for each in (False, True))
        assert alone.low > 1.4
        assert adjusted.adjusted_for == ("handset",)
        assert adjusted.ratio == pytest.approx(1, abs=0.08)
        assert adjusted.low < 1 < adjusted.high
    # Of each speaker a row for each handset.
    assert row(findings, adjusted=True).n_rows == 48


def test_covariate_that_is_the_group_by_another_name_has_a_status_and_no_ratio():
    findings = found(by_handset(wide=3, phone=0), covariates={"accent": ("handset",)})
    adjusted = row(findings, adjusted=True)
    assert (adjusted.ratio, adjusted.status) == (None, ModelStatus.RANK_DEFICIENT)
    assert row(findings).status is ModelStatus.OK


def test_rows_without_a_known_covariate_are_counted_and_leave_both_sides():
    rows = two_accents()
    rows += [spoken(f"Irish{n}", "Irish", 60, "unknown") for n in range(2)]
    findings = found(rows, covariates={"accent": ("handset",)})
    one = row(findings)
    assert (one.dropped_incomplete, one.dropped_without_words) == (2, 0)
    known = found(rows[:-2], covariates={"accent": ("handset",)})
    assert [one.ratio, row(findings, adjusted=True).ratio] == pytest.approx(
        [row(known).ratio, row(known, adjusted=True).ratio]
    )


def test_length_of_utterances_is_adjusted_for_by_utterance():
    rng = np.random.default_rng(6)
    rows = []
    for accent, longest in (("Irish", 4.0), ("Welsh", 12.0)):
        for n in range(10):
            for _ in range(12):
                duration_s = rng.uniform(2.0, longest)
                errors = int(rng.poisson(6 * np.exp(0.15 * duration_s)))
                rows.append(spoken(f"{accent}{n}", accent, errors, duration_s=duration_s))
    rows.append(spoken("Irish0", "Irish", 5, words=0))
    rows.append(spoken("Irish0", "Irish", 5, duration_s=np.nan))
    plan = {"covariates": {"accent": ("duration_s",)}, "mixed_models": "never"}
    findings = found(rows, **plan)
    alone, adjusted = row(findings), row(findings, adjusted=True)
    assert (adjusted.rows, adjusted.n_rows, adjusted.adjusted_for) == ("utterances", 240, ("duration_s",))
    assert (adjusted.dropped_without_words, adjusted.dropped_errors) == (1, 5)
    assert adjusted.dropped_incomplete == 1
    assert alone.low > 1.5
    assert adjusted.low < 1 < adjusted.high
    shuffled = found(rows, order=rng.permutation(len(rows)), **plan)
    assert shuffled.models == findings.models


def test_speaking_rate_is_reference_words_per_second():
    rng = np.random.default_rng(7)
    rows = [
        spoken(f"{accent}{n}", accent, int(rng.poisson(6 * np.exp(0.1 * rate))), duration_s=100 / rate)
        for accent, fastest in (("Irish", 3.0), ("Welsh", 12.0))
        for n in range(10)
        for rate in rng.uniform(1.0, fastest, 12)
    ]
    findings = found(rows, covariates={"accent": ("words_per_s",)}, mixed_models="never")
    assert row(findings).low > 1.2
    assert row(findings, adjusted=True).ratio == pytest.approx(1, abs=0.1)


def test_unknown_lengths_are_told_as_that():
    rows = [each | {"duration_s": np.nan} for each in two_accents()]
    one = row(found(rows, covariates={"accent": ("duration_s",)}))
    assert (one.ratio, one.status, one.dropped_incomplete) == (None, ModelStatus.COVARIATE_UNKNOWN, 48)


def test_several_labels_at_once_are_a_level_of_their_own():
    rows = two_accents()
    for each in rows[::4]:
        each["handset"] = ("wide", "phone")
    assert row(found(rows, covariates={"accent": ("handset",)}), adjusted=True).df == 24 - 4


def test_random_intercepts_are_not_fitted_where_a_speaker_is_in_several_groups():
    references = {"handset": Reference(group="wide", reason="largest")}
    findings = found(two_accents(), references=references, dimensions=None)
    assert {each.dimension for each in findings.models} == {"handset"}
    assert row(findings, "phone").status is ModelStatus.OK
    for model in (ModelName.GAMMA, ModelName.NORMAL):
        one = row(findings, "phone", model=model)
        assert (one.ratio, one.n_rows, one.status) == (None, None, ModelStatus.WITHIN_SPEAKERS)


def test_with_many_speakers_random_intercepts_are_fitted_where_the_plan_asks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(model_choice, "MOST_SPEAKERS", 23)
    rows = two_accents()
    assert row(found(rows), model=ModelName.GAMMA).status is ModelStatus.TOO_MANY_SPEAKERS
    asked = found(rows, mixed_models="always")
    assert row(asked, model=ModelName.GAMMA).status is ModelStatus.OK
    assert {each.model for each in found(rows, mixed_models="never").models} == {ModelName.CLUSTERED}


def test_without_speakers_there_is_a_ratio_and_no_interval():
    rows = [each | {"speaker": None} for each in two_accents()]
    findings = found(rows)
    one = row(findings)
    assert one.ratio == pytest.approx(figure(findings, "Welsh", "wer_ratio").value)
    assert (one.low, one.n_speakers, one.status) == (None, None, ModelStatus.NO_SPEAKERS)
    assert row(findings, model=ModelName.NORMAL).status is ModelStatus.NO_SPEAKERS


def test_groups_without_errors_or_words_and_reserved_groups_have_their_status_or_no_row():
    rows = [*two_accents(3), *(spoken(f"x{n}", "Scots", 0) | {"errors": {"clean": 0}} for n in range(3))]
    rows += [spoken(f"y{n}", "declined", 5) for n in range(3)]
    findings = found(rows)
    assert {each.group for each in findings.models} == {"Welsh", "Scots"}
    assert row(findings, "Scots").status is ModelStatus.NO_ERRORS
    assert row(findings, "Scots", "hum").status is ModelStatus.NO_REFERENCE_WORDS
    silent = found([each | {"words": 0} for each in two_accents(2)])
    assert {each.status for each in silent.models} == {ModelStatus.NO_REFERENCE_WORDS}


def test_no_reference_no_model():
    assert found(two_accents(3), references={}).models == ()


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"covariates": {"accent": ("hanset",)}}, "unknown covariate 'hanset'. Did you mean 'handset'?"),
        ({"covariates": {"acent": ("handset",)}}, "unknown dimension 'acent'. Did you mean 'accent'?"),
        ({"covariates": {"accent": ("accent",)}}, "'accent' is what is compared here"),
        ({"covariates": {"accent": ("handset",)}, "references": {}}, "a model needs a reference"),
    ],
)
def test_plan_that_cannot_be_adjusted_for_is_refused(plan: dict[str, object], message: str):
    with pytest.raises(FaultsError, match="plan: covariates") as caught:
        found(two_accents(2), **plan)
    assert message in str(caught.value)


def test_order_of_rows_does_not_matter():
    rows = two_accents()
    order = np.random.default_rng(2).permutation(len(rows))
    plan = {"covariates": {"accent": ("handset",)}, "faas": True}
    ordered, shuffled = found(rows, **plan), found(rows, order=order, **plan)
    assert pd.DataFrame(map(dict, ordered.models)).equals(pd.DataFrame(map(dict, shuffled.models)))
    assert ordered.faas == shuffled.faas
