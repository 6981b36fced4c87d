"""A sound is the very one that the system heard; or it is not played, and the page says why."""

from __future__ import annotations

import hashlib
import io
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml
from hypothesis import given
from hypothesis import strategies as st

from asr_fair.audio.wav import wav_bytes
from asr_fair.manifest.sidecar import sidecar_path
from asr_fair.manifest.tables import write_table
from asr_fair.pipeline import sounds as pipeline_sounds
from asr_fair.pipeline.score import score
from asr_fair.records import SAMPLE_RATE_HZ, Samples
from asr_fair.view import sounds as view_sounds
from asr_fair.view.addresses import ServerAddresses
from asr_fair.view.browser import Browser
from asr_fair.view.listing import list_page
from asr_fair.view.query import Query
from asr_fair.view.sounds import SoundError, Sounds
from asr_fair.view.wave import outline_of, outline_path
from fakes.engine import text_of
from view.hearing import BABBLE, SCANNER


def samples_of(wav: bytes) -> Samples:
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    assert rate == SAMPLE_RATE_HZ
    return samples


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[Samples]:
    """The samples of each sound that is made, before they become a WAV file."""
    seen: list[Samples] = []

    def note(samples: Samples) -> bytes:
        seen.append(samples)
        return wav_bytes(samples)

    monkeypatch.setattr(view_sounds, "wav_bytes", note)
    return seen


@pytest.mark.parametrize("condition", ["clean", SCANNER, BABBLE])
def test_every_sample_is_the_one_that_the_system_heard(
    heard: Browser, rendered: list[Samples], condition: str
) -> None:
    """The recogniser of this run wrote down the digest of its samples."""
    sounds = Sounds(heard)
    for number in (0, 5):
        sound = sounds.sound(number, condition)
        row = heard.catalogue.row(number, condition, "listener")
        assert text_of(rendered[-1]) == heard.heard(row)
        played = samples_of(sound.wav)
        assert len(played) == len(rendered[-1])
        assert np.abs(played - rendered[-1]).max() < 1 / 2**15


def test_a_sound_is_made_once_and_another_time_for_a_file_that_changed(
    heard: Browser, rendered: list[Samples]
) -> None:
    sounds = Sounds(heard)
    assert sounds.sound(1, "clean") is sounds.sound(1, "clean")
    assert len(rendered) == 1


@pytest.fixture
def copied(heard_run: Path, tmp_path: Path) -> tuple[Path, Path, Path]:
    """A copy of the run: its directory, a recording of its own, and the sidecar that gives consent."""
    run = tmp_path / "run"
    shutil.copytree(heard_run, run)
    manifest = pd.read_parquet(run / "manifest.parquet")
    audio = tmp_path / Path(manifest.loc[0, "audio"]).name
    shutil.copy(manifest.loc[0, "audio"], audio)
    manifest.loc[0, "audio"] = str(audio)
    manifest.loc[0, "audio_sha256"] = None
    manifest.to_parquet(run / "manifest.parquet")
    record = (run / "run.json").read_text(encoding="utf-8")
    source = heard_run.parent / "small.jsonl"
    (run / "run.json").write_text(record.replace(str(source), str(tmp_path / "own.jsonl")), encoding="utf-8")
    sidecar = sidecar_path(tmp_path / "own.jsonl")
    shutil.copy(sidecar_path(source), sidecar)
    return run, audio, sidecar


def test_consent_that_is_withdrawn_holds_at_once(copied: tuple[Path, Path, Path]) -> None:
    run, _, sidecar = copied
    sounds = Sounds(Browser.open(run))
    assert sounds.sound(0, "clean").wav
    content = yaml.safe_load(sidecar.read_text(encoding="utf-8"))
    sidecar.write_text(yaml.safe_dump(content | {"permitted_use": ["evaluate"]}), encoding="utf-8")
    assert "does not hold 'play_audio'" in str(sounds.refusal())
    for condition in ("clean", SCANNER):
        with pytest.raises(SoundError, match="does not hold 'play_audio'"):
            sounds.sound(0, condition)
    sidecar.write_text(
        "permitted_use: [play_audio\n", encoding="utf-8"
    )  # no YAML: nobody knows what is allowed
    assert "is not valid YAML" in str(sounds.refusal())


def test_a_recording_that_is_gone_or_another_one_is_not_played(copied: tuple[Path, Path, Path]) -> None:
    run, audio, _ = copied
    sounds = Sounds(Browser.open(run))
    assert sounds.sound(0, SCANNER).wav
    samples, rate = soundfile.read(audio)
    soundfile.write(audio, samples[:-100], rate)
    for condition in ("clean", SCANNER):
        with pytest.raises(SoundError, match="is not the one that was transcribed"):
            sounds.sound(0, condition)
    audio.unlink()
    with pytest.raises(view_sounds.AsrFairError, match=r"no such file|does not exist|missing"):
        sounds.sound(0, "clean")


def test_a_condition_that_would_sound_otherwise_today_is_named(
    copied: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    run, _, _ = copied
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    shipped = Path(__file__).resolve().parents[2] / "noise_profiles" / "scanner.yaml"
    text = shipped.read_text(encoding="utf-8")
    assert "fundamental_hz: 620" in text
    (profiles / "scanner.yaml").write_text(text.replace("fundamental_hz: 620", "fundamental_hz: 630"))
    record = (run / "run.json").read_text(encoding="utf-8")
    changed = record.replace('"noise_profiles": null', f'"noise_profiles": "{profiles}"')
    assert changed != record
    (run / "run.json").write_text(changed, encoding="utf-8")
    sounds = Sounds(Browser.open(run))
    with pytest.raises(
        view_sounds.ConfigError, match="noise profile 'scanner' is not the one of the run any more"
    ):
        sounds.sound(0, SCANNER)
    assert sounds.sound(0, "clean").wav


def test_other_code_that_renders_is_said_without_blaming_a_recipe(
    heard: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = pipeline_sounds.condition_of.__globals__
    monkeypatch.setitem(plan, "RENDER_VERSION", 999)
    sounds = Sounds(heard)
    with pytest.raises(view_sounds.ConfigError, match="what renders it are not those of the run any more"):
        sounds.sound(0, SCANNER)
    assert sounds.sound(0, "clean").wav  # nothing renders it


@pytest.fixture
def scored(tmp_path: Path) -> Browser:
    """Transcripts that were handed in, of segments of one recording, and of one that nobody has."""
    samples = np.sin(np.arange(5 * 16_000) * np.linspace(0.01, 0.5, 5 * 16_000)).astype(np.float32) / 2
    soundfile.write(tmp_path / "long.wav", samples, 16_000, subtype="FLOAT")
    rows = [
        {"utterance_id": "first", "audio": "long.wav", "start_s": 0.5, "duration_s": 1.25},
        {"utterance_id": "second", "audio": "long.wav", "start_s": 3.0, "duration_s": None},
        {"utterance_id": "third", "audio": None, "start_s": None, "duration_s": None},
    ]
    write_table(pd.DataFrame([row | {"reference": "one"} for row in rows]), tmp_path / "m.jsonl")
    (tmp_path / "m.yaml").write_text("name: m\nlanguage: en\npermitted_use: [evaluate, play_audio]\n")
    texts = [{"utterance_id": row["utterance_id"], "text": "one"} for row in rows]
    both = [text | {"condition": name} for text in texts for name in ("clean", "ward")]
    write_table(pd.DataFrame(both), tmp_path / "t.jsonl")
    score(tmp_path / "m.jsonl", tmp_path / "t.jsonl", tmp_path / "run", normalisers=["basic"])
    return Browser.open(tmp_path / "run")


def test_transcripts_that_were_handed_in_have_clean_sound_alone(scored: Browser) -> None:
    sounds = Sounds(scored)
    whole, _ = soundfile.read(scored.run.manifest.table["audio"][0], dtype="float32")
    first = samples_of(sounds.sound(0, "clean").wav)
    assert np.abs(first - whole[8_000:28_000]).max() < 1 / 2**15
    assert len(samples_of(sounds.sound(1, "clean").wav)) == 2 * 16_000
    with pytest.raises(SoundError, match="how this condition was made to sound is not known"):
        sounds.sound(0, "ward")
    with pytest.raises(SoundError, match="names no recording"):
        sounds.sound(2, "clean")


def test_where_nobody_knows_who_spoke_no_number_of_speakers_is_told(scored: Browser) -> None:
    page = list_page(scored, Query(), ServerAddresses(scored.catalogue))
    assert "speakers not known" in page.totals
    assert {row.speaker for row in page.rows} == {"not known"}


@given(st.lists(st.floats(-2, 2, width=32), min_size=1, max_size=2000))
def test_an_outline_holds_every_sample_and_its_file_what_fits(values: list[float]) -> None:
    samples = np.array(values, dtype=np.float32)
    outline = outline_of(samples)
    assert outline.lows.min() == samples.min()
    assert outline.highs.max() == samples.max()
    assert len(outline.lows) == len(outline.highs) == min(len(samples), 600)
    assert outline.peak == max(abs(samples.min(initial=0)), samples.max(initial=0))
    played = samples_of(wav_bytes(samples))
    assert np.abs(played - np.clip(samples, -1, 1)).max() <= 1 / 2**15
    assert "nan" not in outline_path(outline, outline.peak)


def test_a_wav_file_is_the_same_each_time() -> None:
    samples = np.linspace(-1, 1, 999, dtype=np.float32)
    assert len({hashlib.sha256(wav_bytes(samples)).hexdigest() for _ in range(2)}) == 1
