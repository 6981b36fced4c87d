"""Speech recognisers under test, behind one protocol."""

from asr_fair.asr.base import Clip, Engine, EngineInfo, Failure, Service
from asr_fair.asr.registry import describe_engine, engine_names, load_engine
from asr_fair.asr.windows import n_windows

__all__ = [
    "Clip",
    "Engine",
    "EngineInfo",
    "Failure",
    "Service",
    "describe_engine",
    "engine_names",
    "load_engine",
    "n_windows",
]
