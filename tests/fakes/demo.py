"""A few utterances of the demo manifest as a manifest of their own, for tests that need real audio."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import yaml

from asr_fair.manifest.tables import read_table, write_table

MANIFESTS = Path(__file__).resolve().parents[2] / "manifests"

RUN = """
name: small
manifest: small.jsonl
output: run
seed: 7
cache: false
conditions: [clean, {{profile: scanner, snr_db: 5}}]
systems:
{systems}
workers: {{processes: {processes}}}
"""
OPENAI = "  - {name: openai, engine: whisper, model: tiny.en, batch_windows: 4}\n"
FASTER = "  - {name: faster, engine: faster-whisper, model: tiny.en, batch_windows: 4}\n"


def write_small_manifest(
    folder: Path, *, n_utterances: int = 12, extra: list[dict[str, str]] | None = None
) -> Path:
    """Every seventh utterance of the demo, so that several accents and both handsets are among them."""
    frame = read_table(MANIFESTS / "demo.jsonl").frame.iloc[::7][:n_utterances]
    path = folder / "small.jsonl"
    write_table(pd.concat([frame, pd.DataFrame(extra or [])], ignore_index=True), path)
    sidecar = yaml.safe_load((MANIFESTS / "demo.yaml").read_text(encoding="utf-8"))
    sidecar |= {"name": "small", "audio_root": str(MANIFESTS / "demo")}
    path.with_suffix(".yaml").write_text(yaml.safe_dump(sidecar, allow_unicode=True), encoding="utf-8")
    return path


def write_small_run(folder: Path, *, systems: str = OPENAI, processes: int = 2, probes: bool = True) -> Path:
    """A run configuration for the small manifest."""
    path = folder / "small.run.yaml"
    run = RUN.format(systems=systems, processes=processes) + ("" if probes else "probes: false\n")
    path.write_text(run, encoding="utf-8")
    return path
