"""What is said before a run starts: how much, how long, and who meets what."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy.stats import binomtest

from asr_fair.cli.main import status_of
from asr_fair.config import read_config
from asr_fair.noise.draws import drawn_clips
from asr_fair.pipeline.clip_shares import GroupShares, clip_shares
from asr_fair.pipeline.forecast import forecast, remember_speed
from asr_fair.pipeline.prepare import Prepared, prepare
from asr_fair.records import SAMPLE_RATE_HZ
from asr_fair.run.worker import Timing
from fakes.demo import write_small_manifest, write_small_run


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_small_manifest(tmp_path)
    return write_small_run(tmp_path)


def ready(config: Path) -> Prepared:
    return prepare(read_config(config), allow_bad_audio=False)


def timings_of(n_batches: int, seconds_each: float) -> pd.DataFrame:
    rows = [
        Timing(number, "openai", "clean", 8, 24.0, 0.5, seconds_each - 0.5, f"w{number % 2}")
        for number in range(n_batches)
    ]
    return pd.DataFrame([dataclasses.asdict(row) for row in rows])


def test_the_forecast_counts_every_transcription_and_what_is_done(small: Path) -> None:
    prepared = ready(small)
    ids = list(prepared.audio)
    before = forecast(prepared, ())
    assert (before.n_utterances, before.n_conditions, before.n_transcriptions) == (12, 2, 24)
    assert "24 transcriptions" in str(before)
    done = {(each, "clean", "openai") for each in ids}
    assert "12 of them are done" in str(forecast(prepared, done))


def test_the_time_is_what_the_workers_of_an_earlier_run_took(small: Path) -> None:
    """Two workers, 10 batches of 8 windows at 4 s: 4 windows a second; 24 windows take 6 s."""
    prepared = ready(small)
    remember_speed(prepared, timings_of(10, 4.0))
    assert forecast(prepared, ()).remaining_s == pytest.approx(24 * 4.0 / 8 / 2)
    assert "about 6 s" in str(forecast(prepared, ()))


def test_before_the_first_run_the_size_of_the_model_has_to_do(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tiny.en took 32.6 s for 80 windows on two cores; four cores are taken to need half of that."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(4))
    first = forecast(ready(small), ())
    assert first.remaining_s == pytest.approx(32.6 / 80 * 2 / 4 * 24, rel=0.01)
    assert "roughly 5 s, by the size of the model" in str(first)


def test_of_a_model_that_nobody_knows_there_is_no_estimate(small: Path) -> None:
    prepared = ready(small)
    engines = {name: dataclasses.replace(info, model="/my/own.pt") for name, info in prepared.engines.items()}
    unknown = forecast(dataclasses.replace(prepared, engines=engines), ())
    assert unknown.remaining_s is None
    assert "no estimate" in str(unknown)


def test_a_handful_of_utterances_says_nothing_about_the_speed(small: Path) -> None:
    prepared = ready(small)
    remember_speed(prepared, timings_of(2, 4.0))
    assert forecast(prepared, ()).is_rough


def test_a_dry_run_shows_the_conditions_and_writes_nothing(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(["run", str(small), "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "scanner@5dB: Scanner-like pulsed tone, 5 dB SNR" in shown
    assert "24 transcriptions" in shown
    assert not (small.parent / "run").exists()


def test_shares_of_recordings_are_counted_per_group(small: Path) -> None:
    """A count by hand, clip by clip, gives the same."""
    folder = small.parent / "own"
    folder.mkdir()
    rng = np.random.default_rng(1)
    lines = []
    for name in ("a.wav", "b.wav"):
        soundfile.write(folder / name, 0.1 * rng.standard_normal(2 * SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        lines.append(f"      - {{path: {name}, licence: CC0-1.0, sha256: {digest}}}\n")
    (folder / "hall.yaml").write_text(
        'id: hall\nversion: "1"\ntitle: Hall\ndescription: A hall\nlicence: CC0-1.0\nsources:\n'
        "  - kind: recording\n    evidence: []\n    files:\n" + "".join(lines),
        encoding="utf-8",
    )
    text = small.read_text(encoding="utf-8").replace("profile: scanner", "profile: hall")
    small.write_text(text + "noise_profiles: own\n", encoding="utf-8")
    prepared = ready(small)
    shares = clip_shares(prepared.manifest, prepared.conditions, prepared.config.seed)
    ids = prepared.manifest.table["utterance_id"]
    bed = prepared.conditions[1].noise
    assert bed is not None
    met = {each: drawn_clips(bed, seed=7, utterance_id=each, speaker=None)[0][0] for each in ids}
    assert {each.dimension for each in shares} >= {"accent", "handset"}
    for each in shares:
        tags = prepared.manifest.table[each.dimension]
        members = [met[one] for one, groups in zip(ids, tags, strict=True) if each.group in groups]
        assert each.n_utterances == len(members)
        assert each.shares["a.wav"] == pytest.approx(members.count("a.wav") / len(members))
        assert each.everyone["a.wav"] == pytest.approx(list(met.values()).count("a.wav") / len(met))
        assert sum(each.shares.values()) == pytest.approx(1)
        n, overall = len(members), each.everyone["a.wav"]
        chance = binomtest(members.count("a.wav"), n, overall).pvalue  # two clips: chi-square is this test
        assert (each.imbalanced == ("a.wav", "b.wav")) == (chance <= 0.01)
        assert each.imbalanced in ((), ("a.wav", "b.wav"))


def shares_of(counts: np.ndarray, everyone: np.ndarray) -> GroupShares:
    names = [f"clip {number}" for number in range(len(counts))]
    own = dict(zip(names, (counts / counts.sum()).tolist(), strict=True))
    overall = dict(zip(names, everyone.tolist(), strict=True))
    return GroupShares("noise hall", "accent", "one", int(counts.sum()), int(counts.sum()), own, overall)


def test_a_group_that_meets_half_of_a_large_bank_is_called_uneven() -> None:
    """No clip of 40 is more than 3 points off, and yet the group never met half of them."""
    counts = np.repeat([10, 0], 20)
    found = shares_of(counts, np.full(40, 1 / 40)).imbalanced
    assert len(found) == 40


@pytest.mark.parametrize(("n_drawn", "n_clips"), [(10, 3), (30, 3), (30, 8), (100, 40)])
def test_fair_draws_are_rarely_called_uneven(n_drawn: int, n_clips: int) -> None:
    """By definition in 1 % of all groups: of 200, more than 8 has a probability below 0.001."""
    rng = np.random.default_rng(n_drawn)
    everyone = np.full(n_clips, 1 / n_clips)
    draws = rng.multinomial(n_drawn, everyone, 200)
    assert sum(bool(shares_of(each, everyone).imbalanced) for each in draws) <= 8
