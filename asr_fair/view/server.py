"""The server: bound to a port, stopped by a signal."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from asr_fair.errors import ConfigError
from asr_fair.view.analysis_handlers import ANALYSIS_ROUTES, Analyses
from asr_fair.view.browser import Browser
from asr_fair.view.guard import Guard, is_loopback, new_token
from asr_fair.view.handlers import ROUTES, Handler, Served
from asr_fair.view.query import Sort
from asr_fair.view.sounds import Sounds

DEFAULT_PORT = 8733
"""A fixed one, so that a page that is open stays where it is when the server starts again."""
MOST_BODY_BYTES = 1024
"""Of requests, which have none."""
MOST_IDLE_S = 60.0
"""Until a request's headers are there: whoever has no token holds no connection for longer."""


def serve(
    folder: Path,
    *,
    host: str,
    port: int | None,
    token: bool | None,
    told: Callable[[str], None],
) -> None:
    """Serve a run until a signal ends it; `told` gets the address to open, once.

    Without a port, `DEFAULT_PORT` or where that is taken a free one. Without a word on the token: none on
    loopback, one beyond it.

    Raises ConfigError for a folder that holds no run, a host or port that cannot be had, and for a server
    beyond loopback without a token.
    """
    guard = guard_for(host, token)
    browser = Browser.open(folder)
    _ = browser.catalogue.ordered(Sort.ERRORS), browser.least_speakers  # once, before anybody waits for it
    sockets = _bound(host, port)
    asyncio.run(_serve(Served(browser, guard, Sounds(browser)), sockets, host, told))


def guard_for(host: str, token: bool | None) -> Guard:
    """The guard of a server that is bound to `host`. ConfigError beyond loopback where no token is wanted."""
    if token is False and not is_loopback(host):
        msg = f"--host {host}: others reach this server, so it needs its token. Leave out --no-token"
        raise ConfigError(msg)
    return Guard.of(host, new_token() if token or not is_loopback(host) else None)


def application(served: Served) -> Application:
    """All pages; what is at no address of ours is refused behind the same guard."""
    arguments = {"served": served}
    more = arguments | {"analyses": Analyses(served.browser)}
    return Application(
        [
            *((pattern, handler, arguments) for pattern, handler in ROUTES),
            *((pattern, handler, more) for pattern, handler in ANALYSIS_ROUTES),
        ],
        default_handler_class=Handler,
        default_handler_args=arguments,
        log_function=lambda handler: None,  # addresses name people's utterances
    )


def listen(served: Served, sockets: list[socket.socket]) -> HTTPServer:
    """Answer on bound sockets; needs a running loop."""
    server = HTTPServer(
        application(served), max_body_size=MOST_BODY_BYTES, idle_connection_timeout=MOST_IDLE_S
    )
    server.add_sockets(sockets)
    return server


def address_of(guard: Guard, host: str, port: int) -> str:
    """What to open; the token, where there is one, is in it."""
    name = f"[{host}]" if ":" in host else host
    if host in ("0.0.0.0", "::"):  # noqa: S104 - what the user asked to bind to
        name = socket.gethostname()
    query = f"?token={guard.token}" if guard.token else ""
    return f"http://{name}:{port}/{query}"


async def _serve(
    served: Served, sockets: list[socket.socket], host: str, told: Callable[[str], None]
) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stopped.set)
    server = listen(served, sockets)
    served.warm_up()
    told(address_of(served.guard, host, sockets[0].getsockname()[1]))
    await stopped.wait()
    server.stop()
    for threads in (served.sound_thread, served.report_thread):
        threads.shutdown(wait=False, cancel_futures=True)


def _bound(host: str, port: int | None) -> list[socket.socket]:
    try:
        return _sockets(host, DEFAULT_PORT if port is None else port)
    except OSError as error:
        if port is None and error.errno == errno.EADDRINUSE:
            return _sockets(host, 0)
        msg = f"--host {host} --port {port}: cannot be had ({error.strerror or error}). Name another one"
        raise ConfigError(msg) from error


def _sockets(host: str, port: int) -> list[socket.socket]:
    found: Any = bind_sockets(port, address=host)
    return list(found)
