"""What each handset preset does to speech, measured: the table of `noise_profiles/handsets/README.md`.

    python benchmarks/handset_presets.py

Speech is the demo's 16 kHz recordings. Without packet loss: what the network takes is drawn, not measured.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile as sf
from scipy.signal import correlate, correlation_lags, csd, welch

from asr_fair.audio.level import active_speech
from asr_fair.handsets.chain import through_handset
from asr_fair.handsets.coding import encode
from asr_fair.handsets.formats import FORMATS, rate_kbit_s
from asr_fair.handsets.transmission import change_rate
from asr_fair.recipes.handset import Codec, Handset
from asr_fair.recipes.library import folders, load_recipes
from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples

DEMO = Path(__file__).resolve().parent.parent / "manifests" / "demo"
LEVEL_DB: Decibels = -26.0
"""Active speech level that telephony measures at (recalled: ITU-T P.830)."""

RESOLUTION = 1024
"""Samples of a spectrum: 15.6 Hz."""

TIMED_S = 3.0


class Measured(NamedTuple):
    """What a handset does; `distortion_db` is the level of what no linear filter explains, below the rest."""

    low_hz: float
    high_hz: float
    delay_samples: int
    kbit_s: float | None
    distortion_db: Decibels
    times_real_time: float

    def row(self, handset: Handset) -> str:
        """The preset's row of the README."""
        rate = "" if self.kbit_s is None else f"{self.kbit_s:.1f}"
        cells = (
            f"[`{handset.id}`]({handset.id}.yaml)",
            handset.title,
            str(handset.codec or "none"),
            f"{self.low_hz:.0f}–{self.high_hz:.0f}",
            f"{self.delay_samples}",
            rate,
            f"{self.distortion_db:.0f}",
            f"{self.times_real_time:.0f}",
        )
        return f"| {' | '.join(cells)} |"


HEADER = (
    "| id | what | codec | band, Hz | delay left, samples | kbit/s | distortion, dB | × real time |\n"
    "|-|-|-|-|-|-|-|-|"
)


def main() -> None:
    """Print the table."""
    speech = demo_speech()
    print(HEADER)
    for found in load_recipes(Handset, folders(None)).values():
        print(measure(found.recipe, speech).row(found.recipe))


def demo_speech(every: int = 9) -> Samples:
    """Some of the demo's voices one after the other, at -26 dBFS, shape (n_samples,)."""
    recordings = [path for path in sorted(DEMO.glob("*.flac")) if sf.info(path).samplerate == SAMPLE_RATE_HZ]
    speech = np.concatenate([sf.read(path, dtype="float32")[0] for path in recordings[::every]])
    level_db = active_speech(speech, SAMPLE_RATE_HZ).level_db
    return np.asarray(speech * 10 ** ((LEVEL_DB - level_db) / 20), dtype=np.float32)


def measure(handset: Handset, speech: Samples) -> Measured:
    """Send speech through a handset without packet loss; the time is that of one processor core."""
    lossless = handset.model_copy(update={"packet_loss": None})
    rng = np.random.default_rng(0)  # draws nothing
    heard = through_handset(speech, lossless, rng).samples
    short = speech[: round(TIMED_S * SAMPLE_RATE_HZ)]
    began_s = time.process_time()
    for _ in range(3):
        through_handset(short, lossless, rng)
    taken_s = (time.process_time() - began_s) / 3
    return Measured(
        *band_hz(speech, heard),
        delay_samples(speech, heard),
        None if handset.codec is None else sent_kbit_s(speech, handset.codec),
        distortion_db(speech, heard),
        TIMED_S / taken_s,
    )


def band_hz(sent: Samples, heard: Samples) -> tuple[float, float]:
    """Where the long-term spectrum of what was heard lies within 10 dB of what was sent, around 1 kHz.

    Relative to the octave around 1 kHz, so that gain does not count.
    """
    frequencies, before = welch(sent, SAMPLE_RATE_HZ, nperseg=RESOLUTION)
    _, after = welch(heard, SAMPLE_RATE_HZ, nperseg=RESOLUTION)
    ratio_db = 10 * np.log10(after / before)
    octave = (frequencies >= 1000 / np.sqrt(2)) & (frequencies < 1000 * np.sqrt(2))
    outside = np.flatnonzero(ratio_db < np.mean(ratio_db[octave]) - 10)
    centre = int(np.argmin(np.abs(frequencies - 1000)))
    low = outside[outside < centre].max(initial=-1) + 1
    high = outside[outside > centre].min(initial=len(frequencies)) - 1
    return float(frequencies[low]), float(frequencies[high])


def delay_samples(sent: Samples, heard: Samples) -> int:
    """The lag at which what was heard correlates best with what was sent, whatever its sign."""
    products = np.abs(correlate(heard, sent, method="fft"))
    return int(correlation_lags(len(heard), len(sent))[np.argmax(products)])


def distortion_db(sent: Samples, heard: Samples) -> Decibels:
    """Power that no linear filter of what was sent explains (by coherence), in dB below what one does."""
    _, cross = csd(sent, heard, SAMPLE_RATE_HZ, nperseg=RESOLUTION)
    _, before = welch(sent, SAMPLE_RATE_HZ, nperseg=RESOLUTION)
    _, after = welch(heard, SAMPLE_RATE_HZ, nperseg=RESOLUTION)
    explained = np.abs(cross) ** 2 / before
    return float(10 * np.log10(np.sum(after - explained) / np.sum(explained)))


def sent_kbit_s(speech: Samples, codec: Codec) -> float:
    """Bits of all packets over the length of the speech."""
    form = FORMATS[codec.name]
    sent = change_rate(speech, SAMPLE_RATE_HZ, form.sample_rate_hz)
    whole = sent[: len(sent) // form.packet_samples * form.packet_samples]
    packets, _ = encode(whole, form, rate_kbit_s(codec))
    return 8 * sum(map(len, packets)) / (len(whole) / form.sample_rate_hz) / 1000


if __name__ == "__main__":
    main()
