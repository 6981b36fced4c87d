"""What anybody is called changes nothing of what anybody hears."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asr_fair.audio.decode import load_audio
from asr_fair.conditions.plan import expand_conditions
from asr_fair.conditions.render import render
from asr_fair.config import Grid
from asr_fair.manifest.check import read_manifest
from asr_fair.pipeline.prepare import probe_all
from asr_fair.pipeline.sounds import ready_conditions, speakers_of, voices_of
from asr_fair.recipes.library import folders
from asr_fair.records import SAMPLE_RATE_HZ

N_SPEAKERS, EACH = 6, 1
N_UTTERANCES = N_SPEAKERS * EACH
GRID = Grid(
    profile=("corridor-babble", "alarm"),
    snr_db=(5,),
    room=("none", "office"),
    handset=("none", "voip-24-lossy"),
)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    time_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    for number in range(N_UTTERANCES):
        pitch_hz = 120 + 30 * (number // EACH)
        swelling = 1 + np.sin(2 * np.pi * 3 * time_s + number)
        sound = 0.1 * np.sin(2 * np.pi * pitch_hz * time_s) * swelling
        soundfile.write(folder / f"{number}.wav", sound.astype(np.float32), SAMPLE_RATE_HZ)
    return folder


Heard = dict[tuple[str, str], tuple[str, str]]
"""SHA-256 of the samples and the condition's digest, by condition and utterance."""


def heard(folder: Path, name: str, accents: list[str], order: list[int]) -> Heard:
    rows = [f"u{each},{each}.wav,hello there,p{each // EACH},{accents[each // EACH]}" for each in order]
    header = "utterance_id,audio,reference,speaker_id,accent"
    (folder / f"{name}.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    (folder / f"{name}.yaml").write_text(
        f"name: {name}\nlanguage: en\naudio_root: .\npermitted_use: [evaluate]\n"
        "dimensions:\n  accent: {title: Accent, source: self_report, level: speaker}\n",
        encoding="utf-8",
    )
    manifest, _ = read_manifest(folder / f"{name}.csv")
    voices = voices_of(manifest, {facts.utterance_id: facts for facts in probe_all(manifest)})
    conditions = ready_conditions(expand_conditions([GRID], folders(None)), voices)
    assert len(conditions) == 8
    speakers = speakers_of(manifest)
    found = {}
    for source in manifest.sources():
        samples, speaker = load_audio(source), speakers[source.utterance_id]
        for condition in conditions:
            sound, record = render(samples, source.utterance_id, condition, 1, speaker)
            assert f"{speaker} from" not in (record.clips or "")
            digest = hashlib.sha256(sound.tobytes()).hexdigest()
            found[condition.name, source.utterance_id] = (digest, condition.digest)
    return found


@pytest.fixture(scope="module")
def before(recordings: Path) -> Heard:
    return heard(recordings, "before", ["X"] * N_SPEAKERS, list(range(N_UTTERANCES)))


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    accents=st.lists(st.sampled_from(["X", "Y", "Z"]), min_size=N_SPEAKERS, max_size=N_SPEAKERS),
    order=st.permutations(range(N_UTTERANCES)),
)
def test_no_tag_and_no_order_of_rows_changes_a_sample(
    recordings: Path, before: Heard, accents: list[str], order: list[int]
) -> None:
    """Babble, a room and lost packets are all drawn; only ids, speakers and the seed may decide."""
    assert heard(recordings, "after", accents, order) == before
