"""A server with OpenAI's transcription endpoint: the hosted one, vLLM, a server of one's own."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from asr_fair.config.systems.hosted import HostedConfig
from asr_fair.validation import HIDDEN_VALUE

OPENAI_HOST = "api.openai.com"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SECRET_NAME = re.compile(r"key|token|secret|passw|pwd|auth|credential|^sig", re.IGNORECASE)
_LONG_WORD = re.compile(r"[\w.~+/=-]{20,}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class OpenAIHttpConfig(HostedConfig):
    """Where the endpoint is, which variable of the environment holds its key, and what is asked of it."""

    engine: Literal["openai-http"]
    model: str = Field(min_length=1, description="as the server calls it, such as whisper-1")
    base_url: str = Field(
        default=f"https://{OPENAI_HOST}/v1", description="what stands before /audio/transcriptions"
    )
    api_key_env: str | None = Field(
        default=None,
        description="name of the environment variable with the key; OPENAI_API_KEY for api.openai.com",
    )
    own_server: bool = Field(
        default=False, description="the server is ours and passes nothing on: no consent is needed"
    )
    prompt: str | None = Field(default=None, min_length=1, description="what the model is told beforehand")
    temperature: float | None = Field(default=0.0, ge=0, le=1, description="null: what the server likes")
    response_format: Literal["json", "verbose_json", "text"] = "json"
    longest_request_s: float = Field(
        default=600.0, ge=30, le=7200, description="longer recordings are cut at pauses and joined"
    )

    @field_validator("base_url")
    @classmethod
    def _leads_to_a_server(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError:
            parts, port = SplitResult("", "", "", "", ""), None
        if _holds_secret(parts):
            remedy = "Take it out, and name the environment variable that holds the key in `api_key_env`"
            msg = f"must hold no password and no key. {remedy}"
            raise PydanticCustomError(HIDDEN_VALUE, "{problem}", {"problem": msg})
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment or port == 0:
            msg = "must be an address such as https://api.openai.com/v1"
            raise ValueError(msg)
        return value.rstrip("/")

    @field_validator("api_key_env")
    @classmethod
    def _is_a_name(cls, value: str | None) -> str | None:
        if value is not None and (_VARIABLE.fullmatch(value) is None or _looks_like_a_key(value)):
            msg = "must be the name of an environment variable, such as OPENAI_API_KEY, and never the key"
            raise PydanticCustomError(HIDDEN_VALUE, "{problem}", {"problem": msg})
        return value

    @model_validator(mode="after")
    def _is_encrypted(self) -> OpenAIHttpConfig:
        if urlsplit(self.base_url).scheme == "http" and not self.own_server and self.host not in _LOOPBACK:
            msg = "base_url: http sends recordings and key unencrypted. Use https, or say `own_server: true`"
            raise ValueError(msg)
        return self

    @property
    def host(self) -> str:
        """The server's name, without its port."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def endpoint(self) -> str:
        """Where recordings are posted to; a query, such as Azure's api-version, stays at its end."""
        parts = urlsplit(self.base_url)
        return parts._replace(path=f"{parts.path.rstrip('/')}/audio/transcriptions").geturl()

    @property
    def key_variable(self) -> str | None:
        """The environment variable with the key; another server is never sent OpenAI's by itself."""
        if self.api_key_env is None and self.host == OPENAI_HOST:
            return "OPENAI_API_KEY"
        return self.api_key_env


def _holds_secret(parts: SplitResult) -> bool:
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        return True
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return any(
        _SECRET_NAME.search(name) or _LONG_WORD.fullmatch(name) or _LONG_WORD.fullmatch(value)
        for name, value in pairs
    )


def _looks_like_a_key(name: str) -> bool:
    """One long word of letters and digits: people name variables with underscores."""
    return len(name) >= 20 and "_" not in name
