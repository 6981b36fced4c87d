"""The contract of `results.json`: one row per figure, with its method and status."""

from asr_fair.fairness.results.controls import Control, ControlLevel, Standardised
from asr_fair.fairness.results.document import SCHEMA_VERSION, Results, read_results, write_results
from asr_fair.fairness.results.figures import Comparison, Figure, HighestGroup, Statistic, Summary
from asr_fair.fairness.results.groups import DimensionInfo, GroupInfo, Loss
from asr_fair.fairness.results.models import FaasRow, ModelRow
from asr_fair.fairness.results.normalisers import NormaliserTrace, Robustness, TracedChange, TracedRule
from asr_fair.fairness.results.statuses import Status, Verdict
from asr_fair.fairness.results.study import (
    ConditionInfo,
    ManifestInfo,
    PlanInfo,
    Probes,
    SharedInfo,
    SystemInfo,
)
from asr_fair.fairness.results.systems import (
    GapDifference,
    MatchedPairsRow,
    SystemComparison,
    SystemDifference,
)
from asr_fair.fairness.results.two_runs import ComparedRuns, ComparedSide, read_compared, write_compared

__all__ = [
    "SCHEMA_VERSION",
    "ComparedRuns",
    "ComparedSide",
    "Comparison",
    "ConditionInfo",
    "Control",
    "ControlLevel",
    "DimensionInfo",
    "FaasRow",
    "Figure",
    "GapDifference",
    "GroupInfo",
    "HighestGroup",
    "Loss",
    "ManifestInfo",
    "MatchedPairsRow",
    "ModelRow",
    "NormaliserTrace",
    "PlanInfo",
    "Probes",
    "Results",
    "Robustness",
    "SharedInfo",
    "Standardised",
    "Statistic",
    "Status",
    "Summary",
    "SystemComparison",
    "SystemDifference",
    "SystemInfo",
    "TracedChange",
    "TracedRule",
    "Verdict",
    "read_compared",
    "read_results",
    "write_compared",
    "write_results",
]
