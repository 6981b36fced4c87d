"""The pages of an exported folder: each opens from a disk, leads to the others, and fetches nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import urlencode

from markupsafe import Markup

from asr_fair.report import render_html
from asr_fair.report.html import policy_source
from asr_fair.report.wording import count
from asr_fair.view.addresses import Place, place_parameters
from asr_fair.view.browser import Browser
from asr_fair.view.catalogue import Catalogue, Rows
from asr_fair.view.export_data import as_json_in_html, export_data, wave_data
from asr_fair.view.forms import Field, filter_fields
from asr_fair.view.html import render, style_source
from asr_fair.view.query import Query
from asr_fair.view.suspect_study import SuspectStudy
from asr_fair.view.suspects import suspects_page
from asr_fair.view.wave import Outline
from asr_fair.view.word_study import WordStudies
from asr_fair.view.words import words_page
from asr_fair.wording import counted

UTTERANCES, REPORT = "utterances.html", "report.html"
NAVIGATION: Mapping[str, str] = MappingProxyType(
    {
        REPORT: "Report",
        UTTERANCES: "Utterances",
        "words.html": "Words",
        "references.html": "Suspected references",
    }
)
Page: TypeAlias = tuple[str, Callable[[], str]]
"""A page's name, and what makes its text."""

WORD_PAGES = 60
"""Groups of each system whose words are tested beforehand: some seconds each."""


@dataclass(frozen=True, eq=False)
class FolderAddresses:
    """Addresses within the folder: what stands behind # is read by the page's script."""

    catalogue: Catalogue

    def utterances(self, query: Query) -> str:
        """A filtered list."""
        return f"{UTTERANCES}#{query.text}"

    def utterance(self, place: Place) -> str:
        """One utterance."""
        return f"{UTTERANCES}#{urlencode(place_parameters(place, self.catalogue))}"

    def sound(self, utterance: int, condition: str) -> str:
        """The file of a sound, named by numbers: ids are no file names."""
        return f"sound/{utterance}-{self.catalogue.conditions.index(condition)}.wav"


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A sound of the folder: its file, and what its picture is drawn from."""

    name: str
    outline: Outline


@dataclass(frozen=True, slots=True)
class UtterancesPage:
    """The page with the script."""

    title: str
    run_title: str
    words: str
    fields: Sequence[Field]


def pages(browser: Browser, rows: Rows, sounds: Mapping[tuple[int, str], SoundFile]) -> list[Page]:
    """All pages. `sounds`: by utterance (its number) and condition."""
    return [
        (REPORT, lambda: render_html(browser.run.results, f"{UTTERANCES}#")),
        (UTTERANCES, lambda: utterances_html(browser, rows, sounds)),
        *_word_pages(browser),
        *_reference_pages(browser),
    ]


def utterances_html(browser: Browser, rows: Rows, sounds: Mapping[tuple[int, str], SoundFile]) -> str:
    """The page that filters and shows the exported rows."""
    catalogue = browser.catalogue
    names = {which: sound.name for which, sound in sounds.items()}
    data = export_data(
        browser, rows, lambda *which: names.get(which), least_speakers=browser.least_speakers
    ) | {"waves": {sound.name: wave_data(sound.outline) for sound in sounds.values()}}
    page = UtterancesPage(
        "Utterances", browser.title, exported_words(catalogue, rows), filter_fields(catalogue, Query())
    )
    policy = _policy(f"script-src {policy_source(_script())}; media-src 'self' file:; ")
    return render(
        "export",
        page,
        here=UTTERANCES,
        navigation=NAVIGATION,
        policy=policy,
        data=as_json_in_html(data),
        script=Markup(_script()),  # noqa: S704 - our own file
    )


def exported_words(catalogue: Catalogue, rows: Rows) -> str:
    """What the folder holds, and what its limit left out."""
    n_all = len(catalogue.losses)
    if len(rows) == n_all:
        return f"All {counted(n_all, 'transcript')} of this run."
    most = max(int((rows // catalogue.n_utterances == each).sum()) for each in range(len(catalogue.columns)))
    return (
        f"{count(len(rows))} of {counted(n_all, 'transcript')}: of each condition and system the "
        f"{counted(most, 'utterance')} with the most errors. {count(n_all - len(rows))} with fewer errors "
        "are not in this folder, so nothing here gives a rate."
    )


def _word_pages(browser: Browser) -> list[Page]:
    """A page for each group and system whose words may be shown, under the quietest condition."""
    studies = WordStudies(browser)
    quiet = SuspectStudy(browser).condition
    asked = [
        Query(condition=quiet, system=system, groups={dimension: group})
        for system in browser.catalogue.systems
        if (quiet, system) in browser.catalogue.columns
        for dimension, groups in studies.groups.items()
        for group in groups
    ]
    names = _names("words", asked[:WORD_PAGES] or [Query()])

    n_left_out = len(asked) - len(asked[:WORD_PAGES])

    def make(query: Query, name: str) -> str:
        page = words_page(studies, query, lambda about: names.get(about.text))
        return _static("words", page, name, n_left_out=n_left_out)

    return [(name, partial(make, query, name)) for query, name in _by_query(asked or [Query()], names)]


def _reference_pages(browser: Browser) -> list[Page]:
    """A page for each system, under the quietest condition."""
    study = SuspectStudy(browser)
    asked = [
        Query(condition=condition, system=system)
        for condition, system in browser.catalogue.columns
        if condition == study.condition
    ]
    names = _names("references", asked)
    addresses = FolderAddresses(browser.catalogue)

    def make(query: Query, name: str) -> str:
        page = suspects_page(study, query, lambda about: names.get(about.text), addresses)
        return _static("references", page, name)

    return [(name, partial(make, query, name)) for query, name in _by_query(asked, names)]


def _by_query(asked: Sequence[Query], names: Mapping[str, str]) -> list[tuple[Query, str]]:
    return [(query, names[query.text]) for query in asked if query.text in names]


def _names(stem: str, asked: Sequence[Query]) -> dict[str, str]:
    return {query.text: _numbered(stem, place) for place, query in enumerate(asked)}


def _numbered(stem: str, place: int) -> str:
    """The first page of a kind is the one that others lead to."""
    return f"{stem}-{place + 1}.html" if place else f"{stem}.html"


def _static(template: str, page: object, name: str, **more: object) -> str:
    return render(template, page, here=name, navigation=NAVIGATION, policy=_policy(""), **more)


def _policy(more: str) -> str:
    return f"default-src 'none'; style-src {style_source()}; {more}base-uri 'none'; form-action 'none'"


@cache
def _script() -> str:
    return (resources.files(__package__) / "templates" / "export.js").read_text(encoding="utf-8")
