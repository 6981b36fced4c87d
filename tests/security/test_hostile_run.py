"""Everything that is made of a run whose every name and text is an attack, beside that of a harmless twin."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser as Chromium

from asr_fair.report.spreadsheets.cells import FORMULA_STARTS
from asr_fair.view.browser import Browser
from chromium import started
from security.hostile_run import (
    Dress,
    Made,
    groups_of,
    harmless,
    harmless_words,
    hostile,
    hostile_words,
    ids_of,
    make,
)
from view.conftest import serving

UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe]")
"""What no file that people read may hold."""
PAGES = (
    "run/report.html",
    "run/card.html",
    "compared/compare.html",
    "shared/report.html",
    "shared/card.html",
)
OURS = re.compile(
    r"#|data:text/csv;charset=utf-8,|(utterances|utterance|words|references|sound)(\?|$)|\./$|[\w-]+\.html(#|$)"
)
DRAWN = {"g", "path", "text", "tspan", "title", "rect", "line", "defs", "clippath", "desc"}
LOOK = """() => ({
  tags: [...document.querySelectorAll('*')].filter(one => !one.parentElement?.closest('svg'))
    .map(one => one.tagName.toLowerCase()),
  drawn: [...document.querySelectorAll('svg *')].map(one => one.tagName.toLowerCase()),
  links: [...document.querySelectorAll('[href], [src], [action]')].map(
    one => one.getAttribute('href') || one.getAttribute('src') || one.getAttribute('action')),
  handlers: [...document.querySelectorAll('*')].flatMap(
    one => [...one.attributes].map(each => each.name)).filter(name => /^on|^style$|^srcdoc$/.test(name)),
  title: document.title,
  text: document.body.innerText,
})"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("hostile") / "made", hostile, hostile_words)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("harmless") / "made", harmless, harmless_words)


def test_every_command_does_with_it_what_it_does_with_the_twin(made: Made, twin: Made) -> None:
    assert made.status == twin.status
    assert {name for name, status in made.status.items() if status} == {"gate", "bad"}
    files = [
        sorted(
            str(path.relative_to(each.folder))
            for path in each.folder.rglob("*.*")
            if "sound" not in str(path)
        )
        for each in (made, twin)
    ]
    assert files[0] == files[1]


def test_no_line_of_a_terminal_moves_a_cursor_or_commands_a_ci_runner(made: Made) -> None:
    for name, said in made.said.items():
        lines = [line for line in said.split("\n") if "\r" not in line or "%|" not in line]  # bars are ours
        for line in lines:
            assert not UNSEEN.search(line), (name, line)
            assert not re.match(r"\s*::", line), (name, line)
            assert not re.search(r"##\w*\[", line), (name, line)


def test_no_file_that_people_read_holds_controls_or_turns_of_direction(made: Made) -> None:
    endings = {".html", ".md", ".tex", ".csv", ".xml"}
    read = [path for path in made.folder.rglob("*") if path.suffix in endings and path.name != "card_text.md"]
    assert len(read) > 40
    for path in read:
        # What a filter asks for is compared with the name as it is, and seen by nobody (see `look`).
        unread = r' value="[^"]*"|<script type="application/json" id="data">.*?</script>'
        text = re.sub(unread, "", path.read_text("utf-8"))
        assert not UNSEEN.search(text), path


def cells_of(text: str) -> Iterator[str]:
    for row in csv.reader(io.StringIO(text), strict=True):
        yield from row


def test_no_cell_of_a_table_is_a_formula(made: Made, twin: Made) -> None:
    tables = {path.relative_to(made.folder): path.read_text("utf-8") for path in made.folder.rglob("*.csv")}
    for page in PAGES:
        text = (made.folder / page).read_text("utf-8")
        for number, found in enumerate(re.findall(r'href="data:text/csv;charset=utf-8,([^"]*)"', text)):
            tables[Path(page) / str(number)] = unquote(found, errors="strict")
    assert len(tables) > 30
    for name, text in tables.items():
        for cell in cells_of(text):
            is_number = re.fullmatch(r"[+-]?\d[\d.e+-]*", cell) is not None
            assert is_number or not cell.startswith(FORMULA_STARTS), (name, cell)
        if (beside := twin.folder / name).is_file():
            assert sum(1 for _ in cells_of(text)) == sum(1 for _ in cells_of(beside.read_text("utf-8")))


def test_a_card_in_latex_knows_the_commands_of_the_twin_and_letters_alone(made: Made, twin: Made) -> None:
    def commands(each: Made) -> set[str]:
        return set(re.findall(r"\\[A-Za-z]+|\\.", (each.run / "card.tex").read_text("ascii")))

    letters = {"\\textbackslash", "\\textless", "\\textgreater", "\\textquotedbl", "\\textasciicircum"}
    letters |= {"\\textasciitilde", "\\textasciigrave", "\\textquotesingle", "\\textbar", "\\#", "\\%", "\\$"}
    letters |= {"\\&", "\\_", "\\{", "\\}"}
    assert commands(made) - commands(twin) <= letters
    assert "\\textbackslash{}input" in (made.run / "card.tex").read_text("ascii")


@pytest.mark.parametrize("name", ["run/card.md", "gate.md"])
def test_markdown_has_the_lines_of_the_twin_and_no_markup_of_a_stranger(
    made: Made, twin: Made, name: str
) -> None:
    text, beside = ((each.folder / name).read_text("utf-8") for each in (made, twin))
    shapes = [
        [(re.match(r"[#|\-*>]*", line)[0], len(re.findall(r"(?<!\\)\|", line))) for line in each.splitlines()]  # type: ignore[index]
        for each in (text, beside)
    ]
    assert shapes[0] == shapes[1]
    plain = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)<(?=[a-z/!])", plain)
    assert not re.search(r"(?<!\\)\]\((?!https://)", plain)


def test_what_machines_read_has_the_shape_of_the_twin(made: Made, twin: Made) -> None:
    def tags(each: Made) -> Counter[str]:
        return Counter(one.tag for one in ET.parse(each.folder / "gate.xml").iter())  # noqa: S314 - our own

    assert tags(made) == tags(twin)
    for name in ("gate.json", "plan.json", "run/results.json", "run/run.json", "shared/shared.json"):
        found, beside = (json.loads((each.folder / name).read_text("utf-8")) for each in (made, twin))
        assert found.keys() == beside.keys()


def test_a_shared_package_names_nobody(made: Made) -> None:
    for path in (made.folder / "shared").rglob("*"):
        text = path.read_text("utf-8") if path.is_file() else ""
        assert not [each for each in ids_of(hostile) if each in text]
        assert "alert(6)" not in text  # the names of recordings


@pytest.fixture(scope="module")
def chrome(chromium: str) -> Iterator[Chromium]:
    with started(chromium) as browser:
        yield browser


def look(chrome: Chromium, address: str) -> tuple[Counter[str], dict[str, Any]]:
    """Elements of a page, but those within drawings; it said nothing, asked nobody else, ran nothing."""
    page = chrome.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(address)
    found: dict[str, Any] = page.evaluate(LOOK)
    page.close()
    if answer is not None and answer.status >= 400:
        said = [each for each in said if "status of 4" not in each]
    assert said == [], address
    home = urlsplit(address)
    assert {(urlsplit(each).scheme, urlsplit(each).netloc) for each in asked} == {(home.scheme, home.netloc)}
    assert found["handlers"] == [], address
    assert not UNSEEN.search(found["text"]), address
    assert [each for each in found["links"] if not OURS.match(each)] == [], address
    assert set(found["drawn"]) <= DRAWN, address
    return Counter(found["tags"]), found


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_the_elements_of_the_twin(chrome: Chromium, made: Made, twin: Made, name: str) -> None:
    tags, beside = (look(chrome, (each.folder / name).as_uri())[0] for each in (made, twin))
    assert tags == beside
    assert tags["script"] == tags["img"] == tags["iframe"] == 0


@pytest.mark.browser
def test_exported_pages_have_the_elements_of_the_twin(chrome: Chromium, made: Made, twin: Made) -> None:
    names = sorted(path.name for path in (made.folder / "exported").glob("*.html"))
    assert len(names) > 5
    for name in names:
        tags, beside = (look(chrome, (each.folder / "exported" / name).as_uri())[0] for each in (made, twin))
        assert tags.keys() == beside.keys(), name
        assert tags["script"] == beside["script"] == (2 if name == "utterances.html" else 0)
        assert tags["img"] == 0


def addresses(dress: Dress) -> list[str]:
    """Paths of the server, among them those that it refuses."""
    ids, groups = ids_of(dress), groups_of(dress)
    dimension = dress("accent", '"\' onmouseover=alert(4) x=\'" style="position:fixed' + ATTACK)
    paths = ["", "utterances", "words", "references"]
    paths += [f"utterances?{urlencode({f'tag.{dimension}': each})}" for each in groups]
    paths += [f"utterance?{urlencode({'id': each})}" for each in ids[:7]]
    paths += [f"utterances?{urlencode({'condition': dress('x', ATTACK)})}"]
    paths += [
        f"utterance?{urlencode({'id': dress('nobody', ATTACK)})}",
    ]
    return paths


ATTACK = "</script><script>alert(1)</script></style><img src=x onerror=alert(2)><svg onload=alert(3)>"


@pytest.mark.browser
def test_served_pages_have_the_elements_of_the_twin(chrome: Chromium, made: Made, twin: Made) -> None:
    with serving(Browser.open(made.run)) as address, serving(Browser.open(twin.run)) as other:
        for path, beside in zip(addresses(hostile), addresses(harmless), strict=True):
            tags, seen = look(chrome, f"{address}{path}")
            expected, _ = look(chrome, f"{other}{beside}")
            assert tags.keys() == expected.keys(), path
            assert tags["script"] == tags["img"] == tags["iframe"] == 0, path
            assert seen["title"]
