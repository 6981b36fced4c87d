"""A run in which every name and every text is an attack, its harmless twin, and all that is made of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import yaml

from asr_fair.cli.main import status_of
from asr_fair.manifest.tables import write_table
from asr_fair.score.normalise import load_normaliser

HTML = "</script><script>alert(1)</script></style><img src=x onerror=alert(2)><svg onload=alert(3)>"
QUOTES = '"\' onmouseover=alert(4) x=\'" style="position:fixed'
LINKS = "[a](javascript:alert(5)) ![b](http://evil.example/x.png) <http://evil.example> data:text/html,x"
CONTROLS = "\u202eturned\u2066 bell\x07 esc\x1b[31mred\x1b]0;title\x07 \x9b31m null\x00 \u2028 \ufeff\ufffe"
CELLS = "=cmd|' /C calc'!A0"
LINES = (
    "one\n::error file=x::two\r\n##vso[task.setvariable variable=PATH]evil\n##[error]three\n\n# four | five"
)
TEX = "\\input{/etc/passwd}\\write18{ls}%\\catcode`\\%=12 $x^2$ ^^5c ~ &"
ALL = (HTML, QUOTES, LINKS, CONTROLS, CELLS, LINES, TEX)
NORMALISER = "whisper_en"

Dress = Callable[[str, str], str]
"""From a plain name and an attack to the name that is used."""


def hostile(plain: str, attack: str) -> str:
    return f"{attack}{plain}"


def harmless(plain: str, attack: str) -> str:
    return plain


def hostile_words(attack: str) -> str:
    return f"bring {attack} tray"


def harmless_words(attack: str) -> str:
    """The words that the normaliser leaves of an attack, so that there are as many of them."""
    return " ".join(load_normaliser(NORMALISER).words(hostile_words(attack)))


@dataclass(frozen=True)
class Made:
    """A run directory, what was made of it, and what the commands said."""

    folder: Path
    said: dict[str, str]
    status: dict[str, int]

    @property
    def run(self) -> Path:
        return self.folder / "run"


def make(folder: Path, dress: Dress, words: Callable[[str], str]) -> Made:
    """Four groups of six speakers, two systems, two conditions; then every command that writes of it."""
    folder.mkdir(parents=True)
    _write_inputs(folder, dress, words)
    systems = _systems(dress)
    said: dict[str, str] = {}
    status: dict[str, int] = {}

    def call(name: str, *arguments: str | Path) -> None:
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            status[name] = status_of([str(each) for each in arguments])
        said[name] = out.getvalue()

    manifest, run = folder / "ward.jsonl", folder / "run"
    call("check", "check", manifest)
    call("plan", "plan", manifest, "--json", folder / "plan.json")
    texts = ("--transcripts", folder / "texts.jsonl", "--plan", folder / "analysis.yaml")
    call(
        "score",
        "score",
        "--manifest",
        manifest,
        *texts,
        "--out",
        run,
        "--normaliser",
        NORMALISER,
        "--max-loss",
        "1",
    )
    (run / "card_text.md").write_text(_card_text(dress), encoding="utf-8")
    call("report", "report", run)
    sides = [f"{run}:{system}" for system in systems]
    call("compare", "compare", *sides, "--out", folder / "compared")
    files = ("--junit", folder / "gate.xml", "--markdown", folder / "gate.md", "--json", folder / "gate.json")
    call("gate", "gate", run, "--policy", folder / "policy.yaml", *files, "-v")
    call("share", "report", run, "--share", folder / "shared")
    call("export", "view", run, "--export", folder / "exported", "--audio", "--limit", "5")
    call(
        "bad", "score", "--manifest", manifest, "--transcripts", folder / "bad.jsonl", "--out", folder / "no"
    )
    return Made(folder, said, status)


def ids_of(dress: Dress) -> list[str]:
    return [dress(f"u{number}", ALL[number % len(ALL)]) for number in range(48)]


def groups_of(dress: Dress) -> list[str]:
    return [
        dress(f"g{number}", attack) for number, attack in enumerate((HTML, CELLS, LINES, QUOTES + CONTROLS))
    ]


def _systems(dress: Dress) -> list[str]:
    return [dress("s0", TEX.replace("/", "_") + HTML.replace("/", "_")), dress("s1", LINES.replace("/", "_"))]


def _conditions(dress: Dress) -> list[str]:
    return ["clean", dress("c1", CELLS + CONTROLS + HTML)]


def _write_inputs(folder: Path, dress: Dress, words: Callable[[str], str]) -> None:
    (folder / "sound").mkdir()
    dimension, groups = dress("accent", QUOTES + HTML), groups_of(dress)
    rows, texts = [], []
    tone = np.sin(np.arange(8000) * np.random.Generator(np.random.PCG64(1)).uniform(0.05, 1))
    for number, utterance_id in enumerate(ids_of(dress)):
        attack = ALL[number % len(ALL)]
        name = dress(f"sound{number}.wav", "<img src=x onerror=alert(6)>\u202e'\"=".replace("/", "_"))
        soundfile.write(folder / "sound" / name, 0.1 * tone, 16000)
        row = {"utterance_id": utterance_id, "audio": name, "reference": words(attack)}
        row |= {"speaker_id": dress(f"p{number // 2}", HTML), dimension: groups[number // 12]}
        rows.append(row)
        texts += _texts(utterance_id, number, attack, dress, words)
    write_table(pd.DataFrame(rows), folder / "ward.jsonl")
    write_table(pd.DataFrame(texts), folder / "texts.jsonl")
    bad = [{"utterance_id": dress("nobody", LINES), "text": "x", "colu::mn\n::error::x": "y"}]
    write_table(pd.DataFrame(bad), folder / "bad.jsonl")
    sidecar = {
        "name": dress("ward", HTML),
        "title": dress("Ward", LINES),
        "description": dress("About.", "".join(ALL)),
        "licence": dress("CC", TEX),
        "collected": dress("2026", LINKS),
        "language": "en",
        "audio_root": "sound",
        "permitted_use": ["evaluate", "share_results", "play_audio"],
        "dimensions": {
            dimension: {
                "title": dress("Accent", CELLS + HTML),
                "source": "self_report",
                "source_note": dress("Asked.", QUOTES + LINES + LINKS),
                "level": "speaker",
            }
        },
    }
    _write_yaml(folder / "ward.yaml", sidecar)
    _write_yaml(
        folder / "analysis.yaml",
        {"references": {dimension: {"group": groups[1], "reason": dress("It is.", HTML + TEX)}}},
    )
    _write_yaml(folder / "policy.yaml", _policy(dress, groups))


def _texts(
    utterance_id: str, number: int, attack: str, dress: Dress, words: Callable[[str], str]
) -> list[dict[str, str | None]]:
    found: list[dict[str, str | None]] = []
    for place, system in enumerate(_systems(dress)):
        for condition in _conditions(dress):
            said = ALL[(number + place) % len(ALL)] if number % 3 else attack
            is_lost = number == 5
            row = {"utterance_id": utterance_id, "system": system, "condition": condition}
            row["text"] = None if is_lost else words(said)
            row["error"] = dress("lost", LINES + HTML) if is_lost else None
            found.append(row)
    return found


def _policy(dress: Dress, groups: Sequence[str]) -> dict[str, object]:
    rules = [
        {"measure": "group_wer", "limit": "10 %", "groups": list(groups[:2])},
        {"measure": "gap", "limit": "1 point"},
        {"measure": "everyone_wer", "limit": "90 %"},
        {"measure": "losses", "limit": "1 %"},
    ]
    named = [
        {"name": dress(f"r{number}", attack), "reason": dress("So.", attack), **rule}
        for number, (rule, attack) in enumerate(zip(rules, (LINES, HTML, CONTROLS, CELLS), strict=True))
    ]
    return {"title": dress("Release", LINES + HTML), "rules": named}


def _card_text(dress: Dress) -> str:
    attacks = " ".join(each.replace("\n", " ") for each in ALL)
    paragraph, item, strange = dress("It is.", attacks), dress("One.", LINKS), dress("Nowhere", HTML)
    return f"## Overview\n\n{paragraph}\n\n- {item}\n\n## {strange}\n\nx\n"


def _write_yaml(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
