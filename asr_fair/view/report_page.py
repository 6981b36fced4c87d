"""The report as the browser's first page: its groups lead to their utterances."""

from __future__ import annotations

import inspect
from typing import Any

from asr_fair.fairness.results import Results
from asr_fair.report import render_html

BROWSE = "utterances?"
"""What stands before the queries of `report.links` on this server."""


def report_html(results: Results, browse: str = BROWSE) -> str:
    """The report as HTML, with links into the lists where the report makes such links."""
    # For whoever merges: once render_html has `browse`, this is render_html(results, browse=browse).
    links: dict[str, Any] = {"browse": browse} if has_links() else {}
    return render_html(results, **links)


def has_links() -> bool:
    """Whether this version's report can lead into the browser."""
    return "browse" in inspect.signature(render_html).parameters
