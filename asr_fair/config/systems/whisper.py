"""Whisper by openai-whisper and by faster-whisper."""

from __future__ import annotations

from typing import Literal

from asr_fair.config.systems.base import OnDevice


class WhisperConfig(OnDevice):
    """A Whisper network in PyTorch, decoded by openai-whisper."""

    engine: Literal["whisper"]


class FasterWhisperConfig(OnDevice):
    """A Whisper network in CTranslate2, by faster-whisper."""

    engine: Literal["faster-whisper"]
