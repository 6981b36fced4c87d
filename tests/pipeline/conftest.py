"""A run over real transcripts, for the tests that only look."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_fair.config import Plan, Reference
from asr_fair.manifest.corpora import import_corpus
from asr_fair.pipeline.score import score


@pytest.fixture(scope="session")
def edacc_run(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run directory of EdAcc's published groups, each against Mainstream US English."""
    folder = tmp_path_factory.mktemp("edacc")
    summary = import_corpus("edacc", shared_data / "edacc_whisper_turbo", folder / "edacc.jsonl")
    assert summary.transcripts is not None
    plan = Plan(references={"accent": Reference(group="Mainstream US English", reason="the largest group")})
    score(summary.manifest, summary.transcripts, folder / "run", plan=plan)
    return folder / "run"
