"""What servers with OpenAI's transcription endpoint answer, and what follows from it. Pure.

vLLM, whisper.cpp, speaches, LocalAI and the hosted service agree on `text` and differ in the rest: which
formats there are, whether a segment has probabilities, whether a language is 'english' or 'en', and what an
error looks like. So everything but the text may be absent, and no HTML page is ever taken for a text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple

from asr_fair.records import Hypothesis

_SHOWN = 300
"""Characters of a server's own words that an error message quotes."""
_NO_MONEY = re.compile(r"insufficient_quota|billing|quota_exceeded|insufficient_(credit|balance|fund)")
_SETTINGS = frozenset({"model", "language", "prompt", "temperature", "response_format"})


class Verdict(Enum):
    """What an answer other than 200 means for the request, for its recording, and for the run."""

    AGAIN = auto()
    """Another try may not meet it."""
    THIS_ONE = auto()
    """The recording will not be taken; others may be."""
    ALL = auto()
    """No request can succeed."""


class Refusal(NamedTuple):
    """An answer that is no transcript."""

    verdict: Verdict
    problem: str


class NoTranscriptError(Exception):
    """A 200 that holds no text."""


def refusal_of(status: int, body: str) -> Refusal:
    """What follows from an answer with another status than 200.

    408, 409, 425, 429 and every 5xx but 501 pass (what OpenAI's own client tries again, and 425); but 429
    is also how the hosted service says that no money is left. A 400 or 422 is the recording's fault,
    unless it names one of the settings.
    """
    words, code, parameter = _words_of_error(body)
    problem = f"HTTP {status}" + (f": {words}" if words else "")
    no_money = status == 402 or (status in (403, 429) and _NO_MONEY.search(code) is not None)
    if no_money:
        return Refusal(Verdict.ALL, problem)
    if status in (408, 409, 425, 429) or (status >= 500 and status != 501):
        return Refusal(Verdict.AGAIN, problem)
    if status in (400, 413, 415, 422) and parameter not in _SETTINGS and code != "model_not_found":
        return Refusal(Verdict.THIS_ONE, problem)
    return Refusal(Verdict.ALL, problem)


def hypothesis_of(body: str, content_type: str, *, asked: str) -> Hypothesis:
    """The transcript in a 200, asked for as json, verbose_json or text. Raises NoTranscriptError."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        msg = f"a page, no transcript: {_short(body)}"
        raise NoTranscriptError(msg)
    is_json = kind == "application/json" or kind.endswith("+json")
    if asked == "text" and not is_json and not body.lstrip().startswith("{"):
        return Hypothesis(_one_line(body))
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        if asked == "text" and not is_json:  # a text that happens to begin with a brace
            return Hypothesis(_one_line(body))
        msg = f"no JSON, though {asked} was asked for: {_short(body)}"
        raise NoTranscriptError(msg) from error
    if asked == "text" and isinstance(content, str):
        return Hypothesis(_one_line(content))
    if not isinstance(content, dict) or not isinstance(content.get("text"), str):
        words = _words_of_error(body)[0]
        msg = f"JSON without a text: {words or _short(body)}"
        raise NoTranscriptError(msg)
    return _from_object(content)


def join_hypotheses(parts: Sequence[Hypothesis]) -> Hypothesis:
    """One from those of a recording's parts, in order; probabilities are the least sure and the mean."""
    log_probabilities = [each.mean_log_probability for each in parts if each.mean_log_probability is not None]
    silences = [each.no_speech_probability for each in parts if each.no_speech_probability is not None]
    return Hypothesis(
        text=" ".join(each.text for each in parts if each.text),
        language=next((each.language for each in parts if each.language), None),
        no_speech_probability=min(silences) if len(silences) == len(parts) else None,
        mean_log_probability=sum(log_probabilities) / len(parts)
        if len(log_probabilities) == len(parts)
        else None,
        n_requests=sum(each.n_requests for each in parts),
    )


def _from_object(content: Mapping[str, Any]) -> Hypothesis:
    segments = content.get("segments")
    segments = [each for each in segments if isinstance(each, dict)] if isinstance(segments, list) else []
    silences = _numbers(segments, "no_speech_prob")
    sureness = _numbers(segments, "avg_logprob")
    language = content.get("language")
    return Hypothesis(
        text=_one_line(content["text"]),
        language=language_code(language) if isinstance(language, str) else None,
        no_speech_probability=min(silences) if silences else None,
        mean_log_probability=sum(sureness) / len(sureness) if sureness else None,
    )


def language_code(name: str) -> str | None:
    """The code of a language that a server calls 'en', 'en-US' or, as OpenAI's does, 'english'."""
    name = name.strip().lower()
    if re.fullmatch(r"[a-z]{2,3}([-_][a-z0-9]+)*", name):
        return name
    from whisper.tokenizer import TO_LANGUAGE_CODE  # the names are Whisper's; it imports torch

    code: str | None = TO_LANGUAGE_CODE.get(name)
    return code


def _numbers(segments: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    """The figure of every segment; empty where one has none."""
    values = [each.get(key) for each in segments]
    numbers = [float(each) for each in values if isinstance(each, int | float) and math.isfinite(each)]
    return numbers if len(numbers) == len(values) else []


def _words_of_error(body: str) -> tuple[str, str, str]:
    """The server's words, its code for them and the parameter they are about; '' where it gives none."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return ("" if body.lstrip()[:1] == "<" else _short(body)), "", ""
    inner = content.get("error", content) if isinstance(content, dict) else content
    if isinstance(inner, dict):  # OpenAI and vLLM nest it; FastAPI calls it detail, others message
        words = next((inner[key] for key in ("message", "detail", "msg", "error") if inner.get(key)), "")
        code = f"{inner.get('code') or ''} {inner.get('type') or ''}".strip()
        single = inner.get("code")
        parameter = inner.get("param")
        return (
            _short(words if isinstance(words, str) else json.dumps(words)),
            single if isinstance(single, str) and not _NO_MONEY.search(code) else code,
            parameter if isinstance(parameter, str) else "",
        )
    return _short(inner if isinstance(inner, str) else body), "", ""


def _one_line(text: str) -> str:
    """whisper.cpp puts each segment on a line of its own."""
    return " ".join(text.split())


def _short(text: str) -> str:
    line = _one_line(text)
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]} …"
