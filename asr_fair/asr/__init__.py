"""Speech recognisers under test, behind one protocol: Whisper by openai-whisper and by faster-whisper."""

from asr_fair.asr.base import Engine, EngineInfo
from asr_fair.asr.registry import describe_engine, engine_names, load_engine
from asr_fair.asr.windows import n_windows

__all__ = ["Engine", "EngineInfo", "describe_engine", "engine_names", "load_engine", "n_windows"]
