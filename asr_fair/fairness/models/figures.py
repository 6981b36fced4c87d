"""What fitted models say of each group, in rows of the results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.special import stdtr

from asr_fair.fairness.model_status import Label, ModelName, ModelStatus
from asr_fair.fairness.models.fit import Fit, Ratio
from asr_fair.fairness.results import ModelRow


@dataclass(frozen=True, slots=True)
class RowMaker:
    """Turns fits of one system under one condition (None: all) into rows."""

    dimension: str
    versus: str
    condition: str | None
    system: str
    normaliser: str
    unit: Literal["totals", "utterances"]
    identified: bool
    confidence: float

    def fitted(self, name: ModelName, fit: Fit, adjusted_for: tuple[str, ...]) -> Iterator[ModelRow]:
        """A row for each group but the reference."""
        spread = fit.spread
        whole_fit = {
            "method": f"{fit.method}-t",
            "n_speakers": fit.n_speakers if self.identified else None,
            "n_rows": fit.n_rows,
            "n_words": fit.n_words,
            "dropped_without_words": fit.dropped.without_words,
            "dropped_errors": fit.dropped.errors_without_words,
            "dropped_incomplete": fit.dropped.incomplete,
            "dispersion": fit.dispersion,
            "sigma": None if spread is None else spread.sd_log,
            "sigma_p": None if spread is None else spread.p,
            "log_likelihood": fit.log_likelihood,
        }
        for ratio in fit.groups:
            yield self._row(name, ratio.term, adjusted_for, self._of_group(ratio) | whole_fit)

    def not_fitted(
        self, name: ModelName, groups: Sequence[str], why: ModelStatus, adjusted_for: tuple[str, ...]
    ) -> Iterator[ModelRow]:
        """A row for each group that says why there is no figure."""
        for group in groups:
            yield self._row(name, group, adjusted_for, {"status": why})

    def _of_group(self, ratio: Ratio) -> dict[str, object]:
        low, high = ratio.bounds(self.confidence) or (None, None)
        unknown = ratio.status is ModelStatus.ONE_SPEAKER and not self.identified
        return {
            "ratio": ratio.value,
            "low": low,
            "high": high,
            "se": ratio.se_log,
            "df": ratio.df,
            "p_value": two_sided_p(ratio),
            "status": ModelStatus.NO_SPEAKERS if unknown else ratio.status,
        }

    def _row(
        self, name: ModelName, group: str, adjusted_for: tuple[str, ...], found: dict[str, object]
    ) -> ModelRow:
        row = {
            "dimension": self.dimension,
            "group": group,
            "versus": self.versus,
            "condition": self.condition,
            "system": self.system,
            "normaliser": self.normaliser,
            "model": name,
            "scale": Label.MARGINAL if name is ModelName.CLUSTERED else Label.CONDITIONAL,
            "adjusted_for": adjusted_for,
            "rows": self.unit,
        }
        return ModelRow.model_validate(row | found)


def two_sided_p(ratio: Ratio) -> float | None:
    """P-value of ratio = 1 by t with the ratio's degrees of freedom; None where there is no interval."""
    if ratio.log_ratio is None or ratio.se_log is None or ratio.df is None:
        return None
    return 2.0 * float(stdtr(ratio.df, -abs(ratio.log_ratio) / ratio.se_log))
