"""openai-http: any server with OpenAI's transcription endpoint.

A recording goes out as WAV of 16-bit integers at 16 kHz: every server reads it, a render never leaves full
scale, and what stands in a 16-bit file arrives bit for bit. Each is sent by itself, as a whole up to
`longest_request_s` (the hosted service and vLLM take 25 MB, 13 minutes), since how a system cuts long
recordings is part of what is tested; a longer one is cut at pauses and its texts are joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import numpy as np

from asr_fair.asr.base import ENGINE_ERROR, Clip, EngineInfo, Failure, Service, Setting
from asr_fair.asr.hosted import Answer, Together, batch_windows, read_key
from asr_fair.asr.http_answers import join_hypotheses
from asr_fair.asr.http_endpoint import Endpoint
from asr_fair.asr.options import DETECT
from asr_fair.asr.retries import PassingError, Retries
from asr_fair.asr.windows import cut_windows
from asr_fair.audio.wav import wav_bytes
from asr_fair.config.systems import OpenAIHttpConfig
from asr_fair.records import SAMPLE_RATE_HZ, Hypothesis, Samples, Seconds
from asr_fair.validation import digest_of


class OpenAIHttp:
    """A client of one server; the key is read from the environment where the engine is made."""

    config = OpenAIHttpConfig

    def __init__(self, system: OpenAIHttpConfig) -> None:
        self._system = system
        self._info = _info(system)
        self._key = read_key(system, system.key_variable)
        self._together = Together(system.concurrency, self._key)
        self._retries = Retries(system.max_tries, system.longest_wait_s, self._together.stopped)
        self._endpoint = Endpoint(system, self._key)

    @property
    def info(self) -> EngineInfo:
        """What `describe` says about the same system."""
        return self._info

    @staticmethod
    def describe(system: OpenAIHttpConfig) -> EngineInfo:
        """The `info` of the engine; raises ConfigError where the key is not in the environment."""
        read_key(system, system.key_variable)
        return _info(system)

    def transcribe(self, clips: Sequence[Clip]) -> list[Answer]:
        """An answer for each clip. Raises ServiceError where no request can succeed."""
        return self._together.transcribe(clips, self._recognise)

    def _recognise(self, clip: Clip) -> Answer:
        """The parts of one clip, one after the other; the first one without a text loses the clip."""
        heard: list[Hypothesis] = []
        for part in parts_of(clip.samples, self._system.longest_request_s):
            answer = self._recognise_part(wav_bytes(part))
            n_requests = answer.n_requests + sum(each.n_requests for each in heard)
            if isinstance(answer, Failure):
                return Failure(answer.reason, answer.message, n_requests)
            heard.append(answer)
        return join_hypotheses(heard)

    def _recognise_part(self, wav: bytes) -> Answer:
        n_requests = 0

        def attempt() -> Answer:
            nonlocal n_requests
            if self._together.stopped.is_set():
                msg = "was not sent again: the service refuses every request"
                raise PassingError(msg)
            n_requests += 1
            return self._endpoint.ask(wav)

        try:
            answer = self._retries.call(attempt)
        except PassingError as error:
            times = "" if n_requests == 1 else f" (asked {n_requests} times)"
            return Failure(ENGINE_ERROR, f"{error}{times}", n_requests)
        if isinstance(answer, Failure):
            return Failure(answer.reason, answer.message, n_requests)
        return Hypothesis(
            answer.text,
            answer.language or self._told_language,
            answer.no_speech_probability,
            answer.mean_log_probability,
            n_requests=n_requests,
        )

    @property
    def _told_language(self) -> str | None:
        return None if self._system.language == DETECT else self._system.language


def parts_of(samples: Samples, longest_s: Seconds) -> list[Samples]:
    """A recording in as few parts as may be, cut at pauses, none longer than `longest_s` (30 or more)."""
    longest = int(longest_s * SAMPLE_RATE_HZ)
    if len(samples) <= longest:
        return [samples]
    parts: list[list[Samples]] = [[]]
    for window in cut_windows(samples):
        if parts[-1] and sum(map(len, parts[-1])) + len(window) > longest:
            parts.append([])
        parts[-1].append(window)
    return [np.concatenate(windows) for windows in parts]


def _info(system: OpenAIHttpConfig) -> EngineInfo:
    settings: dict[str, Setting] = {
        "base_url": system.base_url,
        "language": system.language,
        "prompt": system.prompt,
        "temperature": system.temperature,
        "response_format": system.response_format,
        "longest_request_s": system.longest_request_s,
        "revision": system.revision,
        "audio": "WAV, 16-bit, 16 kHz",
    }
    # Nobody outside sees the weights: what is known of them is where they are and what they are called.
    digest = digest_of({key: settings[key] for key in ("base_url", "revision")} | {"model": system.model})
    service = Service(
        host=urlsplit(system.base_url).netloc,
        requests_at_once=system.concurrency,
        price_per_minute=system.price_per_minute,
        currency=system.currency,
        least_billed_s=system.least_billed_s,
        longest_request_s=system.longest_request_s,
        needs_consent=not system.own_server,
    )
    return EngineInfo(system.engine, system.model, digest, settings, batch_windows(system), service)
