"""Rendering of conditions against the same chain built from audiomentations alone, side by side.

    python benchmarks/rendering.py > benchmarks/results/rendering.md

Both hear the demo's utterances in turn, so that other work on the machine falls on both alike. Times are
processor time of one process; a figure is the median over the rounds.
"""

from __future__ import annotations

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # one core: waiting threads count as time

import argparse
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile
from audiomentations import AddBackgroundNoise, ApplyImpulseResponse, BandPassFilter, Compose

from asr_fair.audio.decode import load_audio
from asr_fair.conditions.plan import Condition, expand_conditions
from asr_fair.conditions.render import render
from asr_fair.config import Grid
from asr_fair.manifest.check import read_manifest
from asr_fair.noise.bed import Voice
from asr_fair.pipeline.sounds import ready_conditions, speakers_of
from asr_fair.recipes.handset import Handset
from asr_fair.recipes.library import folders, load_recipes
from asr_fair.recipes.profile import Profile
from asr_fair.records import SAMPLE_RATE_HZ, Samples

DEMO = Path(__file__).parents[1] / "manifests" / "demo.jsonl"
ROOM, NOISE, HANDSET = "bay", "mri-epi", "landline"
Way = Callable[[Samples, str], Samples]


def main() -> None:
    """Measure and print a Markdown report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--utterances", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory-utterances", type=int, default=10_000)
    asked = parser.parse_args()
    speech, voices = read_demo(asked.utterances)
    duration_s = sum(map(len, speech.values())) / SAMPLE_RATE_HZ
    print("# Rendering conditions\n")
    print(
        f"{len(speech)} utterances of the demo ({duration_s:.0f} s), processor time of one process, median "
        f"of {asked.rounds} rounds. Made by `benchmarks/rendering.py`.\n"
    )
    print(
        f"Machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[1]:.1f} over 5 minutes.\n"
    )
    print("## Beside audiomentations\n")
    print("| chain | asr-fair, × real time | audiomentations, × real time | ratio |")
    print("|-|-|-|-|")
    for title, (ours, theirs) in chains(voices).items():
        ours_s, theirs_s = in_turn([ours, theirs], speech, asked.rounds)
        print(
            f"| {title} | {duration_s / ours_s:.0f} | {duration_s / theirs_s:.0f} | {theirs_s / ours_s:.2f} |"
        )
    print(
        "\naudiomentations has no G.711: its last chain is a band-pass filter only. Its noise is one "
        "recording with its RMS over the whole, ours is synthesised and levelled against active speech.\n"
    )
    print("## Every profile and handset\n")
    print("| condition | × real time |\n|-|-|")
    for condition in everything(voices):
        (took_s,) = in_turn([through(condition)], speech, asked.rounds)
        print(f"| {condition.name} | {duration_s / took_s:.0f} |")
    print(f"\n## Memory over {asked.memory_utterances:,} utterances\n")
    print(
        memory(
            conditions_of(voices, Grid(room=(ROOM,), profile=(NOISE,), snr_db=(5,), handset=(HANDSET,))),
            list(speech.values()),
            asked.memory_utterances,
        )
    )


def read_demo(n_utterances: int) -> tuple[dict[str, Samples], list[Voice]]:
    """Samples by utterance id, and the voices of all."""
    manifest, _ = read_manifest(DEMO)
    speakers = speakers_of(manifest)
    sources = list(manifest.sources())
    speech = {each.utterance_id: load_audio(each) for each in sources[:n_utterances]}
    voices = [Voice(each, speakers[each.utterance_id], 3.0, each.utterance_id) for each in sources]
    return speech, voices


def conditions_of(voices: Sequence[Voice], grid: Grid) -> tuple[Condition, ...]:
    """The conditions of a grid, ready to render."""
    return ready_conditions(expand_conditions([grid], folders(None)), voices)


def through(condition: Condition) -> Way:
    """Our way through a condition."""
    return lambda samples, utterance_id: render(samples, utterance_id, condition, 1, "nobody")[0]


def everything(voices: Sequence[Voice]) -> tuple[Condition, ...]:
    """Every shipped profile and handset, one at a time."""
    profiles, handsets = load_recipes(Profile, folders(None)), load_recipes(Handset, folders(None))
    return (
        *conditions_of(voices, Grid(profile=tuple(profiles), snr_db=(5,))),
        *conditions_of(voices, Grid(handset=tuple(handsets))),
    )


def chains(voices: Sequence[Voice]) -> dict[str, tuple[Way, Way]]:
    """By title: our way and audiomentations' way."""
    folder = Path(tempfile.mkdtemp())
    noisy, roomy, phone, whole = (
        conditions_of(voices, grid)[0]
        for grid in (
            Grid(profile=(NOISE,), snr_db=(5,)),
            Grid(room=(ROOM,)),
            Grid(handset=(HANDSET,)),
            Grid(room=(ROOM,), profile=(NOISE,), snr_db=(5,), handset=(HANDSET,)),
        )
    )
    assert roomy.room is not None  # noqa: S101
    soundfile.write(folder / "response.wav", roomy.room.responses[0], SAMPLE_RATE_HZ)
    tone = (0.01 * np.sin(np.arange(10 * SAMPLE_RATE_HZ) / 10)).astype(np.float32)
    noisy_tone, _ = render(tone, "noise", noisy, 1)
    soundfile.write(folder / "noise.wav", noisy_tone - tone, SAMPLE_RATE_HZ)
    noise = AddBackgroundNoise(str(folder / "noise.wav"), min_snr_db=5, max_snr_db=5, p=1.0)
    response = ApplyImpulseResponse(str(folder / "response.wav"), p=1.0, leave_length_unchanged=False)
    band = BandPassFilter(
        min_center_freq=1010,
        max_center_freq=1010,
        min_bandwidth_fraction=1.99,
        max_bandwidth_fraction=1.99,
        p=1.0,
    )
    pairs = {
        f"noise ({NOISE}, 5 dB)": (noisy, noise),
        f"room ({ROOM})": (roomy, response),
        f"handset ({HANDSET})": (phone, band),
        "room, noise, handset": (whole, Compose([response, noise, band])),
    }
    return {
        title: (through(condition), lambda samples, _, chain=chain: chain(samples, SAMPLE_RATE_HZ))
        for title, (condition, chain) in pairs.items()
    }


def in_turn(ways: Sequence[Way], speech: dict[str, Samples], rounds: int) -> list[float]:
    """Processor seconds that each way takes for all the speech, the median over the rounds."""
    took_s: list[list[float]] = [[] for _ in ways]
    for way in ways:
        for utterance_id, samples in list(speech.items())[:2]:
            way(samples, utterance_id)
    for _ in range(rounds):
        totals_s = [0.0] * len(ways)
        for utterance_id, samples in speech.items():
            for number, way in enumerate(ways):
                begun_s = time.process_time()
                way(samples, utterance_id)
                totals_s[number] += time.process_time() - begun_s
        for each, total_s in zip(took_s, totals_s, strict=True):
            each.append(total_s)
    return [statistics.median(each) for each in took_s]


def memory(conditions: Sequence[Condition], speech: Sequence[Samples], n_utterances: int) -> str:
    """Resident memory of this process after some, and after all renders."""
    (condition,) = conditions
    lines = ["| utterances rendered | resident memory now, MiB | peak, MiB |", "|-|-|-|"]
    for number in range(n_utterances + 1):
        if number in (n_utterances // 100, n_utterances // 10, n_utterances // 2, n_utterances):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            lines.append(
                f"| {number:,} | {pages * resource.getpagesize() / 2**20:.0f} | {peak_kib / 2**10:.0f} |"
            )
        render(speech[number % len(speech)], f"u{number}", condition, 1)
    return "\n".join(lines)


if __name__ == "__main__":
    main()
