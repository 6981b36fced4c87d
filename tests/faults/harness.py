"""Real runs by the command line, with a recogniser that another package brings, to be killed and starved.

The recogniser's text is a digest of the samples and of the number of clips it was given together, so a text
that was made in other company shows. What it transcribes goes into a log before and after; what it does
wrong is told by the name of an utterance: `dies-...`, `hangs-...`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import yaml

PREFIX = "asr-fair:"
"""Of probes, in which nobody speaks."""
KEY = ["utterance_id", "condition", "system"]
TABLE = [*KEY, "error", "text", "batch_size"]
REPOSITORY = Path(__file__).resolve().parents[2]
TRAP_ENGINE = '''
"""A recogniser for tests of what may go wrong; `ASR_FAIR_TRAPS` is the folder of its log."""

import hashlib
import os
import time
from pathlib import Path

from asr_fair.asr.base import EngineInfo
from asr_fair.config import SystemConfig
from asr_fair.records import Hypothesis

TRAPS = Path(os.environ["ASR_FAIR_TRAPS"])


def note(*words):
    with (TRAPS / "log").open("a") as file:
        file.write("\\t".join(words) + "\\n")


class Trap:
    config = SystemConfig

    def __init__(self, system):
        self.info = self.describe(system)

    @staticmethod
    def describe(system):
        note("described", str(os.getpid()))
        return EngineInfo("trap", "trap", "0" * 64, {}, batch_windows=4)

    def transcribe(self, clips):
        note("started", str(os.getpid()), *(f"{clip.utterance_id}/{clip.condition}" for clip in clips))
        for clip in clips:
            if clip.utterance_id.startswith("dies"):
                os._exit(9)
            if clip.utterance_id.startswith("hangs"):
                time.sleep(3600)
        time.sleep(float(os.environ.get("ASR_FAIR_TRAP_S", "0.02")))
        digests = [hashlib.sha256(clip.samples.tobytes()).hexdigest()[:12] for clip in clips]
        return [Hypothesis(f"{digest} of {len(clips)}") for digest in digests]
'''


@dataclass(frozen=True)
class Runs:
    """A manifest and a configuration in a folder of their own, and what its runs leave behind."""

    folder: Path

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.folder / "trap.run.yaml"

    def environment(self, **extra: str) -> dict[str, str]:
        """Of a command: it finds this checkout and the recogniser."""
        path = os.pathsep.join([str(REPOSITORY), str(self.folder / "packages")])
        own = {
            "PYTHONPATH": path,
            "ASR_FAIR_TRAPS": str(self.folder),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "OMP_NUM_THREADS": "1"} | own | extra

    def start(
        self, out: Path, *options: str, config: Path | None = None, **extra: str
    ) -> subprocess.Popen[bytes]:
        """Start `asr-fair run`; what it says is added to `<name of out>.err`, beside the configuration."""
        command = [sys.executable, "-m", "asr_fair", "run", str(config or self.config), "--out", str(out)]
        with self._err(out).open("ab") as said:
            return subprocess.Popen(
                [*command, *options],
                env=self.environment(**extra),
                start_new_session=True,
                stderr=said,
                stdout=said,
            )

    def _err(self, out: Path) -> Path:
        return self.folder / f"{out.name}.err"

    def run(self, out: Path, *options: str, timeout_s: float = 240, **extra: str) -> int:
        """Run to the end; the exit status."""
        return self.start(out, *options, **extra).wait(timeout_s)

    def said(self, out: Path) -> str:
        """All that the commands for this output have printed."""
        return self._err(out).read_text(encoding="utf-8")

    @property
    def log(self) -> list[list[str]]:
        """What the recogniser noted: words of each line, between tabs, as ids of probes have spaces."""
        path = self.folder / "log"
        return [line.split("\t") for line in path.read_text().splitlines()] if path.is_file() else []

    def transcribed(self, since: int = 0) -> list[str]:
        """Utterances ('id/condition') that were given to the recogniser since that line of its log."""
        clips = [clip for line in self.log[since:] if line[0] == "started" for clip in line[2:]]
        return [clip for clip in clips if not clip.startswith(PREFIX)]


def make_runs(
    folder: Path, ids: list[str], *, conditions: int = 2, workers: Mapping[str, object] | None = None
) -> Runs:
    """Tones of about a second, four to a batch, said by as many speakers in two groups."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, each in enumerate(ids):
        tone = 0.1 * np.sin(np.arange(16_000 + 160 * number) * (number + 1) / 90)
        soundfile.write(folder / f"{each}.wav", tone, 16_000)
        rows.append(
            {
                "utterance_id": each,
                "audio": f"{each}.wav",
                "reference": "one two three",
                "speaker_id": f"p{number}",
                "accent": "north" if number % 2 else "south",
            }
        )
    (folder / "trap.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sidecar = {
        "name": "trap",
        "version": "1",
        "licence": "CC0-1.0",
        "audio_root": ".",
        "permitted_use": ["evaluate"],
        "dimensions": {"accent": {"title": "Accent", "source": "self_report", "level": "speaker"}},
    }
    (folder / "trap.yaml").write_text(yaml.safe_dump(sidecar))
    noises = [{"profile": "scanner", "snr_db": snr_db} for snr_db in (20, 10, 5)[: conditions - 1]]
    config = {
        "name": "trap",
        "manifest": "trap.jsonl",
        "seed": 1,
        "conditions": ["clean", *noises],
        "normalisers": ["raw"],
        "cache": False,
        "systems": [{"name": "trap", "engine": "trap", "model": "trap"}],
        "workers": {"processes": 2} | dict(workers or {}),
    }
    (folder / "trap.run.yaml").write_text(yaml.safe_dump(config))
    packages = folder / "packages"
    (packages / "trap-1.dist-info").mkdir(parents=True)
    (packages / "trap.py").write_text(TRAP_ENGINE)
    (packages / "trap-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: trap\nVersion: 1\n")
    (packages / "trap-1.dist-info" / "entry_points.txt").write_text("[asr_fair.engines]\ntrap = trap:Trap\n")
    return Runs(folder)


def table(out: Path) -> pd.DataFrame:
    """Every outcome, sorted: of several of one key, the one that counts."""
    parts = sorted((out / "transcripts").glob("part-*.parquet"))
    columns = [*KEY, "error", "text", "batch_size", "batch_id"]
    whole = pd.concat([pd.read_parquet(path)[columns] for path in parts], ignore_index=True)
    whole = pd.concat([whole[whole["error"].isna()], whole[whole["error"].notna()].iloc[::-1]])
    return whole.drop_duplicates(KEY).sort_values(KEY, ignore_index=True)


def stored(out: Path) -> set[str]:
    """Clips ('id/condition') whose text is in a file that was renamed into place."""
    if not list((out / "transcripts").glob("part-*.parquet")):
        return set()
    found = table(out)
    texts = found[found["error"].isna()]
    return set(texts["utterance_id"] + "/" + texts["condition"])


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """The same rows: id, condition, system, status, text, and how many were together."""
    pd.testing.assert_frame_equal(found[TABLE], expected[TABLE])


def wait_until(happened: Callable[[], object], *, timeout_s: float = 120.0) -> None:
    """Wait for something that is looked for a hundred times a second."""
    deadline = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def session_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Processes that the command has started, itself among them: those of its session that are no zombies."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == process.pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found
