"""Pages opened in a real Chromium, and all that they said and asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page


@dataclass
class Opened:
    """A page, the lines on its console, and the addresses of all its requests, its own the first."""

    page: Page
    said: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)


@contextmanager
def opened(browser: Browser, path: Path, *, width_px: int = 1280, **context: Any) -> Iterator[Opened]:
    """The page at a width and 800 px high; `context`: of Playwright, such as `color_scheme`."""
    page = browser.new_page(viewport={"width": width_px, "height": 800}, **context)
    found = Opened(page)
    page.on("console", lambda message: found.said.append(message.text))
    page.on("pageerror", lambda error: found.said.append(str(error)))
    page.on("dialog", lambda dialog: found.said.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: found.requested.append(request.url))
    page.goto(path.as_uri())
    yield found
    page.close()
