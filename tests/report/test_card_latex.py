"""The LaTeX card is a document that LaTeX can print, whatever its names hold."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from made_people import render_card_tex
from made_results import ACCENTS, Voice, make_results

from asr_fair.report.card.text import parse_text

HOSTILE = (
    "\\input{/etc/passwd}",
    "\\write18{touch owned}",
    "a & b % c # d $ e _ f ^ g ~ h { i } j",
    "[5pt] *",
    "\\\\ \\end{longtable} \\end{document}",
    "<script>alert(1)</script>",
    "日本語 Ελληνικά العربية 😀 \u202eturned",
    "Việt Łódź Çağrı Ñandú œuvre",
    "w" * 300,
    "^^5cinput{x}",
    "",
)
TEXT = """## Overview
A *service* for **wards** (`v1.2`): [site](https://example.org/a_b?c=%20&d#e).

- \\input{x}
- % & #

1. [5pt]
"""


@pytest.fixture(scope="module")
def latex() -> str:
    path = shutil.which("pdflatex")
    if path is None:
        pytest.skip("no pdflatex on this machine")
    return path


def test_hostile_names_are_printed_by_pdflatex_and_run_nothing(latex: str, tmp_path: Path) -> None:
    voices = [*ACCENTS, *(Voice(name, 12 + i, 1500, 0.2) for i, name in enumerate(HOSTILE))]
    results = make_results(accents=voices, reference=HOSTILE[0], title=HOSTILE[2])
    (tmp_path / "card.tex").write_text(
        render_card_tex(results, parse_text(TEXT, name="t.md")), encoding="utf-8"
    )
    done = subprocess.run(
        [latex, "-interaction=nonstopmode", "-halt-on-error", "card.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert (tmp_path / "card.pdf").stat().st_size > 10_000
    assert not (tmp_path / "owned").exists()
    assert "passwd)" not in done.stdout  # a file that LaTeX reads stands in its log
    assert "No pages of output" not in done.stdout


def test_no_table_is_wider_than_its_page(latex: str, tmp_path: Path) -> None:
    (tmp_path / "card.tex").write_text(render_card_tex(make_results()), encoding="utf-8")
    done = subprocess.run(
        [latex, "-interaction=nonstopmode", "card.tex"], cwd=tmp_path, capture_output=True, text=True
    )
    wide = [line for line in done.stdout.splitlines() if line.startswith("Overfull \\hbox")]
    too_wide_pt = [float(line.split("(")[1].split("pt")[0]) for line in wide]
    assert max(too_wide_pt, default=0.0) < 15
