"""Headless Chromium as all tests start it, and what a checker of accessibility finds in a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources

from playwright.sync_api import Browser, Page, sync_playwright

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def started(chromium: str, *more: str) -> Iterator[Browser]:
    """One for a module at most: while it runs, its thread has an event loop that others may not nest."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*QUIET, *more])
        yield browser
        browser.close()


def grave_faults(page: Page, *, least_passed: int = 10) -> list[tuple[str, str]]:
    """Rules that axe finds broken, serious and critical ones, with the first element; all unfolded.

    Of violations alone every node is told: to tell those of all that is well takes it most of its time.
    `least_passed`: rules that must have found something to look at, and no fault in it.
    """
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    page.evaluate(_axe())
    result = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert len(result["passes"]) > least_passed
    grave = [one for one in result["violations"] if one["impact"] in ("serious", "critical")]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in grave]


@cache
def _axe() -> str:
    return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
