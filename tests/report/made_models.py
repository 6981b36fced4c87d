"""Rows of models and of FAAS, made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from asr_fair.fairness.model_status import Label, ModelName, ModelStatus
from asr_fair.fairness.results import ConditionInfo, FaasRow, ModelRow
from asr_fair.records import OVERALL

SYSTEM = "whisper-tiny.en"
COMMON = {"system": SYSTEM, "normaliser": "whisper_en"}
N_ROWS = 67_891
SIGMA = 0.4321
FAAS = 6.99


def make_models(
    groups: Iterable[str],
    conditions: Sequence[ConditionInfo],
    *,
    versus: str = "Irish",
    adjusted_for: tuple[str, ...] = ("handset", "duration_s"),
) -> Iterator[ModelRow]:
    """Of each group by every model under every condition and over all: 1.5 unadjusted, 1.1 adjusted."""
    for group in groups:
        for condition in (*(one.name for one in conditions), None):
            for model in ModelName:
                for names in ((), adjusted_for):
                    ratio = 1.1 if names else 1.5
                    yield ModelRow(
                        dimension="accent",
                        group=group,
                        versus=versus,
                        condition=condition,
                        **COMMON,
                        model=model,
                        scale=Label.MARGINAL if model is ModelName.CLUSTERED else Label.CONDITIONAL,
                        adjusted_for=names,
                        rows="utterances",
                        ratio=ratio,
                        low=ratio * 0.8,
                        high=ratio * 1.2,
                        se=0.1,
                        df=30,
                        p_value=0.0312,
                        status=ModelStatus.OK,
                        method="by hand",
                        n_speakers=84,
                        n_rows=N_ROWS,
                        n_words=11088,
                        dropped_without_words=269,
                        dropped_errors=451,
                        dropped_incomplete=17,
                        dispersion=55.8 if model is ModelName.CLUSTERED else None,
                        sigma=None if model is ModelName.CLUSTERED else SIGMA,
                        sigma_p=None if model is ModelName.CLUSTERED else 0.0004,
                        log_likelihood=-1234.5,
                    )


def make_faas(dimensions: Iterable[str]) -> Iterator[FaasRow]:
    """In clean, of these dimensions and of all."""
    for name in dimensions:
        yield FaasRow(
            dimension=name, condition="clean", **COMMON, category=50.0, p_value=0.2, adjusted=50.0, value=FAAS
        )
    yield FaasRow(dimension=OVERALL, condition="clean", **COMMON, value=FAAS)
