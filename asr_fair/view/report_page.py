"""The report as the browser's first page: its groups lead to their utterances."""

from __future__ import annotations

from asr_fair.fairness.results import Results
from asr_fair.report import render_html


def report_html(results: Results) -> str:
    """The report as HTML."""
    return render_html(results)
