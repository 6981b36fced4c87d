"""One request to a server with OpenAI's transcription endpoint; the key stands in its headers alone."""

from __future__ import annotations

import ssl
import time
from urllib.parse import urlsplit

import httpx2

from asr_fair.asr.base import ENGINE_ERROR, Failure
from asr_fair.asr.hosted import REFUSED, Answer, Key
from asr_fair.asr.http_answers import NoTranscriptError, Refusal, Verdict, hypothesis_of, refusal_of
from asr_fair.asr.options import DETECT
from asr_fair.asr.retries import PassingError, ServiceError, asked_wait_s
from asr_fair.config.systems import OpenAIHttpConfig
from asr_fair.records import Seconds

MOST_BYTES = 8 << 20
"""Of an answer: hours of speech as verbose JSON; more is no transcript."""
_CONNECT_S: Seconds = 20.0


class Endpoint:
    """A client of one server, for any number of threads."""

    def __init__(self, system: OpenAIHttpConfig, key: Key) -> None:
        self._system = system
        self._key = key
        self._host = urlsplit(system.base_url).netloc
        self._client = _client(system)

    def ask(self, wav: bytes) -> Answer:
        """One request. Raises PassingError where another may succeed, ServiceError where none can."""
        try:
            response, body = self._post(wav)
        except httpx2.TransportError as error:
            raise self._unreachable(error) from None  # its traceback would lead to the headers
        if response.status_code == 200:
            return self._heard(body, response.headers.get("content-type", ""))
        if response.is_redirect:
            raise self._fatal(f"HTTP {response.status_code}: it sends requests on to {_target(response)}")
        refusal = refusal_of(response.status_code, self._key.hide(body))
        if refusal.verdict is Verdict.AGAIN:
            raise PassingError(f"{self._host}: {refusal.problem}", asked_wait_s(response.headers))
        if refusal.verdict is Verdict.THIS_ONE:
            return Failure(REFUSED, f"{self._host}: {refusal.problem}")
        raise self._fatal(_with_remedy(refusal, response.status_code, self._system))

    def _post(self, wav: bytes) -> tuple[httpx2.Response, str]:
        """The response and its text; `timeout_s` holds for both together, to within one block."""
        until_s = time.monotonic() + self._system.timeout_s
        headers = {} if self._key.value is None else {"Authorization": f"Bearer {self._key.value}"}
        with self._client.stream(
            "POST",
            self._system.endpoint,
            headers=headers,
            files={"file": ("audio.wav", wav, "audio/wav")},
            data=_form(self._system),
        ) as response:
            body = bytearray()
            for block in response.iter_bytes():
                body += block
                if len(body) > MOST_BYTES:
                    raise PassingError(f"{self._host}: answered with more than {MOST_BYTES >> 20} MiB")
                if time.monotonic() > until_s:
                    raise httpx2.ReadTimeout("the answer did not end")
        return response, body.decode("utf-8", errors="replace")

    def _heard(self, body: str, content_type: str) -> Answer:
        try:
            heard = hypothesis_of(body, content_type, asked=self._system.response_format)
        except NoTranscriptError as error:
            return Failure(ENGINE_ERROR, self._key.hide(f"{self._host}: answered with {error}"))
        if self._key.stands_in(heard.text):
            return Failure(ENGINE_ERROR, f"{self._host}: answered with the key that it was sent")
        return heard

    def _unreachable(self, error: httpx2.TransportError) -> Exception:
        if isinstance(error, httpx2.TimeoutException):
            return PassingError(f"{self._host}: no answer within {self._system.timeout_s:g} s")
        if isinstance(error, httpx2.UnsupportedProtocol | httpx2.LocalProtocolError):
            return self._fatal(f"the request cannot be sent ({type(error).__name__})")
        if _is_certificate(error):
            problem = f"its certificate cannot be trusted ({error}). For one of your own authority set"
            return self._fatal(f"{problem} the environment variable SSL_CERT_FILE")
        return PassingError(self._key.hide(f"{self._host}: {type(error).__name__}: {error}"))

    def _fatal(self, problem: str) -> ServiceError:
        return ServiceError(self._key.hide(f"system {self._system.name!r}: {self._host}: {problem}"))


def _client(system: OpenAIHttpConfig) -> httpx2.Client:
    """Checks certificates, follows no redirect, keeps no cookie; straight to a server of our own."""
    limits = httpx2.Limits(max_connections=system.concurrency)
    timeout = httpx2.Timeout(system.timeout_s, connect=min(_CONNECT_S, system.timeout_s))
    # A proxy in the environment would see what `own_server` says nobody sees. The default context knows
    # SSL_CERT_FILE, which a client that trusts no environment does not.
    return httpx2.Client(
        follow_redirects=False,
        limits=limits,
        timeout=timeout,
        trust_env=not system.own_server,
        verify=ssl.create_default_context() if system.own_server else True,
    )


def _form(system: OpenAIHttpConfig) -> dict[str, str]:
    asked = {
        "model": system.model,
        "response_format": system.response_format,
        "language": None if system.language == DETECT else system.language,
        "prompt": system.prompt,
        "temperature": None if system.temperature is None else f"{system.temperature:g}",
    }
    return {key: value for key, value in asked.items() if value is not None}


def _with_remedy(refusal: Refusal, status: int, system: OpenAIHttpConfig) -> str:
    variable = system.key_variable
    remedies = {
        401: f"Check the key in {variable}" if variable else "Name the variable with its key: `api_key_env`",
        402: "Pay the service, or use another",
        403: "Ask the service for access to this model",
        404: f"Check `base_url` and `model` ({system.model})",
        429: "No money is left: pay the service, or use another",
    }
    return f"{refusal.problem}. {remedies.get(status, 'Check `base_url`, `model` and the other settings')}"


def _target(response: httpx2.Response) -> str:
    """Where a redirect leads, without what may stand behind the host."""
    host = urlsplit(response.headers.get("location", "")).netloc.rpartition("@")[2]
    return (
        f"{host}. Write that address as `base_url`, if you trust it" if host else "another address of its own"
    )


def _is_certificate(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
