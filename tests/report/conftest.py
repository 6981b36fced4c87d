"""One set of rendered results for the tests that only look."""

from __future__ import annotations

import pytest
from made_people import render_card_html
from made_results import make_results
from pages import Page

from asr_fair.fairness.results import Results
from asr_fair.report import render_html


@pytest.fixture(scope="session")
def results() -> Results:
    return make_results(synthetic=True)


@pytest.fixture(scope="session")
def report_html(results: Results) -> str:
    return render_html(results)


@pytest.fixture(scope="session")
def report(report_html: str) -> Page:
    return Page.parse(report_html)


@pytest.fixture(scope="session")
def card_page(results: Results) -> Page:
    return Page.parse(render_card_html(results))
