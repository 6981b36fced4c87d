"""The script that makes the demo manifest: it can be run again, and its voices are what they are called."""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import json
import shutil
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
import yaml

MANIFESTS = Path(__file__).resolve().parents[2] / "manifests"


@pytest.fixture(scope="module")
def make_demo() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_demo", MANIFESTS / "make_demo.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_demo"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def synthesisers(make_demo) -> None:
    if missing := make_demo.missing_tools():
        pytest.skip(f"not on this machine: {', '.join(missing)}")


@pytest.fixture
def same_tools(make_demo, synthesisers) -> None:
    made_with = yaml.safe_load((MANIFESTS / "demo.yaml").read_text(encoding="utf-8"))["description"]
    if (here := make_demo.tool_versions()) not in made_with:
        pytest.skip(f"the demo was made with other versions than {here}")


def test_every_two_accents_share_three_sentences(make_demo):
    accents = {}
    for utterance in make_demo.design():
        accents.setdefault(utterance.text, []).append(utterance.accent)
    shared = Counter(frozenset(pair) for pair in accents.values())
    assert shared == {frozenset(pair): 3 for pair in itertools.combinations(make_demo.ACCENTS, 2)}


def test_every_sentence_is_used(make_demo):
    used = {utterance.text for utterance in make_demo.design()}
    assert used == {*make_demo.CLINICAL, *make_demo.EVERYDAY}


@pytest.mark.parametrize("engine", ["espeak-ng", "flite"])
def test_remade_utterances_have_the_committed_bytes(make_demo, same_tools, engine):
    rows = [json.loads(line) for line in (MANIFESTS / "demo.jsonl").read_text(encoding="utf-8").splitlines()]
    digests = {row["utterance_id"]: row["audio_sha256"] for row in rows}
    remade = {u.handset: u for u in make_demo.design() if (u.flite_voice is not None) == (engine == "flite")}
    assert len(remade) == 2
    for utterance in remade.values():
        digest = hashlib.sha256(make_demo.flac_of(utterance)).hexdigest()
        assert digest == digests[utterance.utterance_id]


def test_every_voice_sounds_different(make_demo, synthesisers):
    """espeak-ng ignores a variant that it does not know without a word."""
    voices = {(u.accent, u.variant) for u in make_demo.design()}
    spoken = {
        make_demo.synthesise(make_demo.Utterance(accent, variant, 0, "wideband", "clinical", "hello"))[
            0
        ].tobytes()
        for accent, variant in voices
    }
    assert len(spoken) == len(voices) == 30


def test_missing_synthesisers_are_named_and_nothing_is_written(make_demo, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda tool: None)
    before = (MANIFESTS / "demo.jsonl").stat().st_mtime_ns
    with pytest.raises(SystemExit, match=r"espeak-ng, flite.*apt-get install espeak-ng flite"):
        make_demo.main()
    assert (MANIFESTS / "demo.jsonl").stat().st_mtime_ns == before
