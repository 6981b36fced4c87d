"""Pages of the browser as HTML: everything escaped, one style sheet named by its hash, no script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import jinja2
from markupsafe import Markup, escape

from asr_fair.report.html import policy_source
from asr_fair.view.marks import visible
from asr_fair.view.query import Query

NAVIGATION: Mapping[str, str] = MappingProxyType(
    {
        "./": "Report",
        "utterances": "Utterances",
        "words": "Words",
        "references": "Suspected references",
    }
)
"""Pages that every page leads to, by address."""


def navigation_of(query: Query) -> dict[str, str]:
    """`NAVIGATION` with what is chosen: the condition, the system and the groups that a page takes."""
    chosen = Query(condition=query.condition, system=query.system, groups=query.groups)
    asked = {
        "utterances": chosen,
        "words": chosen if len(query.groups) < 2 else replace(chosen, groups={}),
        "references": chosen,
    }
    found = {}
    for address, name in NAVIGATION.items():
        text = asked[address].text if address in asked else ""
        found[f"{address}?{text}" if text else address] = name
    return found


def render(
    template: str,
    page: object,
    *,
    here: str = "",
    navigation: Mapping[str, str] = NAVIGATION,
    **more: object,
) -> str:
    """A page through one of our templates; `here`: its address in `navigation`."""
    chosen = _environment().get_template(f"{template}.html.jinja")
    css = Markup(_css())  # noqa: S704 - our own files
    return chosen.render(page=page, here=here, navigation=navigation, css=css, **more)


@cache
def style_source() -> str:
    """The one style sheet in a content policy."""
    return policy_source(_css())


@cache
def _css() -> str:
    """The report's style sheet, and what the browser adds to it."""
    parts = [resources.files("asr_fair.report") / "templates" / "page.css"]
    parts.append(resources.files(__package__) / "templates" / "view.css")
    return "".join(part.read_text(encoding="utf-8") for part in parts)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("asr_fair.view"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["shown"] = shown
    environment.filters["visible"] = visible
    return environment


def shown(text: Any) -> Markup:
    """A stranger's text in a page: escaped, its controls visible, its direction kept to itself."""
    return Markup("<bdi>{}</bdi>").format(escape(visible(str(text))))
