"""Runs to look at, made once, and a server for them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from tornado.netutil import bind_sockets

from asr_fair.view.browser import Browser
from asr_fair.view.guard import Guard
from asr_fair.view.handlers import Served
from asr_fair.view.server import address_of, listen
from asr_fair.view.sounds import Sounds
from view.hearing import write_heard_run
from view.made_run import write_made_run
from view.word_run import write_word_run


@pytest.fixture(scope="session")
def made_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Transcripts that were handed in, hostile ones among them; no sound."""
    return write_made_run(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def made(made_run: Path) -> Browser:
    return Browser.open(made_run)


@pytest.fixture(scope="session")
def heard_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of twelve demo utterances whose recogniser wrote down the digest of what it heard."""
    return write_heard_run(tmp_path_factory.mktemp("heard"))


@pytest.fixture(scope="session")
def heard(heard_run: Path) -> Browser:
    return Browser.open(heard_run)


@contextmanager
def serving(browser: Browser, token: str | None = None, host: str = "127.0.0.1") -> Iterator[str]:
    """A server on loopback in a thread; gives its address. `host`: what its guard believes it is bound to."""
    ready, stop = threading.Event(), threading.Event()
    found: list[str] = []

    async def run() -> None:
        served = Served(browser, Guard.of(host, token), Sounds(browser))
        sockets = bind_sockets(0, address="127.0.0.1")
        server = listen(served, sockets)
        found.append(address_of(served.guard, "127.0.0.1", sockets[0].getsockname()[1]))
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.02)
        server.stop()
        await server.close_all_connections()
        served.sound_thread.shutdown(cancel_futures=True)
        served.report_thread.shutdown(cancel_futures=True)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(60)
    try:
        yield found[0]
    finally:
        stop.set()
        thread.join(60)


@pytest.fixture(scope="session")
def serve() -> Callable[..., AbstractContextManager[str]]:
    return serving


@pytest.fixture(scope="module")
def made_address(made: Browser) -> Iterator[str]:
    with serving(made) as address:
        yield address


@pytest.fixture(scope="module")
def heard_address(heard: Browser) -> Iterator[str]:
    with serving(heard) as address:
        yield address


@pytest.fixture(scope="session")
def word_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Groups large enough to compare, with a planted word and a group that is too thin to be shown."""
    return write_word_run(tmp_path_factory.mktemp("words"))
