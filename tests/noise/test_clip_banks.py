"""Banks of a whole profile: opened with all faults at once, drawn from the same way by plan and render."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from asr_fair.errors import FaultsError
from asr_fair.noise.bed import Voice, needs_voices, open_bed
from asr_fair.noise.draws import drawn_clips
from asr_fair.noise.synth import NoiseBed, synthesise
from asr_fair.recipes.library import Found, parse_recipe
from asr_fair.recipes.profile import Profile
from asr_fair.records import AudioSource

RATE_HZ = 16_000
HEAD = "id: ward\nversion: '1'\ntitle: Ward\ndescription: For tests\nlicence: none\nsources:\n"
BABBLE = "- kind: babble\n  voices: 3\n  evidence: [{figures: [voices], origin: assumed}]\n"


def found(text: str, folder: Path) -> Found[Profile]:
    profile = parse_recipe(Profile, HEAD + text, name="ward.yaml", stem="ward")
    return Found(profile, folder / "ward.yaml")


def recording_of(*files: tuple[str, str | None]) -> str:
    entries = "".join(
        f"  - {{path: {name}, licence: CC0{'' if sha256 is None else f', sha256: {sha256!r}'}}}\n"
        for name, sha256 in files
    )
    return f"- kind: recording\n  evidence: []\n  files:\n{entries}"


def write(path: Path, seed: int, duration_s: float = 2.0) -> str:
    samples = np.random.default_rng(seed).normal(0, 0.1, round(duration_s * RATE_HZ))
    soundfile.write(path, samples.astype(np.float32), RATE_HZ, subtype="FLOAT")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> NoiseBed:
    """Five recordings, and babble of three out of eight voices."""
    folder = tmp_path_factory.mktemp("ward")
    files = [(f"{number}.wav", write(folder / f"{number}.wav", number)) for number in range(5)]
    voices = []
    for number in range(8):
        path = folder / f"voice{number}.wav"
        content = write(path, 100 + number)
        voices.append(Voice(AudioSource(f"u{number}", str(path)), f"s{number}", 2.0, content))
    return open_bed(found(recording_of(*files) + BABBLE, folder), voices)


def heard(bed: NoiseBed, utterance_id: str, speaker: str) -> tuple[tuple[str, ...], Any]:
    speech = np.ones(RATE_HZ // 4, dtype=bool)
    noise = synthesise(bed, speech, seed=3, utterance_id=utterance_id, speaker=speaker)
    return tuple(each.clip.name for each in noise.clips), noise.samples


def test_the_plan_names_the_clips_that_are_heard(bed: NoiseBed) -> None:
    counts: dict[str, int] = {}
    for number in range(200):
        speaker = f"s{number % 10}"  # two of them have no voice in the bank
        planned = drawn_clips(bed, seed=3, utterance_id=f"u{number}", speaker=speaker)
        names, _ = heard(bed, f"u{number}", speaker)
        assert planned.keys() == {0, 1}
        assert planned[0] + planned[1] == names
        assert speaker not in planned[1]
        assert len(set(planned[1])) == 3
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    # Each recording is met by 40 of 200 on average, each voice by about 75: none is left out or preferred.
    assert all(20 <= counts[f"{number}.wav"] <= 62 for number in range(5))
    assert all(50 <= counts[f"s{number}"] <= 102 for number in range(8))


def test_an_unknown_speaker_has_no_babble_in_the_plan(bed: NoiseBed) -> None:
    assert drawn_clips(bed, seed=3, utterance_id="u", speaker=None).keys() == {0}


def test_another_process_hears_the_same(bed: NoiseBed, tmp_path: Path) -> None:
    path = tmp_path / "bed.pickle"
    path.write_bytes(pickle.dumps(bed))
    script = (
        "import hashlib, pickle, sys, pathlib, numpy\n"
        "from asr_fair.noise.synth import synthesise\n"
        f"bed = pickle.loads(pathlib.Path({str(path)!r}).read_bytes())\n"
        "speech = numpy.ones(4000, dtype=bool)\n"
        "noise = synthesise(bed, speech, seed=3, utterance_id='u7', speaker='s7')\n"
        "print(bed.digest, hashlib.sha256(noise.samples.tobytes()).hexdigest())\n"
    )
    command = [sys.executable, "-c", script]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    _, samples = heard(bed, "u7", "s7")
    assert answer == [bed.digest, hashlib.sha256(samples.tobytes()).hexdigest()]


def test_all_faults_of_all_sources_come_at_once(tmp_path: Path) -> None:
    sha256 = write(tmp_path / "a.wav", 1)
    profile = found(recording_of(("gone.wav", sha256), ("a.wav", None)) + BABBLE, tmp_path)
    with pytest.raises(FaultsError) as caught:
        open_bed(profile, [])
    path = str(tmp_path / "ward.yaml")
    assert [(fault.file, fault.field) for fault in caught.value.faults] == [
        (path, "sources.0.files.0.path"),
        (path, "sources.0.files.1.sha256"),
        (path, "sources.1.voices"),
    ]


def test_only_babble_needs_voices(bed: NoiseBed, tmp_path: Path) -> None:
    assert needs_voices(bed.profile)
    assert bed.has_voices
    sha256 = write(tmp_path / "a.wav", 1)
    alone = found(recording_of(("a.wav", sha256)), tmp_path)
    assert not needs_voices(alone.recipe)
    assert not open_bed(alone, []).has_voices


def test_the_digest_of_a_bed_covers_its_banks(tmp_path: Path) -> None:
    digests = set()
    for seed in (1, 2):
        profile = found(recording_of(("a.wav", write(tmp_path / "a.wav", seed))), tmp_path)
        digests.add(open_bed(profile, []).digest)
    assert len(digests) == 2
