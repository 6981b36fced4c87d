"""Utterances in which nobody speaks: what a system is given, condition by condition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from asr_fair.audio.level import rms_db
from asr_fair.conditions.plan import Condition, expand_conditions
from asr_fair.conditions.probes import (
    LENGTHS_S,
    SPEECH_LEVEL_DB,
    probe_digest,
    probe_sources,
    render_probe,
)
from asr_fair.config import Grid
from asr_fair.pipeline.sounds import ready_conditions
from asr_fair.recipes.library import folders
from asr_fair.records import SAMPLE_RATE_HZ
from asr_fair.run.batch import Batch, Item
from asr_fair.run.worker import BatchRunner, RunSetup


@pytest.fixture(scope="module")
def conditions() -> dict[str, Condition]:
    asked = (
        "clean",
        Grid(profile=("ward-ventilation",), snr_db=(20.0, 0.0)),
        Grid(profile=("scanner",), snr_db=(0.0,), handset=("landline",)),
        Grid(handset=("landline",)),
    )
    outlines = expand_conditions(asked, folders(None))
    return {each.name: each for each in ready_conditions(outlines, ())}


def test_clean_probes_are_silence_of_their_length(conditions: dict[str, Condition]) -> None:
    for source, length_s in zip(probe_sources(), LENGTHS_S, strict=True):
        samples, record = render_probe(source, conditions["clean"], seed=1)
        assert (len(samples), np.abs(samples).max()) == (length_s * SAMPLE_RATE_HZ, 0.0)
        assert record.condition == "clean"


@pytest.mark.parametrize("snr_db", [20.0, 0.0])
def test_the_noise_alone_has_the_level_that_it_has_beneath_speech(
    snr_db: float, conditions: dict[str, Condition]
) -> None:
    # Ventilation sounds without a pause: the level of the whole is that of its sounding part.
    source = probe_sources()[2]
    samples, record = render_probe(source, conditions[f"ward-ventilation@{snr_db:g}dB"], seed=1)
    assert rms_db(samples) == pytest.approx(SPEECH_LEVEL_DB - snr_db, abs=0.1)
    assert record.snr_asked_db == snr_db


def test_a_handset_hears_the_silence_too(conditions: dict[str, Condition]) -> None:
    samples, record = render_probe(probe_sources()[0], conditions["landline"], seed=1)
    assert record.handset == "landline"
    assert rms_db(samples) < -50


def test_a_probe_depends_on_seed_and_condition_alone(conditions: dict[str, Condition]) -> None:
    noisy, source = conditions["scanner@0dB+landline"], probe_sources()[1]
    first, again, other = (render_probe(source, noisy, seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    digests = {probe_digest(source, each, seed) for each in conditions.values() for seed in (1, 2)}
    assert len(digests) == 2 * len(conditions)


def test_a_worker_makes_a_probe_and_reads_no_file(conditions: dict[str, Condition], tmp_path: Path) -> None:
    clean = conditions["clean"]
    items = tuple(Item(source, source.utterance_id, is_probe=True) for source in probe_sources())
    runner = BatchRunner(RunSetup((), (clean,), seed=1, text_keys={}))
    rendered = runner.render(Batch(0, "any", "clean", items))
    assert rendered.failed == ()
    assert [len(samples) / SAMPLE_RATE_HZ for _, samples in rendered.clips] == [*LENGTHS_S]
