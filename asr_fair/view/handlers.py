"""Requests and answers: all behind the same guard, with the same headers, and nothing but GET and HEAD."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from tornado.log import app_log
from tornado.web import HTTPError, RequestHandler

from asr_fair.errors import AsrFairError
from asr_fair.report import render_html
from asr_fair.view.addresses import Place, ServerAddresses, place_of
from asr_fair.view.browser import Browser
from asr_fair.view.guard import Guard
from asr_fair.view.html import navigation_of, render, style_source
from asr_fair.view.listing import list_page
from asr_fair.view.query import QueryError, known, parameters, parse_query
from asr_fair.view.ranges import UnsatisfiableError, asked_span
from asr_fair.view.sound_section import players, sounds_wanted
from asr_fair.view.sounds import Sound, Sounds
from asr_fair.view.utterance import utterance_page
from asr_fair.view.wave import Outline

PATIENCE_S = 3.0
"""What a page waits for its pictures of sounds; a player waits for as long as it takes."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_OWN_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"')


@dataclass(frozen=True, eq=False)
class Served:
    """What is served, to whom, and the threads that make what takes time."""

    browser: Browser
    guard: Guard
    sounds: Sounds
    sound_thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "sound"))
    """One, since no two sounds may be made at once."""
    report_thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "report"))

    @cached_property
    def addresses(self) -> ServerAddresses:
        """Where pages lead to."""
        return ServerAddresses(self.browser.catalogue)

    @cached_property
    def report(self) -> asyncio.Future[str]:
        """The report, made once, by a thread of its own."""
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(
            self.report_thread, lambda: render_html(self.browser.run.results, "utterances?")
        )

    def warm_up(self) -> None:
        """Begin with what takes long before anybody asks: the report, texts, what the first sound needs."""
        # What goes wrong there is told to whoever asks for the report.
        self.report.add_done_callback(lambda done: done.cancelled() or done.exception())
        asyncio.get_running_loop().run_in_executor(self.report_thread, self.browser.texts.load)
        if self.sounds.refusal() is None:
            asyncio.get_running_loop().run_in_executor(self.sound_thread, self.sounds.try_one)

    async def in_sound_thread(self, make: Callable[[], Sound]) -> Sound:
        """A sound, while other requests are answered."""
        return await asyncio.get_running_loop().run_in_executor(self.sound_thread, make)


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What went wrong, for the one who asked."""

    title: str
    run_title: str
    message: str


def page_policy(style: str) -> str:
    """The content policy of a page of ours: its one style sheet, sounds of this server, and nothing else."""
    return (
        f"default-src 'none'; style-src {style}; media-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


class Handler(RequestHandler):
    """Guard, headers and errors of every answer."""

    served: Served

    def initialize(self, served: Served) -> None:
        """Take what is served."""
        self.served = served

    def set_default_headers(self) -> None:
        """Headers that forbid to store, embed, frame, sniff and refer."""
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.set_header("Content-Security-Policy", page_policy(style_source()))

    def compute_etag(self) -> str | None:
        """No tag: nothing is stored."""
        return None

    def prepare(self) -> None:
        """Refuse foreign hosts and origins, other methods, and whoever has no token."""
        if refusal := self.served.guard.refusal(self.request.headers):
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="Forbidden", log_message=refusal)
        if self.request.method not in ("GET", "HEAD"):
            self.set_header("Allow", "GET, HEAD")
            raise HTTPError(HTTPStatus.METHOD_NOT_ALLOWED)
        if not self._is_admitted():
            raise HTTPError(HTTPStatus.FORBIDDEN, log_message=NO_TOKEN)

    async def get(self) -> None:
        """Answer; what is wrong with the address is said in a page."""
        try:
            await self.answer()
        except QueryError as error:
            self.answer_error(HTTPStatus.BAD_REQUEST, str(error))
        except AsrFairError as error:
            self.answer_error(HTTPStatus.CONFLICT, str(error))

    head = get

    async def answer(self) -> None:
        """Write the answer. Raises QueryError and other kinds of AsrFairError."""
        raise HTTPError(HTTPStatus.NOT_FOUND)

    def answer_page(self, text: str) -> None:
        """Finish with a page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(text)

    def answer_error(self, status: HTTPStatus, message: str) -> None:
        """Finish with a page that says what is wrong."""
        self.set_status(status)
        page = ErrorPage(status.phrase, self.served.browser.title, message)
        self.answer_page(render("error", page))

    def log_exception(self, *exc_info: Any) -> None:
        """Defects alone are logged, without the address: it may hold the token, and names utterances."""
        if not isinstance(exc_info[1], HTTPError):
            app_log.error("A defect of asr-fair: please report it.", exc_info=exc_info)

    def write_error(self, status_code: int, **arguments: Any) -> None:
        """A line of plain text: whoever is refused learns nothing of the run."""
        error = arguments.get("exc_info", (None, None))[1]
        message = error.log_message if isinstance(error, HTTPError) else None
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code} {HTTPStatus(status_code).phrase}: {message or 'nothing else to say'}\n")

    def _is_admitted(self) -> bool:
        return self.served.guard.admits(self.get_cookie(self._cookie))

    @property
    def _cookie(self) -> str:
        """Cookies know no ports: each server's has a name of its own."""
        return f"asr-fair-view-{urlsplit(f'//{self.request.host}').port or 80}"


NO_TOKEN = "open the address that `asr-fair view` printed: it holds the token"  # noqa: S105 - a sentence


class ReportHandler(Handler):
    """The report, whose links lead into the lists; here the token becomes a cookie."""

    async def answer(self) -> None:
        """Write the report."""
        text = await asyncio.shield(self.served.report)
        # The page's own policy; a header alone can forbid frames.
        if found := _OWN_POLICY.search(text):
            self.set_header("Content-Security-Policy", f"{html.unescape(found[1])}; frame-ancestors 'none'")
        self.answer_page(text)

    def _is_admitted(self) -> bool:
        try:
            token = parameters(self.request.query).get("token")
        except QueryError:  # what cannot be read holds no token of ours
            token = None
        if self.served.guard.token is not None and token is not None:
            if not self.served.guard.admits(token):
                return False
            self.set_cookie(self._cookie, self.served.guard.token, httponly=True, samesite="Strict", path="/")
            self.redirect("./", status=HTTPStatus.SEE_OTHER)
            return True
        return super()._is_admitted()


class ListHandler(Handler):
    """The filtered list."""

    async def answer(self) -> None:
        """Write a page of the list."""
        browser = self.served.browser
        query = parse_query(self.request.query, browser.catalogue)
        page = list_page(browser, query, self.served.addresses)
        self.answer_page(render("list", page, here="utterances", navigation=navigation_of(query)))


class UtteranceHandler(Handler):
    """One utterance, with its sounds."""

    async def answer(self) -> None:
        """Write the page; pictures of sounds that take long are left out."""
        browser = self.served.browser
        asked = parameters(self.request.query)
        place = place_of(asked, browser.catalogue, browser.numbers)
        page = utterance_page(browser, place, self.served.addresses, asked)
        refusal = self.served.sounds.refusal()
        found = [] if refusal else [(each, await self._outline(place, each)) for each in sounds_wanted(place)]
        shown = players(place, found, self.served.addresses)
        navigation = navigation_of(place.query)
        self.answer_page(render("utterance", page, navigation=navigation, refusal=refusal, players=shown))

    async def _outline(self, place: Place, condition: str) -> Outline | str | None:
        """The outline of a sound, why there is none, or None where it takes longer than a page may."""
        try:
            self.served.sounds.check(place.utterance, condition)
            making = asyncio.ensure_future(
                self.served.in_sound_thread(lambda: self.served.sounds.sound(place.utterance, condition))
            )
            done, _ = await asyncio.wait([making], timeout=PATIENCE_S)
            if not done:
                making.add_done_callback(lambda late: late.exception())  # the player asks again, and is told
                return None
            return making.result().outline
        except (AsrFairError, OSError) as error:
            return str(error)


class SoundHandler(Handler):
    """One sound, whole or the part that a player asks for."""

    async def answer(self) -> None:
        """Write the WAV file, or the part of it that was asked for."""
        browser = self.served.browser
        asked = parameters(self.request.query)
        number = browser.numbers[known("utterance", asked.pop("id", ""), browser.numbers)]
        condition = known("condition", asked.pop("condition", ""), browser.catalogue.conditions)
        for name in asked:
            known("parameter", name, ("id", "condition"))
        sound = await self.served.in_sound_thread(lambda: self.served.sounds.sound(number, condition))
        self.set_header("Content-Type", "audio/wav")
        self.set_header("Accept-Ranges", "bytes")
        try:
            span = asked_span(self.request.headers.get("Range"), len(sound.wav))
        except UnsatisfiableError as error:
            self.set_header("Content-Range", str(error))
            self.set_status(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.finish()
            return
        if span is None:
            self.finish(sound.wav)
            return
        self.set_status(HTTPStatus.PARTIAL_CONTENT)
        self.set_header("Content-Range", span.content_range)
        self.finish(sound.wav[span.start : span.stop])


ROUTES: tuple[tuple[str, type[Handler]], ...] = (
    (r"/", ReportHandler),
    (r"/utterances", ListHandler),
    (r"/utterance", UtteranceHandler),
    (r"/sound", SoundHandler),
)
