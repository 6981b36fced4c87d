"""Make the demo manifest again: `python manifests/make_demo.py` writes demo.jsonl, demo.yaml and demo/*.flac.

Needs espeak-ng and flite, and the development extra of this package. The same versions of the tools,
which the sidecar names, give the same bytes.

The design is crossed, so that what is said cannot explain a difference between groups. Every two of the
six accents share three sentences. Each sentence is heard twice: in two accents, once on each handset.
Every voice says three sentences and is heard on both handsets.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import combinations
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
import yaml
from numpy.typing import NDArray
from scipy.signal import resample_poly

HERE = Path(__file__).parent
WIDEBAND, TELEPHONE = "wideband", "telephone 8 kHz"
SAMPLE_RATE_HZ = {WIDEBAND: 16_000, TELEPHONE: 8_000}
TELEPHONE_BAND_HZ = (300.0, 3400.0)
TELEPHONE_ROLLOFF_DB_PER_OCTAVE = 24
LEVEL_DBFS = -26.0
"""RMS over the whole trimmed utterance: without its pauses, so close to the active speech level."""
MAX_DURATION_S = 3.0
KEPT_BEFORE_S, KEPT_AFTER_S = 0.05, 0.1
ESPEAK_WORDS_PER_MINUTE = 160
FLITE_DURATION_STRETCH = 0.9

# espeak-ng's voice files, as file names: by language code, "en-gb+f2" drops the variant without a word.
ACCENTS = {
    "Great Britain": "gmw/en",
    "Received Pronunciation": "gmw/en-GB-x-rp",
    "Scotland": "gmw/en-GB-scotland",
    "Lancaster": "gmw/en-GB-x-gbclan",
    "America": "gmw/en-US",
    "Caribbean": "gmw/en-029",
}
VARIANTS = ("f2", "m1", "f3", "edward", "steph")
FLITE_VOICES = {("America", "f2"): "slt", ("America", "m1"): "rms", ("Scotland", "edward"): "awb"}
"""flite's voices were built from recordings of people; each stands in for one variant of that accent."""

CLINICAL = (
    "Take two tablets with water after every meal.",
    "The pain started in my left shoulder last night.",
    "Please keep the wound dry for two days.",
    "The nurse will check your blood pressure now.",
    "I feel dizzy when I stand up too fast.",
    "Your next appointment is on Monday at nine.",
    "She has a fever and a dry cough.",
    "He needs five milligrams every six hours.",
    "Do you have any allergies to penicillin or latex?",
    "The doctor wants a scan of your chest.",
    "Take a deep breath and hold it for me.",
    "My throat hurts when I try to swallow.",
    "The patient in bed seven is asking for water.",
    "We will move you to the ward this evening.",
    "The rash on my arm is getting worse.",
    "Stop the infusion if the alarm sounds again.",
    "Use the inhaler twice a day, morning and night.",
    "Has the swelling in your ankle gone down?",
    "I take one small pill for my heart.",
    "Her temperature was back to normal by midnight.",
    "Call the ward if the bleeding does not stop.",
    "Half a tablet at bedtime is enough for him.",
    "Please roll up your sleeve for the injection.",
    "The blood test results will be ready on Friday.",
)
EVERYDAY = (
    "Could you open the window, it is warm here.",
    "The bus to the station leaves in ten minutes.",
    "We are having soup and bread for lunch.",
    "My sister is coming to visit on Sunday.",
    "I left my keys on the kitchen table.",
    "It has been raining here since this morning.",
    "Can you turn the light off before you leave?",
    "The shop on the corner closes at eight.",
    "He walks the dog along the river every day.",
    "Thank you for the flowers, they are lovely.",
    "What time does the next train arrive?",
    "I would like a cup of tea, please.",
    "The children are playing football in the garden.",
    "Please write your name at the top of the page.",
    "We watched an old film on television last night.",
    "There is a good market near the church.",
    "She bought a blue coat for the winter.",
    "Let me know when you get home tonight.",
    "My phone is nearly out of battery again.",
    "Put the milk back in the fridge, please.",
    "The people next door have a new baby boy.",
)

DESCRIPTION = """\
Ninety short sentences, everyday and clinical, spoken by a speech synthesiser. Accent, voice and handset are
settings of that synthesiser and of a filter: this data shows how the tool works and says nothing about
people. Rates differ between its groups because of how the synthesiser makes its voices. In particular, two
of the five voices of America and one of Scotland are flite's, built from recordings of people, and all
others are espeak-ng's, computed from rules. Accents, variants and
flite's places were chosen by how well Whisper tiny.en did on trials with these same sentences, and one voice
was replaced because it sent that model into a loop: the rates are lower than for voices taken as they come,
and do not measure the synthesisers either. Made by manifests/make_demo.py with {tools}."""


def synthetic_dimension(title: str, note: str, level: str, values: Sequence[str]) -> dict[str, Any]:
    """A dimension of the sidecar whose labels are settings of this script."""
    return {
        "title": title,
        "source": "synthetic",
        "source_note": note,
        "level": level,
        "values": list(values),
        "multiple": False,
        "sensitive": False,
    }


SIDECAR = {
    "name": "demo",
    "version": "1.0",
    "title": "Demo: a synthesiser's English accents on two handsets",
    "description": DESCRIPTION,
    "licence": "CC0-1.0 (texts and audio made for this project)",
    "collected": "2026-11-21",
    "language": "en",
    "permitted_use": ["evaluate", "hosted_engines", "share_results", "play_audio"],
    "audio_root": "demo",
    "dimensions": {
        "accent": synthetic_dimension(
            "Accent setting of the synthesiser",
            "espeak-ng's names of its English accents; flite's slt and rms under America, awb under Scotland",
            "speaker",
            tuple(ACCENTS),
        ),
        "handset": synthetic_dimension(
            "Handset the audio was passed through",
            "wideband: 16 kHz; telephone 8 kHz: filter for 300 to 3400 Hz, then G.711 mu-law",
            "utterance",
            tuple(SAMPLE_RATE_HZ),
        ),
        "topic": synthetic_dimension(
            "What the sentence is about",
            "as the sentences were written for this demo",
            "utterance",
            ("everyday", "clinical"),
        ),
    },
}


@dataclass(frozen=True, slots=True)
class Utterance:
    """One sentence in one voice on one handset."""

    accent: str
    variant: str
    slot: int
    handset: str
    topic: str
    text: str

    @property
    def flite_voice(self) -> str | None:
        """The flite voice that speaks, or None where espeak-ng does."""
        return FLITE_VOICES.get((self.accent, self.variant))

    @property
    def speaker_id(self) -> str:
        """Accent and voice, such as scotland-f2."""
        return f"{self.accent.lower().replace(' ', '-')}-{self.flite_voice or self.variant}"

    @property
    def utterance_id(self) -> str:
        """The speaker and the number of the utterance, such as scotland-f2-1."""
        return f"{self.speaker_id}-{self.slot + 1}"


def design() -> Iterator[Utterance]:
    """All utterances: a round robin of the accents, in which two voices that meet share three sentences."""
    accents, n_rounds = tuple(ACCENTS), len(ACCENTS) - 1
    sentences = {"clinical": iter(CLINICAL), "everyday": iter(EVERYDAY)}
    for one, other in combinations(range(len(accents)), 2):
        round_ = (2 * one if other == n_rounds else one + other) % n_rounds
        first, second = (one, other) if (one + other) % 2 else (other, one)
        topics = (
            ("clinical", "everyday", "clinical") if round_ % 2 == 0 else ("everyday", "clinical", "everyday")
        )
        for slot, topic in enumerate(topics):
            text = next(sentences[topic])
            handsets = (WIDEBAND, TELEPHONE) if slot % 2 == 0 else (TELEPHONE, WIDEBAND)
            for accent, handset in zip((first, second), handsets, strict=True):
                yield Utterance(accents[accent], VARIANTS[round_], slot, handset, topic, text)


def synthesise(utterance: Utterance) -> tuple[NDArray[np.float64], int]:
    """What the synthesiser says, shape (n_samples,), and its sample rate in Hz."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "speech.wav"
        if utterance.flite_voice:
            stretch = f"duration_stretch={FLITE_DURATION_STRETCH}"
            command = [
                "flite",
                "-voice",
                utterance.flite_voice,
                "--setf",
                stretch,
                "-t",
                utterance.text,
                "-o",
                wav,
            ]
        else:
            voice = f"{ACCENTS[utterance.accent]}+{utterance.variant}"
            command = [
                "espeak-ng",
                "-v",
                voice,
                "-s",
                str(ESPEAK_WORDS_PER_MINUTE),
                "-w",
                wav,
                utterance.text,
            ]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - fixed programs and texts
        samples, sample_rate_hz = sf.read(wav, dtype="float64")
    return samples, sample_rate_hz


def trim(samples: NDArray[np.float64], sample_rate_hz: int) -> NDArray[np.float64]:
    """Without the silence around the speech: all more than 40 dB below the peak, less a short margin."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    start = max(0, loud[0] - round(KEPT_BEFORE_S * sample_rate_hz))
    return samples[start : loud[-1] + 1 + round(KEPT_AFTER_S * sample_rate_hz)]


def resample(samples: NDArray[np.float64], from_hz: int, to_hz: int) -> NDArray[np.float64]:
    """The same sound at another sample rate."""
    factor = gcd(from_hz, to_hz)
    return resample_poly(samples, to_hz // factor, from_hz // factor)


def limit_to_telephone_band(samples: NDArray[np.float64], sample_rate_hz: int) -> NDArray[np.float64]:
    """300 to 3400 Hz, by audiomentations with its parameters given instead of drawn."""
    from audiomentations import BandPassFilter  # imports librosa: slow

    low_hz, high_hz = TELEPHONE_BAND_HZ
    band = BandPassFilter(p=1.0)
    band.parameters = {
        "should_apply": True,
        "center_freq": (low_hz + high_hz) / 2,
        "bandwidth": high_hz - low_hz,
        "rolloff": TELEPHONE_ROLLOFF_DB_PER_OCTAVE,
    }
    band.freeze_parameters()
    return band(samples=samples.astype(np.float32), sample_rate=sample_rate_hz).astype(np.float64)


def to_pcm(samples: NDArray[np.float64]) -> NDArray[np.int16]:
    """16-bit samples at the level of LEVEL_DBFS."""
    scaled = samples * (10 ** (LEVEL_DBFS / 20) / np.sqrt(np.mean(samples**2)))
    if np.abs(scaled).max() >= 1:
        msg = f"clips at {LEVEL_DBFS} dBFS"
        raise ValueError(msg)
    return np.round(scaled * 32767).astype(np.int16)


def through_mu_law(pcm: NDArray[np.int16], sample_rate_hz: int) -> NDArray[np.int16]:
    """Encoded and decoded again as on a telephone line (ITU-T G.711, mu-law)."""
    line = io.BytesIO()
    sf.write(line, pcm, sample_rate_hz, format="WAV", subtype="ULAW")
    line.seek(0)
    decoded, _ = sf.read(line, dtype="int16")
    return decoded


def flac_of(utterance: Utterance) -> bytes:
    """The utterance as a FLAC file. Raises ValueError for one that is too long or clips."""
    speech, spoken_at_hz = synthesise(utterance)
    wide = resample(trim(speech, spoken_at_hz), spoken_at_hz, SAMPLE_RATE_HZ[WIDEBAND])
    sample_rate_hz = SAMPLE_RATE_HZ[utterance.handset]
    if utterance.handset == TELEPHONE:
        limited = limit_to_telephone_band(wide, SAMPLE_RATE_HZ[WIDEBAND])
        narrow = resample(limited, SAMPLE_RATE_HZ[WIDEBAND], sample_rate_hz)
        pcm = through_mu_law(to_pcm(narrow), sample_rate_hz)
    else:
        pcm = to_pcm(wide)
    if len(pcm) > MAX_DURATION_S * sample_rate_hz:
        seconds = f"{len(pcm) / sample_rate_hz:.2f} s, at most {MAX_DURATION_S} s"
        msg = f"{utterance.utterance_id}: {seconds}: {utterance.text}"
        raise ValueError(msg)
    file = io.BytesIO()
    sf.write(file, pcm, sample_rate_hz, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def row_of(utterance: Utterance, flac: bytes) -> dict[str, Any]:
    """The utterance's line of the manifest."""
    return {
        "utterance_id": utterance.utterance_id,
        "audio": f"{utterance.utterance_id}.flac",
        "reference": utterance.text,
        "speaker_id": utterance.speaker_id,
        "language": "en",
        "audio_sha256": hashlib.sha256(flac).hexdigest(),
        "accent": utterance.accent,
        "handset": utterance.handset,
        "topic": utterance.topic,
    }


def missing_tools() -> list[str]:
    """Synthesisers that are not on this machine."""
    return [tool for tool in ("espeak-ng", "flite") if shutil.which(tool) is None]


def tool_versions() -> str:
    """All that the bytes depend on, in one line."""
    espeak = _output_of("espeak-ng", "--version").split(": ")[1].split()[0]
    flite = next(word for word in _output_of("flite", "--version").split() if word.startswith("flite-"))
    packages = [f"{name} {version(name)}" for name in ("audiomentations", "numpy", "scipy", "soundfile")]
    tools = [
        f"espeak-ng {espeak}",
        flite.replace("-", " ", 1),
        *packages,
        f"libsndfile {sf.__libsndfile_version__}",
    ]
    return ", ".join(tools)


def write(rows: Sequence[dict[str, Any]], files: dict[str, bytes]) -> None:
    """Replace the manifest, its sidecar and its audio files."""
    audio = HERE / SIDECAR["audio_root"]
    shutil.rmtree(audio, ignore_errors=True)
    audio.mkdir()
    for name, content in files.items():
        (audio / name).write_bytes(content)
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (HERE / "demo.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    description = DESCRIPTION.format(tools=tool_versions()).replace("\n", " ")
    text = yaml.safe_dump(
        SIDECAR | {"description": description}, sort_keys=False, allow_unicode=True, width=100
    )
    (HERE / "demo.yaml").write_text("# Written by make_demo.py: change it there.\n" + text, encoding="utf-8")


def main() -> None:
    """Make everything first, then write."""
    if missing := missing_tools():
        sys.exit(f"not on this machine: {', '.join(missing)}. On Debian: apt-get install {' '.join(missing)}")
    utterances = sorted(design(), key=lambda utterance: utterance.utterance_id)
    flacs = {utterance.utterance_id: flac_of(utterance) for utterance in utterances}
    rows = [row_of(utterance, flacs[utterance.utterance_id]) for utterance in utterances]
    write(rows, {row["audio"]: flacs[row["utterance_id"]] for row in rows})
    size_mb = sum(map(len, flacs.values())) / 1e6
    sys.stderr.write(f"{len(rows)} utterances, {size_mb:.1f} MB, written to {HERE / 'demo.jsonl'}\n")


def _output_of(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - flite exits with 1
    return done.stdout + done.stderr


if __name__ == "__main__":
    main()
