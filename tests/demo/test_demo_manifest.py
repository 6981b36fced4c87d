"""What the demo manifest promises, measured in the committed files."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
import yaml

from asr_fair.audio.level import active_speech
from asr_fair.score.normalise import load_normaliser

MANIFESTS = Path(__file__).resolve().parents[2] / "manifests"
AUDIO = MANIFESTS / "demo"
WIDEBAND, TELEPHONE = "wideband", "telephone 8 kHz"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (MANIFESTS / "demo.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def sidecar() -> dict[str, Any]:
    return yaml.safe_load((MANIFESTS / "demo.yaml").read_text(encoding="utf-8"))


def of_handset(rows: list[dict[str, Any]], handset: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["handset"] == handset]


def share_above(samples: np.ndarray, sample_rate_hz: int, frequency_hz: float) -> float:
    """Share of the energy above a frequency."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    return power[np.fft.rfftfreq(len(samples), 1 / sample_rate_hz) > frequency_hz].sum() / power.sum()


def test_ninety_utterances_have_ids_of_their_own(rows):
    assert len({row["utterance_id"] for row in rows}) == len(rows) == 90


def test_manifest_and_folder_name_the_same_files(rows):
    assert sorted(row["audio"] for row in rows) == sorted(path.name for path in AUDIO.iterdir())


def test_digests_are_those_of_the_files(rows):
    digests = {row["audio"]: hashlib.sha256((AUDIO / row["audio"]).read_bytes()).hexdigest() for row in rows}
    assert digests == {row["audio"]: row["audio_sha256"] for row in rows}


def test_audio_is_below_four_megabytes():
    assert sum(path.stat().st_size for path in AUDIO.iterdir()) < 4_000_000


def test_no_utterance_is_longer_than_three_seconds(rows):
    assert max(sf.info(AUDIO / row["audio"]).duration for row in rows) <= 3.0


def test_files_are_mono_flac_of_16_bits_at_the_rate_of_their_handset(rows):
    rates = {WIDEBAND: 16_000, TELEPHONE: 8_000}
    for row in rows:
        info = sf.info(AUDIO / row["audio"])
        facts = (info.format, info.subtype, info.channels, info.samplerate)
        assert facts == ("FLAC", "PCM_16", 1, rates[row["handset"]]), row["audio"]


def test_active_speech_level_is_near_minus_26_dbfs(rows):
    levels = [active_speech(*sf.read(AUDIO / row["audio"], dtype="float32")).level_db for row in rows]
    assert np.ptp(levels) < 1.5
    assert np.mean(levels) == pytest.approx(-26, abs=1)


def test_six_accents_have_five_voices_and_fifteen_utterances_each(rows):
    voices = defaultdict(set)
    for row in rows:
        voices[row["accent"]].add(row["speaker_id"])
    assert {accent: len(names) for accent, names in voices.items()} == dict.fromkeys(voices, 5)
    assert Counter(row["accent"] for row in rows) == dict.fromkeys(voices, 15)
    assert len(voices) == 6


def test_every_voice_has_one_accent_and_is_heard_on_both_handsets(rows):
    accents, handsets = defaultdict(set), defaultdict(set)
    for row in rows:
        accents[row["speaker_id"]].add(row["accent"])
        handsets[row["speaker_id"]].add(row["handset"])
    assert len(handsets) == 30
    assert all(len(values) == 1 for values in accents.values())
    assert all(values == {WIDEBAND, TELEPHONE} for values in handsets.values())


def test_accents_are_spread_evenly_over_handsets(rows):
    cells = Counter((row["accent"], row["handset"]) for row in rows)
    assert len(cells) == 12
    assert set(cells.values()) == {7, 8}


def test_both_handsets_carry_the_same_sentences_in_different_accents(rows):
    wide = {row["reference"]: row["accent"] for row in of_handset(rows, WIDEBAND)}
    narrow = {row["reference"]: row["accent"] for row in of_handset(rows, TELEPHONE)}
    assert len(wide) == len(narrow) == 45
    assert wide.keys() == narrow.keys()
    assert all(wide[text] != narrow[text] for text in wide)


@pytest.mark.parametrize("tag", ["handset", "topic"])
def test_every_handset_and_topic_has_words_for_a_full_row(rows, tag):
    normaliser = load_normaliser("whisper_en")
    words = Counter()
    for row in rows:
        words[row[tag]] += len(normaliser.words(row["reference"]))
    assert len(words) == 2
    assert min(words.values()) >= 330


def test_references_spell_numbers_out(rows):
    assert not any(character.isdigit() for row in rows for character in row["reference"])


def test_telephone_speech_has_little_energy_outside_its_band(rows):
    recordings = [sf.read(AUDIO / row["audio"]) for row in of_handset(rows, TELEPHONE)]
    assert max(share_above(*recording, 3400.0) for recording in recordings) < 0.025
    assert max(1 - share_above(*recording, 200.0) for recording in recordings) < 0.1


def test_wideband_speech_reaches_beyond_the_telephone_band(rows):
    above = [share_above(*sf.read(AUDIO / row["audio"]), 4000.0) for row in of_handset(rows, WIDEBAND)]
    assert np.median(above) > 0.005


def test_telephone_samples_are_values_of_g711_mu_law(rows):
    """A G.711 code of segment s and step m stands for ((2m + 33) 2^s - 33), here times 4 for 16 bits."""
    positive = {4 * (((2 * step + 33) << segment) - 33) for segment in range(8) for step in range(16)}
    allowed = positive | {-value for value in positive}
    for row in of_handset(rows, TELEPHONE):
        samples, _ = sf.read(AUDIO / row["audio"], dtype="int16")
        assert set(samples.tolist()) <= allowed, row["audio"]


def test_sidecar_declares_every_tag_as_synthetic_with_its_values(rows, sidecar):
    tags = {"accent", "handset", "topic"}
    assert sidecar["dimensions"].keys() == tags
    for name, dimension in sidecar["dimensions"].items():
        assert dimension["source"] == "synthetic"
        assert set(dimension["values"]) == {row[name] for row in rows}


def test_description_says_that_it_is_not_about_people(sidecar):
    assert "settings of that synthesiser" in sidecar["description"]
    assert "says nothing about people" in sidecar["description"]
