"""The run configuration: what is heard, by which systems, under which conditions, analysed by which plan."""

from asr_fair.config.conditions import ConditionConfig, Grid
from asr_fair.config.plan import (
    Family,
    Margin,
    Plan,
    Reference,
    Thresholds,
    UniqueNames,
    limits_of,
    read_plan,
)
from asr_fair.config.run import Expected, RunConfig, Workers, parse_config, read_config
from asr_fair.config.systems import AnySystem, OnDevice, SystemConfig

__all__ = [
    "AnySystem",
    "ConditionConfig",
    "Expected",
    "Family",
    "Grid",
    "Margin",
    "OnDevice",
    "Plan",
    "Reference",
    "RunConfig",
    "SystemConfig",
    "Thresholds",
    "UniqueNames",
    "Workers",
    "limits_of",
    "parse_config",
    "read_config",
    "read_plan",
]
