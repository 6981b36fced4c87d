"""The server over HTTP: what it sends, to whom, and what it refuses."""

from __future__ import annotations

import http.client
import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import quote, urlencode, urlsplit

import pytest
import soundfile

from asr_fair.records import SAMPLE_RATE_HZ
from asr_fair.view.browser import Browser
from asr_fair.view.html import NAVIGATION
from view.hearing import SCANNER
from view.made_run import HOSTILE_GROUP, HOSTILE_ID, TEXTS

PAGES = ["/", "/utterances", "/utterance?id=rtl", "/utterances?kind=sneezes", "/nowhere", "/sound?id=rtl"]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class TagsOf(HTMLParser):
    """Names of elements and attributes of a page, and where it leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]


def ask(address: str, path: str, method: str = "GET", **headers: str) -> Answer:
    """One request to the server at `address`; an underscore in a header's name is a hyphen."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=sent)
    answer = connection.getresponse()
    found = Answer(answer.status, dict(answer.getheaders()), answer.read())
    connection.close()
    return found


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_forbids_to_store_embed_and_run(made_address: str, path: str) -> None:
    answer = ask(made_address, path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Server" not in answer.headers
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert not re.search(r"script-src|unsafe|\*|http", policy)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
    ],
)
def test_foreign_hosts_and_origins_are_refused_everywhere(
    made_address: str, path: str, headers: dict[str, str]
) -> None:
    for method in ("GET", "HEAD", "POST"):
        answer = ask(made_address, path, method, **headers)
        assert answer.status == 403
        assert b"ward" not in answer.body.lower()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/utterances", "/nowhere"])
def test_nothing_but_reading_is_answered(made_address: str, method: str, path: str) -> None:
    assert ask(made_address, path, method).status == 405


@pytest.mark.parametrize(
    "path",
    ["/../run.json", "/run.json", "/%2e%2e/%2e%2e/etc/passwd", "/static/x", "/utterances/", "//etc/passwd"],
)
def test_no_address_is_a_path_of_files(made_address: str, path: str) -> None:
    assert ask(made_address, path).status == 404


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/utterances?kind=sneezes", "unknown kind"),
        ("/utterances?tag.accent=Welsh", "unknown group"),
        ("/utterance?id=../../etc/passwd", "unknown utterance"),
        ("/utterance", "unknown utterance"),
        ("/sound?id=rtl&condition=loud", "unknown condition"),
        ("/sound?id=rtl&condition=clean&path=/etc/passwd", "unknown parameter"),
        ("/utterances?" + urlencode({"system": "<script>alert(1)</script>"}), "unknown system"),
    ],
)
def test_an_address_that_asks_for_what_there_is_not_is_told_so(
    made_address: str, path: str, said: str
) -> None:
    answer = ask(made_address, path)
    assert answer.status == 400
    assert said in answer.text
    assert "<script" not in answer.text


def test_a_head_request_gets_the_headers_alone(made_address: str) -> None:
    whole, head = (ask(made_address, "/utterances", method) for method in ("GET", "HEAD"))
    assert head.body == b""
    assert head.headers["Content-Length"] == str(len(whole.body))


def test_hostile_texts_are_text_in_every_page(made_address: str) -> None:
    group = urlencode({"tag.accent": HOSTILE_GROUP})
    paths = ["/utterances", f"/utterances?{group}", f"/utterance?{urlencode({'id': HOSTILE_ID})}&{group}"]
    for path in paths:
        answer = ask(made_address, path)
        assert answer.status == 200
        tags = TagsOf()
        tags.feed(answer.text)
        assert not tags.names & {"script", "img", "iframe", "object", "embed", "link", "b", "i"}
        assert not {name for name in tags.attributes if name.startswith("on") or name == "style"}
        ours = {"utterances", "utterance", "sound", "#content", *NAVIGATION}
        assert {re.sub(r"\?.*", "", each, flags=re.DOTALL) for each in tags.addresses} <= ours
        assert "<b>round" not in answer.text
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", answer.text)
        assert "⟨U+202E⟩" in answer.text


@pytest.mark.parametrize("utterance_id", list(TEXTS))
def test_every_utterance_has_its_page_with_both_systems_beside_each_other(
    made_address: str, utterance_id: str
) -> None:
    answer = ask(made_address, f"/utterance?id={quote(utterance_id)}&at.system=one&beside.system=two")
    assert answer.status == 200
    assert answer.text.count('<section class="panel"') == 2
    assert "Private." in answer.text


def test_without_consent_there_is_no_player_and_no_sound(made_address: str) -> None:
    answer = ask(made_address, "/utterance?id=rtl")
    assert "<audio" not in answer.text
    assert "does not hold &#39;play_audio&#39;" in answer.text
    refused = ask(made_address, "/sound?id=rtl&condition=clean")
    assert refused.status == 409
    assert "does not hold" in refused.text


def test_a_sound_can_be_asked_for_in_parts(heard_address: str, heard: Browser) -> None:
    path = f"/sound?{urlencode({'id': heard.catalogue.utterance_ids[0], 'condition': SCANNER})}"
    whole = ask(heard_address, path)
    assert (whole.status, whole.headers["Content-Type"]) == (200, "audio/wav")
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert soundfile.info(io.BytesIO(whole.body)).samplerate == SAMPLE_RATE_HZ
    size = len(whole.body)
    part = ask(heard_address, path, Range="bytes=100-199")
    assert (part.status, part.body) == (206, whole.body[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{size}"
    assert ask(heard_address, path, Range="bytes=-50").body == whole.body[-50:]
    beyond = ask(heard_address, path, Range=f"bytes={size}-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")


def test_a_page_with_sound_shows_a_player_and_an_outline_for_clean_and_as_heard(
    heard_address: str, heard: Browser
) -> None:
    for number in (0, 5):  # the first one may wait for libraries longer than a page does
        asked = {"id": heard.catalogue.utterance_ids[number], "at.condition": SCANNER}
        answer = ask(heard_address, f"/utterance?{urlencode(asked)}")
    assert answer.text.count("<audio controls") == 2
    assert answer.text.count('<svg class="wave"') == 2
    assert "Waveform of" in answer.text
    assert "SNR asked for" in answer.text
    assert "Probability that nobody speaks" in answer.text


Serve = Callable[..., AbstractContextManager[str]]


def test_beyond_loopback_the_token_opens_and_becomes_a_cookie(made: Browser, serve: Serve) -> None:
    with serve(made, token="s3cret", host="0.0.0.0") as address:  # noqa: S104, S106
        for path in PAGES:
            assert ask(address, path).status == 403
        assert ask(address, "/?token=wrong").status == 403
        assert ask(address, "/utterances?token=s3cret").status == 403
        assert address.endswith("/?token=s3cret")
        opened = ask(address, "/?token=s3cret")
        assert (opened.status, opened.headers["Location"]) == (303, "./")
        cookie = opened.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        name_and_value = cookie.partition(";")[0]
        assert ask(address, "/utterances", Cookie=name_and_value).status == 200
        assert ask(address, "/utterances", Cookie=name_and_value[:-1]).status == 403
        assert ask(address, "/utterances", Cookie=name_and_value, Host="evil.example").status == 403


def test_a_sound_that_takes_long_stops_nobody_else(
    heard: Browser, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from asr_fair.view.sounds import Sounds

    go_on, original = threading.Event(), Sounds.sound

    def slow(self: Sounds, number: int, condition: str) -> object:
        assert go_on.wait(60)
        return original(self, number, condition)

    monkeypatch.setattr(Sounds, "sound", slow)
    monkeypatch.setattr("asr_fair.view.handlers.PATIENCE_S", 0.05)
    try:
        with serve(heard) as address:
            page = ask(address, f"/utterance?{urlencode({'id': heard.catalogue.utterance_ids[0]})}")
            assert "The picture is still being made" in page.text
            assert "<audio controls" in page.text
            assert ask(address, "/utterances").status == 200
            go_on.set()
    finally:
        go_on.set()


@pytest.mark.parametrize(
    "query", ["token=s3cret&token=s3cret", "token=s3cret&a=%ff", "&".join(["a=1"] * 300)]
)
def test_a_query_that_cannot_be_read_is_refused_and_the_token_in_it_not_logged(
    made: Browser, serve: Serve, caplog: pytest.LogCaptureFixture, query: str
) -> None:
    with serve(made, token="s3cret", host="0.0.0.0") as address:  # noqa: S104, S106
        assert ask(address, f"/?{query}").status == 403
    assert "s3cret" not in caplog.text


def test_a_defect_is_logged_without_the_address_that_met_it(
    made: Browser, serve: Serve, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("asr_fair.view.handlers.parse_query", broken)
    with serve(made) as address:
        assert ask(address, "/utterances?condition=clean").status == 500
    assert "RuntimeError" in caplog.text
    assert "condition=clean" not in caplog.text
