"""Pages as one HTML file each: styles inlined, plots as SVG, no script, nothing fetched."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from importlib import resources

import jinja2
from markupsafe import Markup

from asr_fair.fairness.results import ComparedRuns, Results
from asr_fair.report.compare.page import build_comparison
from asr_fair.report.page import build_report
from asr_fair.report.printable import visible
from asr_fair.report.spreadsheets.printed import csv_address, file_name


def render_html(results: Results, browse: str | None = None) -> str:
    """The report as HTML. Hidden values are not in it.

    `browse`: what stands before a query for utterances in a link to the browser of the run, `utterances?` or
    `utterances.html#`; without it there are no such links.
    """
    return render_page("report.html.jinja", build_report(results), browse=browse)


def render_comparison(compared: ComparedRuns) -> str:
    """Two systems compared, as HTML. Hidden values are not in it."""
    return render_page("compare.html.jinja", build_comparison(compared))


def render_page(template: str, page: object, **values: object) -> str:
    """A page from its template; `values` are what the template needs beside it."""
    css = _css()
    return (
        environment()
        .get_template(template)
        .render(
            page=page,
            css=Markup(css),  # noqa: S704 - our own file
            style_source=Markup(policy_source(css)),  # noqa: S704 - as above
            once=_once(),
            **{"handed_out": False, "browse": None, **values},
        )
    )


def policy_source(text: str) -> str:
    """A style sheet or script of ours as a content policy names it: by its hash, so that no other applies."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _once() -> Callable[[str], bool]:
    """Asks whether a text is met for the first time on a page: what explains figures is printed once."""
    met: set[str] = set()

    def is_first(text: str) -> bool:
        if text in met:
            return False
        met.add(text)
        return True

    return is_first


def _finalised(value: object) -> object:
    """A text as it may stand on a page; markup is our own."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value


@cache
def _css() -> str:
    return resources.files(__package__).joinpath("templates", "page.css").read_text(encoding="utf-8")


@cache
def environment() -> jinja2.Environment:
    """Templates of all pages: what ends in .html.jinja is escaped, and an unknown name is an error."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("asr_fair.report"),
        autoescape=jinja2.select_autoescape(("html.jinja",), default=False),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        finalize=_finalised,
    )
    environment.filters["csv_address"] = csv_address
    environment.filters["file_name"] = file_name
    environment.filters["kind"] = lambda value: type(value).__name__
    return environment
