"""A scored run of groups large enough to compare: a planted word, planted references, a thin group."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import yaml

from asr_fair.manifest.tables import write_table
from asr_fair.pipeline.score import score

HARD_WORD, HARD_HEARD = "tray", "train"
HOSTILE_WORD = "</script><script>document.title='ran'</script>"
HOSTILE_GROUP = "A&B <img src=x onerror=\"document.title='ran'\">"
HOSTILE_REFERENCE = "<img src=x onerror=\"document.title='ran'\"> \u202e</script>"
HIDDEN, HIDDEN_WORD = "Manx", "zebra"
SENTENCES = (
    f"please bring the {HARD_WORD}",
    f"the second {HARD_WORD} to room nine",
    "is the noticeboard in the hall",
    "nobody came to room nine",
)
SIDECAR = {
    "name": "words",
    "title": "Words & rooms",
    "language": "en",
    "permitted_use": ["evaluate"],
    "dimensions": {
        "accent": {"title": "Accent", "source": "self_report", "level": "speaker"},
        "phone": {"title": "Phone", "source": "device_log", "level": "utterance"},
    },
}
GROUPS = {"Irish": 8, HOSTILE_GROUP: 8, "declined": 5, HIDDEN: 2}


def write_word_run(folder: Path) -> Path:
    """The run directory: two systems; in the hostile group one hears another word for the hard one."""
    lines, outcomes = [], []
    for accent, n_speakers in GROUPS.items():
        for speaker in range(n_speakers):
            for number, sentence in enumerate(SENTENCES):
                said = f"{sentence} {HIDDEN_WORD}" if accent == HIDDEN else sentence
                if accent == "Irish" and speaker == 1 and number == 0:
                    said = f"{HOSTILE_REFERENCE} {said}"
                line = {
                    "utterance_id": f"{len(lines)}",
                    "reference": said,
                    "speaker_id": f"{accent[:1]}{speaker}",
                    "accent": accent,
                    "phone": "landline" if number % 2 else "mobile",
                }
                lines.append(line)
                outcomes += [
                    {"utterance_id": line["utterance_id"], "system": system, "text": text}
                    for system, text in _heard(said, accent, speaker).items()
                ]
    write_table(pd.DataFrame(lines), folder / "words.jsonl")
    (folder / "words.yaml").write_text(yaml.safe_dump(SIDECAR), encoding="utf-8")
    write_table(pd.DataFrame(outcomes), folder / "texts.jsonl")
    score(folder / "words.jsonl", folder / "texts.jsonl", folder / "run", max_loss=1)
    return folder / "run"


def _heard(said: str, accent: str, speaker: int) -> dict[str, str]:
    one = said.replace("noticeboard", "notice board")
    if accent == HOSTILE_GROUP:
        one = one.replace(HARD_WORD, HARD_HEARD)
    if accent == HIDDEN:
        one = one.replace(HIDDEN_WORD, "")
    if speaker == 0 and "nobody" in said:
        one = one.replace("nobody", HOSTILE_WORD)
    return {"one": one, "two": said}
