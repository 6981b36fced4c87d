"""The presets shipped: what the README says of them, and the same sound everywhere."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from asr_fair.handsets.chain import check_handset, through_handset
from asr_fair.recipes.handset import Handset
from asr_fair.recipes.library import load_recipes, shipped_folder
from asr_fair.records import Samples
from asr_fair.seed import rng_for

from .sounds import speech_like

PRESETS = load_recipes(Handset, [shipped_folder()])
README = shipped_folder() / "handsets" / "README.md"
BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "handset_presets.py"
ROW = re.compile(
    r"^\| \[`(?P<id>[\w-]+)`\].*\| (?P<low>\d+)–(?P<high>\d+) \| (?P<delay>-?\d+) \|", re.MULTILINE
)
every_preset = pytest.mark.parametrize("preset", PRESETS)


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("handset_presets", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def speech(benchmark: ModuleType) -> Samples:
    return benchmark.demo_speech()


@pytest.fixture(scope="module")
def rows() -> dict[str, re.Match[str]]:
    return {row["id"]: row for row in ROW.finditer(README.read_text(encoding="utf-8"))}


@every_preset
def test_this_machine_can_do_it(preset: str) -> None:
    check_handset(PRESETS[preset])


def test_the_readme_has_a_row_for_each(rows: dict[str, re.Match[str]]) -> None:
    assert list(rows) == list(PRESETS)


@every_preset
def test_band_and_delay_are_what_the_readme_says(
    preset: str, rows: dict[str, re.Match[str]], speech: Samples, benchmark: ModuleType
) -> None:
    said = rows[preset]
    lossless = PRESETS[preset].recipe.model_copy(update={"packet_loss": None})
    heard = through_handset(speech, lossless, np.random.default_rng(0)).samples
    low_hz, high_hz = benchmark.band_hz(speech, heard)
    assert low_hz == pytest.approx(float(said["low"]), abs=50)
    assert high_hz == pytest.approx(float(said["high"]), abs=150)
    assert benchmark.delay_samples(speech, heard) == pytest.approx(int(said["delay"]), abs=1)


def digests() -> dict[str, str]:
    """SHA-256 of one utterance through each preset."""
    sent = speech_like(1.0)
    return {
        name: hashlib.sha256(through_handset(sent, found.recipe, rng_for(7, "u1", name)).samples).hexdigest()
        for name, found in PRESETS.items()
    }


def test_another_process_hears_the_same() -> None:
    command = "from handsets.test_handset_presets import digests; print(digests())"
    surroundings = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    other = subprocess.run(
        [sys.executable, "-c", command], env=surroundings, capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == str(digests())


def test_loss_is_counted_and_drawn_from_the_generator_alone() -> None:
    handset, sent = PRESETS["landline-lossy"].recipe, speech_like()
    one, same, other = (through_handset(sent, handset, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.samples, same.samples)
    assert not np.array_equal(one.samples, other.samples)
    assert one.lost_share == same.lost_share
    assert 0 < one.lost_share < 0.5
    assert through_handset(sent, PRESETS["landline"].recipe, np.random.default_rng(1)).lost_share is None
