"""`asr-fair noise`: what is listed, what is heard, and what is said about bad input."""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import yaml
from scipy.io import wavfile

from asr_fair.audio.decode import load_audio
from asr_fair.audio.level import active_speech
from asr_fair.cli.main import status_of
from asr_fair.cli.noise import COMMANDS
from asr_fair.conditions.plan import expand_conditions
from asr_fair.conditions.render import render
from asr_fair.config import Grid
from asr_fair.errors import ExitStatus
from asr_fair.manifest.check import read_manifest
from asr_fair.pipeline.noise_render import RenderRequest, speech_under
from asr_fair.pipeline.prepare import probe_all
from asr_fair.pipeline.sounds import ready_conditions, speakers_of, voices_of
from asr_fair.recipes.library import folders, shipped_folder
from asr_fair.recipes.room import Room
from asr_fair.records import SAMPLE_RATE_HZ, AudioSource, Samples
from asr_fair.rooms.bank import ResponseBank
from fakes.demo import MANIFESTS, write_small_manifest

SPEECH = MANIFESTS / "demo" / "america-f3-2.flac"
UTTERANCE = "america-f3-2"

OWN_PROFILE = """
id: hum
version: "3"
title: Hum of a fridge
description: For tests
licence: CC0-1.0
tags: [kitchen]
sources:
  - kind: tones
    fundamental_hz: 100
    harmonics_db: [0]
    repetition_hz: 4
    duty: 0.5
    ramp_s: 0.01
    evidence:
      - {figures: [fundamental_hz], origin: measured, source: a meter}
      - {figures: [harmonics_db, repetition_hz, duty, ramp_s], origin: assumed}
"""
BABBLE_PROFILE = """
id: voices
version: "1"
title: Voices
description: For tests
licence: CC0-1.0
sources:
  - {kind: babble, voices: 3, evidence: [{figures: [voices], origin: assumed}]}
"""


ROOM = {
    "id": "bay",
    "version": "1",
    "title": "Small room",
    "description": "For tests",
    "licence": "none",
    "size_m": (4, 3, 2.5),
    "rt60_s": 0.3,
    "distance_m": 1,
    "evidence": [{"figures": ["size_m", "rt60_s", "distance_m"], "origin": "assumed"}],
}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "hum.yaml").write_text(OWN_PROFILE, encoding="utf-8")
    (folder / "voices.yaml").write_text(BABBLE_PROFILE, encoding="utf-8")
    return folder


@pytest.fixture
def quick_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """No picture drawn: it takes a second, and what is tested is the sound."""
    monkeypatch.setattr("asr_fair.pipeline.noise_render.write_picture", lambda path, _: path.write_bytes(b""))


def speech() -> Samples:
    return load_audio(AudioSource(UTTERANCE, str(SPEECH)))


def read_wav(path: Path) -> Samples:
    rate_hz, samples = wavfile.read(path)
    assert rate_hz == SAMPLE_RATE_HZ
    assert samples.dtype == np.float32
    return samples


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples.astype(float) ** 2)))


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["noise", command, "--help"]) == ExitStatus.DONE
    assert f"Usage: asr-fair noise {command}" in capsys.readouterr().out


def test_a_command_that_is_nearly_right_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["noise", "rendr"]) == ExitStatus.BAD_INPUT
    assert "Did you mean 'render'?" in capsys.readouterr().err


def test_own_and_shipped_recipes_are_listed(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["noise", "list", "--profiles", str(own)]) == ExitStatus.DONE
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == [
        "Noise profiles",
        "Rooms",
        "Handsets",
    ]
    (hum,) = [line for line in lines if line.startswith("  hum ")]
    assert [part.strip() for part in hum.split("  ") if part.strip()] == [
        "hum", "3", "own", "Hum of a fridge", "measured 1, assumed 4", "kitchen",
    ]  # fmt: skip
    assert any(line.split()[:3] == ["scanner", "1.0", "shipped"] for line in lines)


def test_an_own_recipe_takes_the_place_of_a_shipped_one(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "scanner.yaml").write_text(OWN_PROFILE.replace("id: hum", "id: scanner"), encoding="utf-8")
    assert status_of(["noise", "list", "--profiles", str(own), "--json"]) == ExitStatus.DONE
    listed = json.loads(capsys.readouterr().out)
    assert [(each["from"], each["version"]) for each in listed["profiles"] if each["id"] == "scanner"] == [
        ("own", "3")
    ]
    assert listed.keys() == {"profiles", "rooms", "handsets"}


def test_a_faulty_recipe_is_named_and_the_others_are_listed(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "bad.yaml").write_text(OWN_PROFILE.replace("duty: 0.5", "duty: 5"), encoding="utf-8")
    (own / "broken.yaml").write_text("a: [", encoding="utf-8")
    assert status_of(["noise", "list", "--profiles", str(own)]) == ExitStatus.BAD_INPUT
    printed = capsys.readouterr()
    assert "  hum " in printed.out
    assert "bad.yaml: sources.0.duty" in printed.err
    assert "broken.yaml:" in printed.err


def test_a_tag_chooses_and_an_unknown_one_is_mended(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        status_of(["noise", "list", "--profiles", str(own), "--tag", "kitchen", "--json"]) == ExitStatus.DONE
    )
    listed = json.loads(capsys.readouterr().out)
    assert {key: [each["id"] for each in value] for key, value in listed.items()} == {
        "profiles": ["hum"], "rooms": [], "handsets": [],
    }  # fmt: skip
    assert status_of(["noise", "list", "--profiles", str(own), "--tag", "kitchn"]) == ExitStatus.BAD_INPUT
    assert "Did you mean 'kitchen'?" in capsys.readouterr().err


def test_speech_in_noise_is_what_a_run_renders(tmp_path: Path) -> None:
    command = ["noise", "render", "scanner", "--snr", "3", "--speech", str(SPEECH), "--seed", "7"]
    assert status_of([*command, "--out", str(tmp_path)]) == ExitStatus.DONE
    outlines = expand_conditions([Grid(profile="scanner", snr_db=3)], folders(None))
    (condition,) = ready_conditions(outlines, [])
    expected, record = render(speech(), UTTERANCE, condition, 7)
    result = read_wav(tmp_path / "scanner@3dB.wav")
    assert np.array_equal(result, expected)
    described = json.loads((tmp_path / "scanner@3dB.json").read_text(encoding="utf-8"))
    assert described["record"]["recipe_digest"] == condition.digest == record.recipe_digest
    assert described["sound"]["samples_sha256"] == hashlib.sha256(expected.tobytes()).hexdigest()
    assert described["recipes"][0]["version"] == "1.0"
    assert (tmp_path / "scanner@3dB.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("quick_picture")
def test_the_recorded_snr_is_that_of_the_sound(tmp_path: Path) -> None:
    command = ["noise", "render", "alarm", "--snr", "6", "--speech", str(SPEECH), "--out", str(tmp_path)]
    assert status_of(command) == ExitStatus.DONE
    record = json.loads((tmp_path / "alarm@6dB.json").read_text(encoding="utf-8"))["record"]
    clean = speech()
    noise = read_wav(tmp_path / "alarm@6dB.wav") - clean
    level_db = active_speech(clean, SAMPLE_RATE_HZ).level_db
    assert record["clipped_share"] == 0
    assert level_db - 20 * np.log10(rms(noise)) == pytest.approx(record["snr_whole_db"], abs=0.01)
    # An alarm's pulses are tones: where they sound, no 2 ms are silent.
    parts = noise[: len(noise) // 32 * 32].reshape(-1, 32)
    sounding = parts[np.abs(parts).max(axis=1) > 1e-6]
    assert level_db - 20 * np.log10(rms(sounding)) == pytest.approx(6, abs=0.2)
    assert record["snr_sounding_db"] == pytest.approx(6, abs=1e-4)


@pytest.mark.usefixtures("quick_picture")
def test_the_command_in_the_record_makes_the_same_files_again(tmp_path: Path) -> None:
    out = tmp_path / "with space"
    command = ["noise", "render", "scanner", "--snr", "-2.5", "--speech", str(SPEECH), "--out", str(out)]
    assert status_of(command) == ExitStatus.DONE
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    assert sorted(first) == ["scanner@-2.5dB.json", "scanner@-2.5dB.png", "scanner@-2.5dB.wav"]
    program, *again = shlex.split(json.loads(first["scanner@-2.5dB.json"])["repeat"])
    assert program == "asr-fair"
    assert status_of(again) == ExitStatus.DONE
    assert {path.name: path.read_bytes() for path in out.iterdir()} == first


@pytest.mark.usefixtures("quick_picture")
def test_an_utterance_of_a_manifest_is_its_own_speech(tmp_path: Path) -> None:
    manifest = write_small_manifest(tmp_path)
    utterance_id = json.loads(manifest.read_text(encoding="utf-8").splitlines()[2])["utterance_id"]
    named = ["--manifest", str(manifest), "--utterance-id", utterance_id]
    command = ["noise", "render", "scanner", "--snr", "100", *named, "--out", str(tmp_path / "out")]
    assert status_of(command) == ExitStatus.DONE
    spoken = load_audio(AudioSource("it", str(MANIFESTS / "demo" / f"{utterance_id}.flac")))
    result = read_wav(tmp_path / "out" / "scanner@100dB.wav")
    assert np.abs(result - spoken).max() < 1e-4


def test_the_sounds_of_a_picture_add_up_to_the_result() -> None:
    room = Room.model_validate(ROOM)
    response = np.array([1, 0, 0.5], dtype=np.float32)
    bank = ResponseBank(room, (response,), (0.3,), "none")
    (outline,) = expand_conditions([Grid(profile="scanner", snr_db=3)], folders(None))
    (noisy,) = ready_conditions([outline], [])
    condition = replace(noisy, name="bay+scanner@3dB", room=bank)
    sounds = speech_under(condition, speech(), RenderRequest(Path("nowhere"), utterance_id="u"))
    recorded, heard, noise, result = sounds.shown.values()
    assert list(sounds.shown)[1] == "Speech in the room: Small room"
    assert np.array_equal(recorded, speech())
    assert np.allclose(heard, np.convolve(recorded, response), atol=1e-6)
    assert sounds.record.clipped_share == 0
    assert np.allclose(heard + noise, result, atol=1e-6)


@pytest.mark.usefixtures("quick_picture")
def test_babble_is_that_of_a_run_and_never_the_own_voice(own: Path, tmp_path: Path) -> None:
    path = write_small_manifest(tmp_path)
    manifest, _ = read_manifest(path)
    spoken = next(manifest.sources())
    named = ["--manifest", str(path), "--utterance-id", spoken.utterance_id, "--profiles", str(own)]
    command = ["noise", "render", "voices", "--snr", "10", *named, "--out", str(tmp_path)]
    assert status_of(command) == ExitStatus.DONE
    audio = {each.utterance_id: each for each in probe_all(manifest)}
    outlines = expand_conditions([Grid(profile="voices", snr_db=10)], folders(own))
    (condition,) = ready_conditions(outlines, voices_of(manifest, audio))
    speaker = speakers_of(manifest)[spoken.utterance_id]
    expected, _ = render(load_audio(spoken), spoken.utterance_id, condition, 1, speaker)
    assert np.array_equal(read_wav(tmp_path / "voices@10dB.wav"), expected)
    clips = json.loads((tmp_path / "voices@10dB.json").read_text(encoding="utf-8"))["record"]["clips"]
    assert len(clips.split("; ")) == 3
    assert speaker not in clips


def test_people_who_did_not_permit_it_are_not_listened_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = write_small_manifest(tmp_path)
    sidecar = yaml.safe_load(manifest.with_suffix(".yaml").read_text(encoding="utf-8"))
    sidecar["permitted_use"] = ["evaluate"]
    manifest.with_suffix(".yaml").write_text(yaml.safe_dump(sidecar), encoding="utf-8")
    command = ["noise", "render", "scanner", "--manifest", str(manifest), "--out", str(tmp_path / "out")]
    assert status_of(command) == ExitStatus.BAD_INPUT
    assert "play_audio" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("quick_picture")
def test_babble_alone_is_repeated_by_its_record(own: Path, tmp_path: Path) -> None:
    manifest = ["--manifest", str(write_small_manifest(tmp_path)), "--profiles", str(own)]
    out = tmp_path / "out"
    assert status_of(["noise", "render", "voices", *manifest, "--out", str(out)]) == ExitStatus.DONE
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    assert len(read_wav(out / "voices.wav")) == 10 * SAMPLE_RATE_HZ
    assert status_of(shlex.split(json.loads(first["voices.json"])["repeat"])[1:]) == ExitStatus.DONE
    assert {path.name: path.read_bytes() for path in out.iterdir()} == first


@pytest.mark.usefixtures("quick_picture")
def test_noise_alone_has_the_stated_level_and_length(own: Path, tmp_path: Path) -> None:
    command = ["noise", "render", "hum", "--profiles", str(own), "--duration", "2", "--out", str(tmp_path)]
    assert status_of(command) == ExitStatus.DONE
    samples = read_wav(tmp_path / "hum.wav")
    assert len(samples) == 2 * SAMPLE_RATE_HZ
    # It sounds for half the time: 3.01 dB less over all.
    assert 20 * np.log10(rms(samples)) == pytest.approx(-26 - 3.01, abs=0.05)


@pytest.mark.usefixtures("quick_picture")
def test_noise_that_clips_is_clipped_and_said(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["noise", "render", "hum", "--profiles", str(own), "--snr", "-40", "--speech", str(SPEECH)]
    assert status_of([*command, "--out", str(tmp_path)]) == ExitStatus.DONE
    samples = read_wav(tmp_path / "hum@-40dB.wav")
    share = float(np.mean(np.abs(samples) == 1.0))
    assert share > 0.1
    assert f"{share:.2%} of the samples are clipped" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("scaner", "Did you mean 'scanner'?"),
        (f"scaner --snr 3 --speech '{SPEECH}'", "Did you mean 'scanner'?"),
        (f"scanner --speech '{SPEECH}'", "--snr is missing"),
        (f"scanner --snr loud --speech '{SPEECH}'", "'loud' is not a valid float"),
        (f"scanner --snr nan --speech '{SPEECH}'", "not a finite number"),
        (f"scanner --snr 900 --speech '{SPEECH}'", "must lie in [-50, 100] dB, got 900"),
        ("scanner --snr 3 --speech nowhere.wav", "nowhere.wav: no such file"),
        ("scanner --snr 3", "--snr needs speech"),
        ("scanner --room any", "--room needs speech"),
        ("scanner --handset any", "--handset needs speech"),
        ("", "Name a noise profile"),
        (f"--speech '{SPEECH}'", "Name a noise profile"),
        (f"--snr 3 --speech '{SPEECH}'", "--snr needs a noise profile"),
        (f"--room nowhere --speech '{SPEECH}'", "unknown room 'nowhere'"),
        (f"--handset none-such --speech '{SPEECH}'", "unknown handset 'none-such'"),
        (f"scanner --snr 3 --duration 3 --speech '{SPEECH}'", "--duration is for a noise alone"),
        ("scanner --duration nan", "not a finite number"),
        ("scanner --duration 0", "0.1<=x<=600"),
        ("scanner --seed -1", "x>=0"),
        ("scanner --profiles nowhere", "no such folder 'nowhere'"),
        ("voices --profiles OWN", "Name one with --manifest"),
        (
            f"voices --snr 3 --profiles OWN --manifest SMALL --speech '{SPEECH}' --utterance-id other",
            "nobody knows who speaks there",
        ),
        (
            f"scanner --snr 3 --manifest '{MANIFESTS}/demo.jsonl' --utterance-id america-f3-22",
            "Did you mean",
        ),
    ],
)
def test_bad_input_is_said_and_nothing_is_written(
    arguments: str, message: str, own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = str(write_small_manifest(tmp_path)) if "SMALL" in arguments else ""
    given = shlex.split(arguments.replace("OWN", f"'{own}'").replace("SMALL", f"'{small}'"))
    assert status_of(["noise", "render", *given, "--out", str(tmp_path / "out")]) == ExitStatus.BAD_INPUT
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["profile", "room", "handset"])
def test_schema_files_are_those_of_the_code(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["noise", "schema", kind]) == ExitStatus.DONE
    printed = capsys.readouterr().out
    jsonschema.Draft202012Validator.check_schema(json.loads(printed))
    stored = (shipped_folder() / f"{kind}.schema.json").read_text(encoding="utf-8")
    assert stored == printed, f"asr-fair noise schema {kind} > noise_profiles/{kind}.schema.json"


@pytest.mark.parametrize(("kind", "folder"), [("profile", ""), ("room", "rooms"), ("handset", "handsets")])
def test_shipped_recipes_fit_their_schema(kind: str, folder: str) -> None:
    schema = json.loads((shipped_folder() / f"{kind}.schema.json").read_text(encoding="utf-8"))
    for path in sorted((shipped_folder() / folder).glob("*.yaml")):
        # As an editor sees it: JSON, in which keys are strings.
        content = json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8"))))
        jsonschema.validate(content, schema)


def test_an_editor_marks_a_slip_by_the_schema(own: Path) -> None:
    schema = json.loads((shipped_folder() / "profile.schema.json").read_text(encoding="utf-8"))
    content = yaml.safe_load(OWN_PROFILE)
    jsonschema.validate(content, schema)
    content["sources"][0]["duti"] = content["sources"][0].pop("duty")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, schema)
