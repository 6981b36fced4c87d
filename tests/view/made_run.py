"""A small scored run with all that filters ask for, and with texts that would like to be more than text."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from asr_fair.manifest.tables import write_table
from asr_fair.pipeline.score import score

SIDECAR = """
name: ward
title: Ward <b>round</b>
language: en
permitted_use: [evaluate]
dimensions:
  accent: {title: Accent & tongue, source: self_report, level: speaker, multiple: true}
  place: {title: Place, source: device_log, level: utterance}
"""
SCRIPT = "<script>document.title='ran'</script>"
IMAGE = "<img src=x onerror=\"document.title='ran'\">"
ADDRESS = "javascript:document.title='ran'"
TURNED = "abc\u202edcb\u2066\u0007\u200b"
HOSTILE_ID = f"{SCRIPT} ../../etc/passwd?a=1&b#c"
LONG_ID = "w" * 300
HOSTILE_GROUP = f"{SCRIPT}&\"'|%00"
SAID = "please bring the second tray to room nine"
RTL_SAID, RTL_HEARD = "صباح الخير يا دكتور", "صباح النور يا دكتور"

TEXTS: dict[str, dict[str, str | None]] = {
    # utterance: system or condition -> what was heard; None is an error
    "plain-1": {"one": "please bring the second tray to room nine", "two": "please ring the second tray"},
    "plain-2": {"one": "please bring second tray two room nine now", "two": SAID},
    "empty-transcript": {"one": "", "two": SAID},
    "runaway": {"one": "tray " * 60, "two": SAID},
    "nobody": {"one": "thank you for watching", "two": ""},
    "lost": {"one": None, "two": SAID},
    "missing": {"two": SAID},
    "rtl": {"one": RTL_HEARD, "two": RTL_SAID},
    LONG_ID: {"one": "x" * 300, "two": SAID},
    HOSTILE_ID: {"one": f"{SCRIPT} {IMAGE} {TURNED}", "two": ADDRESS},
}
REFERENCES = {"nobody": "", "rtl": RTL_SAID, HOSTILE_ID: f"{IMAGE} said {TURNED}"}
SPEAKERS = {"plain-1": "speaker 0", "plain-2": "speaker 0", "rtl": "speaker 1"}
ACCENTS = {"plain-1": ["Irish", "Scottish"], "plain-2": ["Irish", "Scottish"], "rtl": ["declined"]}


def write_made_run(folder: Path) -> Path:
    """The run directory; two systems under two conditions (`noisy` holds the second system's words)."""
    lines = [_line(number, each) for number, each in enumerate(TEXTS)]
    write_table(pd.DataFrame(lines), folder / "ward.jsonl")
    (folder / "ward.yaml").write_text(SIDECAR, encoding="utf-8")
    outcomes = []
    for utterance_id, heard in TEXTS.items():
        for system, text in heard.items():
            for condition in ("clean", "noisy"):
                said = heard["two"] if condition == "noisy" and text is not None else text
                row = {"utterance_id": utterance_id, "system": system, "condition": condition, "text": said}
                row["error"] = None if said is not None else "truncated"
                row["language"] = "cy" if utterance_id == "plain-2" else "en"
                outcomes.append(row)
    write_table(pd.DataFrame(outcomes), folder / "texts.jsonl")
    score(folder / "ward.jsonl", folder / "texts.jsonl", folder / "run", max_loss=1)
    return folder / "run"


def _line(number: int, utterance_id: str) -> dict[str, object]:
    return {
        "utterance_id": utterance_id,
        "reference": REFERENCES.get(utterance_id, SAID),
        "speaker_id": SPEAKERS.get(utterance_id, "speaker 2"),
        "accent": ACCENTS.get(utterance_id, [HOSTILE_GROUP]),
        "place": "ward" if number % 2 else "theatre",
    }
