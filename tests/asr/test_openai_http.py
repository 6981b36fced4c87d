"""openai-http against a server on loopback that misbehaves in every way that servers do."""

from __future__ import annotations

import io
import logging
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from asr_fair.asr import describe_engine, load_engine, retries
from asr_fair.asr.base import Clip, Failure
from asr_fair.asr.openai_http import parts_of
from asr_fair.asr.retries import ServiceError
from asr_fair.audio.wav import wav_bytes
from asr_fair.config import SystemConfig
from asr_fair.errors import ConfigError
from asr_fair.records import SAMPLE_RATE_HZ, Hypothesis, Samples
from fakes.transcription_server import Asked, Respond, Server, hang, reset, say, serving, trickle

KEY = "sk-proj-0123456789abcdef"
MakeSystem = Callable[..., SystemConfig]
CLIP = (0.1 * np.sin(np.arange(SAMPLE_RATE_HZ // 2))).astype(np.float32)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT_S", 0.02)
    monkeypatch.setattr(retries, "SPREAD_S", 0.02)
    monkeypatch.setenv("TEST_KEY", KEY)


def ask(
    make_system: MakeSystem, server: Server, n_clips: int = 1, samples: Samples = CLIP, **keys: Any
) -> list[Hypothesis | Failure]:
    engine = load_engine(system_at(make_system, server, **keys))
    return list(engine.transcribe([Clip(f"u{number}", "clean", samples) for number in range(n_clips)]))


def system_at(make_system: MakeSystem, server: Server, **keys: Any) -> SystemConfig:
    settings = {"base_url": server.base_url, "api_key_env": "TEST_KEY"} | keys
    return make_system("openai-http", "whisper-1", **settings)


def outcome(make_system: MakeSystem, *script: Respond, **keys: Any) -> tuple[Hypothesis | Failure, int]:
    with serving(*script) as server:
        (answer,) = ask(make_system, server, **keys)
        assert answer.n_requests == len(server.asked)
        return answer, len(server.asked)


def test_the_request_is_what_the_endpoint_asks_for(make_system: MakeSystem) -> None:
    with serving(say()) as server:
        (answer,) = ask(make_system, server, prompt="Fallanruf", language="de", temperature=0.2)
    (asked,) = server.asked
    assert asked.form == {
        "model": "whisper-1",
        "language": "de",
        "prompt": "Fallanruf",
        "temperature": "0.2",
        "response_format": "json",
    }
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert (asked.sample_rate_hz, asked.subtype) == (SAMPLE_RATE_HZ, "PCM_16")
    assert answer == Hypothesis("hello there", "de", batch_size=1, n_requests=1)


def test_sixteen_bit_speech_arrives_bit_for_bit(make_system: MakeSystem) -> None:
    whole = np.random.default_rng(1).integers(-(2**15), 2**15, 8000).astype(np.float32) / 2**15
    with serving(say()) as server:
        ask(make_system, server, samples=whole, language="detect", temperature=None)
    (asked,) = server.asked
    assert np.array_equal(asked.samples, whole)
    assert asked.form.keys() == {"model", "response_format"}
    assert soundfile.info(io.BytesIO(wav_bytes(whole))).channels == 1


def test_a_server_of_ours_is_sent_no_key_that_nobody_named(
    make_system: MakeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serving(say()) as server:
        ask(make_system, server, api_key_env=None, own_server=True)
    assert "Authorization" not in server.asked[0].headers


def test_a_clip_takes_its_turn_and_answers_keep_their_order(make_system: MakeSystem) -> None:
    def echo(handler: Any, asked: Asked) -> None:
        say(content={"text": str(len(asked.samples))})(handler, asked)

    with serving(echo) as server:
        engine = load_engine(system_at(make_system, server, concurrency=3))
        clips = [Clip(f"u{n}", "clean", CLIP[: 1000 + n]) for n in range(12)]
        answers = engine.transcribe(clips)
    assert [each.text for each in answers if isinstance(each, Hypothesis)] == [
        str(1000 + n) for n in range(12)
    ]
    assert 1 <= server.most_at_once <= 3


def test_a_service_that_asks_to_wait_is_waited_for(make_system: MakeSystem) -> None:
    with serving(say(429, {"error": {"message": "slow down"}}, Retry_After="1"), say()) as server:
        (answer,) = ask(make_system, server)
    assert isinstance(answer, Hypothesis)
    first, second = (each.at_s for each in server.asked)
    assert second - first >= 1.0


def test_a_longer_wait_than_allowed_stops_the_run(make_system: MakeSystem) -> None:
    with pytest.raises(ServiceError, match="asks to wait 3,600 s, more than `longest_wait_s`"):
        outcome(make_system, say(503, {}, Retry_After="3600"), longest_wait_s=10)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_passing_faults_of_a_server_are_tried_again(status: int, make_system: MakeSystem) -> None:
    answer, n_requests = outcome(make_system, say(status, "<html>oops</html>"), say())
    assert isinstance(answer, Hypothesis)
    assert n_requests == 2


@pytest.mark.parametrize("fault", [hang, reset, trickle], ids=["hangs", "hangs up", "never ends"])
def test_a_server_that_does_not_answer_is_asked_again(fault: Respond, make_system: MakeSystem) -> None:
    answer, n_requests = outcome(make_system, fault, say(), timeout_s=0.3)
    assert isinstance(answer, Hypothesis)
    assert n_requests == 2


def test_after_all_tries_the_clip_alone_is_lost_and_may_be_tried_by_a_later_start(
    make_system: MakeSystem,
) -> None:
    answer, n_requests = outcome(make_system, say(500, {"error": {"message": "boom"}}), max_tries=3)
    assert n_requests == 3
    assert isinstance(answer, Failure)
    assert answer.reason == "engine_error"
    assert "HTTP 500: boom (asked 3 times)" in answer.message


@pytest.mark.parametrize(
    ("respond", "words"),
    [
        (say(401, {"error": {"message": f"Incorrect API key provided: {KEY}"}}), "Check the key in TEST_KEY"),
        (say(403, {"detail": "no"}), "Ask the service for access"),
        (say(404, {"error": {"code": "model_not_found"}}), "Check `base_url` and `model`"),
        (say(429, {"error": {"code": "insufficient_quota", "message": "quota"}}), "No money is left"),
        (say(429, {"error": {"type": "insufficient_quota", "code": None}}), "No money is left"),
        (say(402, {}), "Pay the service"),
        (say(400, {"error": {"message": "bad", "param": "language"}}), "Check `base_url`, `model`"),
        (say(307, "", Location="http://elsewhere.example/v1?k=secret"), "sends requests on to elsewhere.ex"),
    ],
)
def test_what_no_request_can_pass_stops_the_run_at_once(
    respond: Respond, words: str, make_system: MakeSystem
) -> None:
    with serving(respond) as server:
        with pytest.raises(ServiceError) as caught:
            ask(make_system, server, n_clips=20, concurrency=2)
        assert len(server.asked) <= 2
    assert words in str(caught.value)
    assert KEY not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_texts_that_were_paid_for_are_kept_before_the_run_stops(make_system: MakeSystem) -> None:
    with serving(say(), say(), say(401, {})) as server:
        engine = load_engine(system_at(make_system, server, concurrency=1))
        clips = [Clip(f"u{n}", "clean", CLIP) for n in range(5)]
        answers = engine.transcribe(clips)
        assert [isinstance(each, Hypothesis) for each in answers] == [True, True, False, False, False]
        with pytest.raises(ServiceError, match="401"):
            engine.transcribe(clips)
    assert len(server.asked) == 3


def test_a_clip_that_is_refused_costs_no_other_one(make_system: MakeSystem) -> None:
    too_short = {"error": {"message": "Audio file is too short", "param": "file", "code": "audio_too_short"}}
    with serving(say(), say(400, too_short), say()) as server:
        answers = ask(make_system, server, n_clips=3, concurrency=1)
    assert [type(each) for each in answers] == [Hypothesis, Failure, Hypothesis]
    assert isinstance(answers[1], Failure)
    assert answers[1].reason == "refused_by_service"
    assert "too short" in answers[1].message
    assert len(server.asked) == 3


def test_a_service_that_refuses_everything_is_not_asked_to_the_end(make_system: MakeSystem) -> None:
    with serving(say(400, {"detail": "unsupported"})) as server:
        engine = load_engine(system_at(make_system, server))
        clips = [Clip(f"u{n}", "clean", CLIP) for n in range(10)]
        assert all(isinstance(each, Failure) for each in engine.transcribe(clips))
        with pytest.raises(ServiceError, match="10 recordings in a row got no text; the last one"):
            engine.transcribe(clips)


@pytest.mark.parametrize(
    "respond",
    [
        say(200, "{not JSON"),
        say(200, "[]", Content_Type="application/json"),
        say(200, {"text": 7}),
        say(200, {"error": "failed to read audio"}),
        say(200, "<html>Please log in</html>", Content_Type="text/html"),
    ],
    ids=["garbage", "list", "number", "error", "page"],
)
@pytest.mark.parametrize("asked", ["json", "verbose_json", "text"])
def test_an_answer_that_is_no_transcript_is_never_a_text(
    respond: Respond, asked: str, make_system: MakeSystem
) -> None:
    if asked == "text" and respond.__closure__ and "{not JSON" in str(respond.__closure__[0].cell_contents):
        pytest.skip("as text it is one")
    answer, _ = outcome(make_system, respond, response_format=asked)
    assert isinstance(answer, Failure)
    assert "answered with" in answer.message


def test_a_huge_answer_is_not_read_to_its_end(make_system: MakeSystem) -> None:
    answer, _ = outcome(make_system, say(200, "x" * (9 << 20)), max_tries=1)
    assert isinstance(answer, Failure)
    assert "more than 8 MiB" in answer.message


@pytest.mark.parametrize("quoted", [KEY, f"Bearer {KEY}", f"Authorization: Bearer {KEY}\n"])
@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_a_server_that_quotes_the_key_gets_it_into_no_answer_error_or_log(
    quoted: str, status: int, make_system: MakeSystem, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(say(status, {"error": {"message": quoted}, "text": quoted})) as server:
        engine = load_engine(system_at(make_system, server, max_tries=1))
        try:
            answered = repr(engine.transcribe([Clip("u", "clean", CLIP)]))
        except ServiceError as error:
            answered = repr(error) + str(error.__dict__) + str(error.__reduce__())
    seen = answered + repr(engine) + repr(vars(engine)) + repr(engine.info) + caplog.text
    assert KEY not in seen
    assert KEY[10:] not in seen


@pytest.mark.parametrize("value", ["", "  ", "two words of a key", "sk-ключ", "sk-a\nX-Injected: 1"])
def test_a_key_that_is_none_is_refused_and_not_shown(
    value: str, make_system: MakeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_KEY", value)
    with pytest.raises(ConfigError, match="environment variable TEST_KEY") as caught:
        describe_engine(make_system("openai-http", "whisper-1", api_key_env="TEST_KEY"))
    assert not value.strip() or value.strip() not in str(caught.value)


def test_a_long_recording_is_cut_at_a_pause_and_joined(make_system: MakeSystem) -> None:
    rng = np.random.default_rng(1)
    samples = (0.1 * rng.standard_normal(70 * SAMPLE_RATE_HZ)).astype(np.float32)
    for second in (28, 56):
        samples[second * SAMPLE_RATE_HZ : (second + 1) * SAMPLE_RATE_HZ] = 0
    parts = parts_of(samples, 60.0)
    assert np.array_equal(np.concatenate(parts), samples)
    assert [56 <= len(parts[0]) / SAMPLE_RATE_HZ <= 57, len(parts)] == [True, 2]
    assert [len(each) for each in parts_of(samples, 70.0)] == [len(samples)]
    with serving(say(content={"text": " one "}), say(500, {}), say(content={"text": "two"})) as server:
        (answer,) = ask(make_system, server, samples=samples, longest_request_s=60)
    assert answer == Hypothesis("one two", "en", batch_size=1, n_requests=3)


def test_the_text_key_follows_what_can_change_a_text_and_nothing_else(make_system: MakeSystem) -> None:
    def text_key(**keys: Any) -> str:
        return describe_engine(make_system("openai-http", **({"model": "whisper-1"} | keys))).text_key

    base = {"api_key_env": "TEST_KEY"}
    plain = text_key(**base)
    same = [{"concurrency": 9}, {"timeout_s": 9}, {"price_per_minute": 1}, {"own_server": True}]
    assert {text_key(**base, **each) for each in same} == {plain}
    others = [
        {"base_url": "https://example.org/v1"},
        {"model": "whisper-2"},
        {"prompt": "x"},
        {"temperature": 0.5},
        {"temperature": None},
        {"language": "de"},
        {"response_format": "text"},
        {"revision": "June 2026"},
        {"longest_request_s": 300},
    ]
    assert len({plain, *(text_key(**(base | each)) for each in others)}) == 1 + len(others)


def test_who_is_sent_the_audio_and_who_must_consent(make_system: MakeSystem) -> None:
    keys = {"api_key_env": "TEST_KEY", "base_url": "http://127.0.0.1:8000/v1", "price_per_minute": 0.006}
    service = describe_engine(make_system("openai-http", "w", **keys)).service
    assert service is not None
    assert (service.host, service.needs_consent) == ("127.0.0.1:8000", True)
    assert service.cost(600) == pytest.approx(0.06)
    ours = describe_engine(make_system("openai-http", "w", **keys, own_server=True)).service
    assert ours is not None
    assert not ours.needs_consent


def test_gaps_between_tries_grow(make_system: MakeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries.tenacity.wait.random, "uniform", lambda low, high: high)
    with serving(say(500, {})) as server:
        ask(make_system, server, max_tries=5)
    gaps = [after.at_s - before.at_s for before, after in pairwise(server.asked)]
    expected = [0.02, 0.04, 0.08, 0.16]
    assert all(gap >= wanted for gap, wanted in zip(gaps, expected, strict=True))


def own_certificate(folder: Path) -> Path:
    """Key and certificate for 127.0.0.1 in one file, that no authority has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "asr.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(pem + certificate.public_bytes(Encoding.PEM))
    return path


@pytest.mark.parametrize("own_server", [False, True])
def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(
    own_server: bool, make_system: MakeSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = own_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    with serving(say(), tls=tls) as server:
        with pytest.raises(ServiceError, match=r"certificate cannot be trusted .* SSL_CERT_FILE"):
            ask(make_system, server, own_server=own_server)
        assert server.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        (answer,) = ask(make_system, server, own_server=own_server)
    assert isinstance(answer, Hypothesis)
