"""Answers that take seconds: words of a group and suspected references, made by a thread of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from asr_fair.view.browser import Browser
from asr_fair.view.handlers import Handler, Served
from asr_fair.view.html import navigation_of, render
from asr_fair.view.query import parse_query
from asr_fair.view.suspect_study import SuspectStudy
from asr_fair.view.suspects import suspects_page
from asr_fair.view.word_study import WordStudies
from asr_fair.view.words import words_page


class Analyses:
    """What is remembered between requests, and the one thread that makes it."""

    def __init__(self, browser: Browser) -> None:
        self.words = WordStudies(browser)
        self.suspects = SuspectStudy(browser)

    @cached_property
    def thread(self) -> ThreadPoolExecutor:
        """One, since two studies at once would make each other slow."""
        return ThreadPoolExecutor(1, "analysis")

    async def make(self, page: Callable[[], str]) -> str:
        """A page, while other requests are answered."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, page)


class AnalysisHandler(Handler):
    """A page made by the analyses of the run."""

    analyses: Analyses

    def initialize(self, served: Served, analyses: Analyses) -> None:  # type: ignore[override]
        """Take what is served and what was found in it."""
        super().initialize(served)
        self.analyses = analyses


class WordsHandler(AnalysisHandler):
    """Words and confusions of one group."""

    async def answer(self) -> None:
        """Write the page."""
        query = parse_query(self.request.query, self.served.browser.catalogue)

        def make() -> str:
            page = words_page(self.analyses.words, query, lambda about: f"words?{about.text}")
            return render("words", page, here="words", navigation=navigation_of(query))

        self.answer_page(await self.analyses.make(make))


class ReferencesHandler(AnalysisHandler):
    """Suspected references."""

    async def answer(self) -> None:
        """Write the page."""
        query = parse_query(self.request.query, self.served.browser.catalogue)

        def make() -> str:
            page = suspects_page(
                self.analyses.suspects,
                query,
                lambda about: f"references?{about.text}",
                self.served.addresses,
            )
            return render("references", page, here="references", navigation=navigation_of(query))

        self.answer_page(await self.analyses.make(make))


ANALYSIS_ROUTES: tuple[tuple[str, type[AnalysisHandler]], ...] = (
    (r"/words", WordsHandler),
    (r"/references", ReferencesHandler),
)
