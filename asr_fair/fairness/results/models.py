"""The rows of models, and of FAAS."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from asr_fair.fairness.model_status import Label, ModelName, ModelStatus
from asr_fair.validation import Strict


class ModelRow(Strict):
    """A group's ratio to the reference by one model, as it is or adjusted for what else differs.

    Fields from `method` on are of the whole fit, in which all declared groups are.
    """

    dimension: str
    group: str
    versus: str
    condition: str | None = Field(description="None: all conditions of the run together")
    system: str
    normaliser: str
    model: ModelName
    scale: Label
    adjusted_for: tuple[str, ...] = Field(description="covariates; none: the groups alone")
    rows: Literal["totals", "utterances"] = Field(description="what one row of the fit is")
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    se: float | None = Field(default=None, description="standard error of ln ratio")
    df: float | None = Field(
        default=None,
        description="of the t that interval and p-value rest on: of the clustered model, effective speakers "
        "of this ratio less 1 (files of before: K − rank); of the others, K − rank",
    )
    p_value: float | None = Field(default=None, description="that the ratio is 1; of this model alone")
    status: ModelStatus
    method: str | None = None
    n_speakers: int | None = None
    n_rows: int | None = None
    n_words: int | None = None
    dropped_without_words: int | None = Field(default=None, description="rows without reference words")
    dropped_errors: int | None = Field(default=None, description="errors in those rows")
    dropped_incomplete: int | None = Field(default=None, description="rows with an unknown covariate")
    dispersion: float | None = Field(default=None, description="Pearson's X²/(n − p) of the primary model")
    sigma: float | None = Field(default=None, description="standard deviation of ln WER between speakers")
    sigma_p: float | None = Field(default=None, description="that speakers do not differ (½χ²₀ + ½χ²₁)")
    log_likelihood: float | None = None


class FaasRow(Strict):
    """FAAS, to compare with ASR-FairBench only; without a score where groups do not differ at all."""

    dimension: str = Field(description="'overall': the mean over all dimensions")
    condition: str
    system: str
    normaliser: str
    category: float | None = Field(default=None, description="Σ p_g Raw_g; of one dimension")
    p_value: float | None = Field(default=None, description="of the likelihood-ratio test between groups")
    adjusted: float | None = Field(default=None, description="category, times p/.05 where p is below .05")
    value: float | None = Field(default=None, description="10 log10(adjusted / WER in percent)")
