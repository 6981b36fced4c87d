"""Requests that a page elsewhere, or a name elsewhere, has made are refused."""

from __future__ import annotations

import pytest

from asr_fair.view.guard import Guard, is_loopback, new_token

LOOPBACK = Guard.of("127.0.0.1", None)
BEYOND = Guard.of("0.0.0.0", "secret")  # noqa: S104


@pytest.mark.parametrize("host", ["127.0.0.1:8733", "localhost:1", "LOCALHOST:1", "[::1]:8733", "127.0.0.2"])
def test_names_of_this_machine_are_answered_on_any_port(host: str) -> None:
    """Also on the port of a tunnel: the name is what an attacker would need."""
    assert LOOPBACK.refusal({"Host": host}) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8733",
        "",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.5:1",
        "[::",
        "a@b",
    ],
)
def test_other_names_are_refused(host: str) -> None:
    assert LOOPBACK.refusal({"Host": host})


def test_beyond_loopback_addresses_are_answered_and_names_of_others_are_not() -> None:
    assert BEYOND.refusal({"Host": "192.168.1.5:8733"}) is None
    assert BEYOND.refusal({"Host": "evil.example"})
    assert Guard.of("audit.ward.example", "secret").refusal({"Host": "audit.ward.example:80"}) is None


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1", "http://localhost:80"]
)
def test_foreign_origins_are_refused_those_of_other_ports_too(origin: str) -> None:
    assert LOOPBACK.refusal({"Host": "localhost:8733", "Origin": origin})
    assert LOOPBACK.refusal({"Host": "localhost:8733", "Origin": "http://localhost:8733"}) is None


def test_what_another_site_embeds_is_refused_and_a_link_from_there_is_not() -> None:
    embedded = {"Host": "localhost:1", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert LOOPBACK.refusal(embedded)
    assert LOOPBACK.refusal({**embedded, "Sec-Fetch-Mode": "navigate"}) is None
    followed = {**embedded, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert LOOPBACK.refusal(followed) is None
    for place in ("iframe", "embed", "object", "frame"):
        assert LOOPBACK.refusal({**followed, "Sec-Fetch-Dest": place})
    assert LOOPBACK.refusal({**embedded, "Sec-Fetch-Site": "same-origin"}) is None


def test_the_token_alone_opens_a_server_that_has_one() -> None:
    assert BEYOND.admits("secret")
    assert not BEYOND.admits("secreT")
    assert not BEYOND.admits("sécret")
    assert not BEYOND.admits(None)
    assert LOOPBACK.admits(None)
    assert len({new_token() for _ in range(9)}) == 9
    assert len(new_token()) >= 43


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("Localhost", True)]
    + [(host, False) for host in ("0.0.0.0", "::", "192.168.1.5", "", "localhost.evil.example")],  # noqa: S104
)
def test_loopback_is_what_only_this_machine_reaches(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
