"""The report in a real browser: it renders, and nothing is refused or reported on its console."""

from __future__ import annotations

import subprocess
import zlib
from pathlib import Path

import pytest
from made_results import make_results

from asr_fair.report import write_report

pytestmark = pytest.mark.browser


def open_page(chromium: str, page: Path, *arguments: str) -> str:
    """What Chromium says on stderr, its console log among it."""
    command = [
        chromium,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--enable-logging=stderr",
        "--v=0",
        f"--user-data-dir={page.parent / 'profile'}",
        *arguments,
        page.as_uri(),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stderr


def distinct_bytes(png: Path) -> int:
    """Number of different bytes in the picture's data: a blank page has a handful."""
    data, position, packed = png.read_bytes(), 8, b""
    while position < len(data):
        length = int.from_bytes(data[position : position + 4])
        if data[position + 4 : position + 8] == b"IDAT":
            packed += data[position + 8 : position + 8 + length]
        position += 12 + length
    return len(set(zlib.decompress(packed)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    text = "## Overview\n<script>console.log('ran')</script> [x](javascript:alert(1)) <img src=x>\n"
    (folder / "card_text.md").write_text(text, encoding="utf-8")
    write_report(make_results(synthetic=True), folder)
    return folder


@pytest.mark.parametrize("name", ["report.html", "card.html"])
@pytest.mark.parametrize("width_px", [1280, 400])
def test_page_renders_without_a_word_on_the_console(
    chromium: str, folder: Path, name: str, width_px: int
) -> None:
    picture = folder / f"{name}-{width_px}.png"
    said = open_page(chromium, folder / name, f"--screenshot={picture}", f"--window-size={width_px},1600")
    assert "CONSOLE" not in said
    assert distinct_bytes(picture) > 50


def test_a_script_in_the_page_would_be_refused(chromium: str, folder: Path) -> None:
    """Shows that the policy works and that the console is heard."""
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = folder / "with_script.html"
    page.write_text(text.replace("</body>", "<script>console.log('ran')</script></body>"), encoding="utf-8")
    said = open_page(chromium, page, "--dump-dom")
    assert "Content Security Policy" in said
    assert "ran" not in [
        line.split('"')[1] for line in said.splitlines() if "CONSOLE" in line and '"' in line
    ]
