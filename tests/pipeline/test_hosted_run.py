"""Runs that ask a server on loopback: consent, cost, the key, what is lost and what is not."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from asr_fair.asr.base import Clip, Engine
from asr_fair.asr.registry import load_engine
from asr_fair.asr.weights import wheel_folder
from asr_fair.audio.decode import load_audio
from asr_fair.cli.main import status_of
from asr_fair.config import read_config
from asr_fair.config.systems import FasterWhisperConfig
from asr_fair.errors import ExitStatus
from asr_fair.manifest.sidecar import sidecar_path
from asr_fair.pipeline.forecast import forecast
from asr_fair.pipeline.prepare import prepare
from asr_fair.records import Hypothesis
from fakes.demo import write_small_manifest, write_small_run
from fakes.transcription_server import Asked, Respond, say, serving

KEY = "sk-proj-A1b2C3d4E5f6G7h8I9j0"
REPOSITORY = Path(__file__).resolve().parents[2]
SYSTEM = (
    "  - {{name: hosted, engine: openai-http, model: tiny.en, base_url: '{url}', "
    "api_key_env: TEST_ASR_KEY, max_tries: 2{more}}}\n"
)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_ASR_KEY", KEY)


def write_run(folder: Path, url: str, more: str = "", n_utterances: int = 6) -> Path:
    write_small_manifest(folder, n_utterances=n_utterances)
    config = write_small_run(folder, systems=SYSTEM.format(url=url, more=more), processes=1)
    config.write_text(config.read_text() + "max_loss: 1\nprobes: false\n", encoding="utf-8")
    return config


def permit(folder: Path) -> None:
    path = sidecar_path(folder / "small.jsonl")
    sidecar = yaml.safe_load(path.read_text(encoding="utf-8"))
    sidecar["permitted_use"] = ["evaluate", "hosted_engines"]
    path.write_text(yaml.safe_dump(sidecar), encoding="utf-8")


def forbid(folder: Path) -> None:
    path = sidecar_path(folder / "small.jsonl")
    sidecar = yaml.safe_load(path.read_text(encoding="utf-8"))
    sidecar["permitted_use"] = ["evaluate"]
    path.write_text(yaml.safe_dump(sidecar), encoding="utf-8")


def test_nobodys_voice_is_sent_without_consent_even_to_this_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(say()) as server:
        config = write_run(tmp_path, server.base_url)
        forbid(tmp_path)
        assert status_of(["run", str(config)]) == ExitStatus.BAD_INPUT
        said = capsys.readouterr().err
        assert "hosted_engines" in said
        assert server.base_url.split("/")[2] in said
        config = write_run(tmp_path, server.base_url, ", own_server: true")
        forbid(tmp_path)
        assert status_of(["run", str(config), "--dry-run"]) == ExitStatus.DONE
    assert server.asked == []
    assert not (tmp_path / "run").exists()


def test_cost_is_told_before_and_for_what_is_left_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Six utterances, two conditions, each charged as 30 s at least: six minutes for 0.60."""
    url = "http://127.0.0.1:9/v1"
    config = write_run(tmp_path, url, ", price_per_minute: 0.1, currency: EUR, least_billed_s: 30")
    permit(tmp_path)
    assert status_of(["run", str(config), "--dry-run"]) == ExitStatus.DONE
    line = "hosted at 127.0.0.1:9: 12 requests, 6.0 minutes of audio, about 0.60 EUR at 0.1 a minute"
    assert line in capsys.readouterr().out
    prepared = prepare(read_config(config), allow_bad_audio=False)
    ids = list(prepared.audio)
    assert "9 requests, 4.5 minutes" in str(
        forecast(prepared, {(each, "clean", "hosted") for each in ids[:3]})
    )
    everything = {(each, name, "hosted") for each in ids for name in ("clean", "scanner@5dB")}
    assert "request" not in str(forecast(prepared, everything))
    unpriced = prepare(read_config(write_run(tmp_path, url, ", own_server: true")), allow_bad_audio=False)
    assert "no price given" in str(forecast(unpriced, ()))


def test_how_many_requests_go_out_at_once_may_change_while_a_run_is_stopped(tmp_path: Path) -> None:
    def identity(more: str) -> dict[str, str]:
        config = read_config(write_run(tmp_path, "http://127.0.0.1:9/v1", f", own_server: true{more}"))
        return prepare(config, allow_bad_audio=False).identity

    assert identity("") == identity(", concurrency: 9, timeout_s: 7")
    assert identity("") != identity(", prompt: x")


def recogniser() -> Engine:
    if wheel_folder() is None:
        pytest.skip('no wheel of tiny.en (pip install "asr-fair[tiny-en]")')
    keys = {"name": "t", "engine": "faster-whisper", "model": "tiny.en", "device": "cpu"}
    return load_engine(FasterWhisperConfig.model_validate(keys))


def answered_by(engine: Engine, first: list[Respond]) -> Respond:
    """A server's answer by a real model, after some of another kind."""
    lock = threading.Lock()

    def respond(handler: Any, asked: Asked) -> None:
        with lock:
            if first:
                first.pop(0)(handler, asked)
                return
            (heard,) = engine.transcribe([Clip("u", "clean", asked.samples)])
        assert isinstance(heard, Hypothesis)
        say(content={"text": f" {heard.text}"})(handler, asked)

    return respond


def run_command(config: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "asr_fair", "run", str(config)]
    return subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=False)


@pytest.mark.model
def test_a_run_through_a_server_gives_the_texts_of_its_model_and_the_key_stands_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real model behind real HTTP; the server is busy once, and quotes the key where it fails."""
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # two threads that wait for each other crawl on a busy machine
    engine = recogniser()
    quoting = say(500, {"error": {"message": f"Authorization: Bearer {KEY}"}})
    refusing = say(400, {"error": {"message": f"bad audio for {KEY}"}})
    respond = answered_by(engine, [say(429, {}, Retry_After="0"), quoting, refusing])
    with serving(respond) as server:
        config = write_run(
            tmp_path, server.base_url, ", price_per_minute: 0.1, concurrency: 2", n_utterances=3
        )
        permit(tmp_path)
        done = run_command(config)
        assert done.returncode == ExitStatus.DONE, done.stderr
    run = tmp_path / "run"
    outcomes = pd.concat([pd.read_parquet(path) for path in (run / "transcripts").glob("part-*.parquet")])
    texts = outcomes[outcomes["text"].notna()]
    assert len(texts) >= 5
    prepared = prepare(read_config(config), allow_bad_audio=False)
    sources = {each.utterance_id: each for each in prepared.manifest.sources()}
    clean = texts[texts["condition"] == "clean"]
    direct = engine.transcribe(
        [Clip(each, "clean", load_audio(sources[each])) for each in clean["utterance_id"]]
    )
    assert clean["text"].tolist() == [each.text for each in direct if isinstance(each, Hypothesis)]
    assert set(outcomes["error"].dropna()) <= {"refused_by_service", "engine_error"}
    timings = pd.read_parquet(run / "timings.parquet")
    assert timings["n_requests"].sum() == len(server.asked)
    assert "6 requests" in done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "run.json" for path in written)
    for form in (KEY, KEY[8:]):
        assert [path for path in written if form.encode() in path.read_bytes()] == []
        assert form not in done.stdout + done.stderr
    tables = pd.concat([pd.read_parquet(path).astype(str) for path in written if path.suffix == ".parquet"])
    assert not tables.map(lambda cell: KEY in str(cell)).to_numpy().any()  # Parquet packs its bytes
    assert "[key]" in " ".join(outcomes["error_message"].dropna())


@pytest.mark.model
def test_a_refused_key_stops_a_run_which_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    with serving(say(401, {"error": {"message": f"wrong key {KEY}"}})) as server:
        config = write_run(tmp_path, server.base_url, ", own_server: true")
        stopped = run_command(config)
        assert stopped.returncode == ExitStatus.BAD_INPUT
        (error,) = [line for line in stopped.stderr.splitlines() if line.startswith("error: ")]
        assert error.startswith("error: system 'hosted': 127.0.0.1:")
        assert error.endswith("HTTP 401: wrong key [key]. Check the key in TEST_ASR_KEY")
        assert KEY not in stopped.stderr + stopped.stdout
        server.script[:] = [say()]
        assert run_command(config).returncode == ExitStatus.DONE
