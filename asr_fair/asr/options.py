"""The choices of a system resolved for this machine and this model: 'auto' becomes a value. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from asr_fair.asr.base import Setting
from asr_fair.asr.fallback import Fallback, fallback_of
from asr_fair.asr.pauses import RULE
from asr_fair.asr.voice import voice_model_settings
from asr_fair.config import OnDevice, SystemConfig
from asr_fair.config.systems.whisper import Searched
from asr_fair.errors import ConfigError, UnknownNameError
from asr_fair.records import WINDOW_S

DETECT = "detect"
ENGLISH = "en"
ENGLISH_VOCABULARY = 51_864
"""Tokens of Whisper's English-only models; one more in the multilingual ones, which have 99 languages,
and another one for each language that later models added."""

MAX_NEW_TOKENS = 224
"""Half of Whisper's text context, where both engines stop a window that loops."""

DECODING: MappingProxyType[str, Setting] = MappingProxyType(
    {
        "timestamps": False,
        "condition_on_previous_text": False,
        "suppress_blank": True,
        "suppress_non_speech_tokens": True,
        "max_new_tokens": MAX_NEW_TOKENS,
        "window_s": WINDOW_S,
        **RULE,
    }
)
"""How both engines decode, in the words of the report."""


@dataclass(frozen=True, slots=True)
class Options:
    """Device, precision and language as they will be used, and how a text is searched for."""

    device: str
    precision: str
    language: str
    search: Searched

    @property
    def fallback(self) -> Fallback | None:
        """When a window is sampled again; None: never."""
        return fallback_of(self.search)

    def settings(self) -> dict[str, Setting]:
        """These and the fixed decoding options, what cuts long recordings included, as plain values."""
        return {
            "device": self.device,
            "precision": self.precision,
            "language": self.language,
            **search_settings(self.search),
            **DECODING,
            **voice_model_settings(),
        }


def search_settings(search: Searched) -> dict[str, Setting]:
    """How a text is searched for; what plays no part is left out."""
    fallback = fallback_of(search)
    settings: dict[str, Setting] = {"strategy": "greedy"}
    if search.beam_size > 1:
        patience = 1.0 if search.patience is None else search.patience
        settings = {"strategy": "beam search", "beam_size": search.beam_size, "patience": patience}
    settings |= {"temperature": 0.0} if fallback is None else fallback.settings()
    if search.beam_size > 1 or fallback is not None:
        by_length = search.length_penalty
        settings["length_penalty"] = "mean log-probability" if by_length is None else by_length
    if search.initial_prompt is not None:
        settings["initial_prompt"] = search.initial_prompt.strip()
    return settings


def check_prompt(search: Searched, n_tokens: int, *, most: int) -> None:
    """Raise ConfigError for a prompt of `n_tokens` that the network's context cannot hold."""
    if n_tokens > most:
        msg = (
            f"system {search.name!r}: initial_prompt: has {n_tokens} tokens, and the context of model "
            f"{search.model!r} holds {most} before the speech. Shorten it"
        )
        raise ConfigError(msg)


def choose_device(system: OnDevice, *, cuda: bool) -> str:
    """'cuda' or 'cpu'. Raises ConfigError where a GPU is asked for and there is none."""
    if system.device == "cuda" and not cuda:
        msg = (
            f"system {system.name!r}: device: no CUDA device is visible to {system.engine} here. "
            "Use `device: auto` or `device: cpu`, or mend the driver"
        )
        raise ConfigError(msg)
    return ("cuda" if cuda else "cpu") if system.device == "auto" else system.device


def choose_precision(system: OnDevice, *, device: str, supported: Collection[str], remedy: str) -> str:
    """The number format of the network. Raises ConfigError for one that is not in `supported`."""
    precision = system.precision
    if precision == "auto":
        precision = "float16" if device == "cuda" else "float32"
    if precision not in supported:
        place = f"system {system.name!r}: precision"
        msg = f"{place}: {system.engine} has no {precision} on this {device}. {remedy}"
        raise ConfigError(msg)
    return precision


def choose_language(system: SystemConfig, *, n_vocabulary: int, codes: Sequence[str]) -> str:
    """A language code, or 'detect'; an English-only model always decodes English.

    `codes` are Whisper's languages in the order in which they were added. Raises ConfigError for
    another language with an English-only model, UnknownNameError for a code that the
    model does not have.
    """
    if n_vocabulary <= ENGLISH_VOCABULARY:
        if system.language not in (ENGLISH, DETECT):
            msg = (
                f"system {system.name!r}: language: model {system.model!r} knows English only, "
                f"got {system.language!r}. Use a multilingual model, such as 'tiny' or 'base'"
            )
            raise ConfigError(msg)
        return ENGLISH
    known = codes[: 99 + n_vocabulary - (ENGLISH_VOCABULARY + 1)]
    if system.language != DETECT and system.language not in known:
        raise UnknownNameError("language", system.language, (*known, DETECT))
    return system.language
