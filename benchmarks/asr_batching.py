"""Batched decoding against openai-whisper's `transcribe` one by one, on the same clips in one run.

    python benchmarks/asr_batching.py ../shared/data/speechocean762 > benchmarks/results/asr_batching.md

The ways take turns on each batch, so that other work on the machine falls on all of them alike; a ratio
is the median over the batches.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import jiwer
import numpy as np
import soundfile as sf
import torch
from whisper.normalizers import EnglishTextNormalizer

from asr_fair.asr import load_engine
from asr_fair.asr.base import Clip
from asr_fair.asr.openai_whisper import OpenAIWhisper
from asr_fair.config import SystemConfig
from asr_fair.config.systems import SYSTEM_MODELS
from asr_fair.records import SAMPLE_RATE_HZ, Samples

Recognise = Callable[[Sequence[Samples]], list[str]]


class Utterance(NamedTuple):
    """Audio at 16 kHz and what was said."""

    samples: Samples
    reference: str


class Measured(NamedTuple):
    """Seconds that each batch took, by the clock and of processor time, and the texts."""

    wall_s: list[float]
    cpu_s: list[float]
    texts: list[str]


def main() -> None:
    """Measure and print a Markdown report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("corpus", type=Path, help="folder of speechocean762")
    parser.add_argument("--utterances", type=int, default=48)
    parser.add_argument("--batch-windows", type=int, default=8)
    asked = parser.parse_args()
    utterances = read_utterances(asked.corpus, asked.utterances)
    measured = measure(ways(asked.batch_windows), utterances, asked.batch_windows)
    print(report(measured, utterances, asked.batch_windows))


def read_utterances(corpus: Path, n_utterances: int) -> list[Utterance]:
    """Utterances spread evenly over the corpus, so over its speakers."""
    folder = corpus / "train"
    texts = dict(line.split(maxsplit=1) for line in (folder / "text").read_text().splitlines())
    audio = dict(line.split(maxsplit=1) for line in (folder / "wav.scp").read_text().splitlines())
    names = sorted(audio)
    chosen = [names[row] for row in np.linspace(0, len(names) - 1, n_utterances).astype(int)]
    return [Utterance(read_audio(corpus / audio[name]), texts[name]) for name in chosen]


def read_audio(path: Path) -> Samples:
    """Samples of a 16 kHz mono file, shape (n_samples,)."""
    samples, rate_hz = sf.read(path, dtype="float32")
    if rate_hz != SAMPLE_RATE_HZ or samples.ndim != 1:
        sys.exit(f"{path}: needs 16 kHz mono, got {rate_hz} Hz and shape {samples.shape}")
    return np.asarray(samples)


def ways(batch_windows: int) -> dict[str, Recognise]:
    """Each way to recognise the clips; the first is the one that the others are compared with."""
    openai = OpenAIWhisper(system("whisper", "float32", batch_windows))
    network = openai._model

    def one_by_one(clips: Sequence[Samples]) -> list[str]:
        return [network.transcribe(clip, language="en", fp16=False)["text"].strip() for clip in clips]

    compared: dict[str, Recognise] = {"openai-whisper `transcribe`, one by one, defaults": one_by_one}
    for engine, precision in (
        ("whisper", "float32"),
        ("whisper", "bfloat16"),
        ("faster-whisper", "float32"),
        ("faster-whisper", "int8"),
    ):
        loaded = load_engine(system(engine, precision, batch_windows))
        compared[f"engine {engine}, {precision}"] = lambda clips, loaded=loaded: [
            hypothesis.text for hypothesis in loaded.transcribe([Clip("", "clean", clip) for clip in clips])
        ]
    return compared


def system(engine: str, precision: str, batch_windows: int) -> SystemConfig:
    """tiny.en on the CPU."""
    return SYSTEM_MODELS[engine].model_validate(
        {
            "name": engine,
            "engine": engine,
            "model": "tiny.en",
            "device": "cpu",
            "precision": precision,
            "batch_windows": batch_windows,
        }
    )


def measure(
    compared: dict[str, Recognise], utterances: Sequence[Utterance], batch_windows: int
) -> dict[str, Measured]:
    """Time every way in turn on one batch after the other."""
    clips = [utterance.samples for utterance in utterances]
    for recognise in compared.values():
        recognise(clips[:2])
    measured = {name: Measured([], [], []) for name in compared}
    for start in range(0, len(clips), batch_windows):
        for name, recognise in compared.items():
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            measured[name].texts.extend(recognise(clips[start : start + batch_windows]))
            measured[name].wall_s.append(time.perf_counter() - wall_s)
            measured[name].cpu_s.append(time.process_time() - cpu_s)
            print(f"clip {start}: {name}: {measured[name].wall_s[-1]:.1f} s", file=sys.stderr)
    return measured


def report(measured: dict[str, Measured], utterances: Sequence[Utterance], batch_windows: int) -> str:
    """The figures as Markdown."""
    audio_s = sum(len(utterance.samples) for utterance in utterances) / SAMPLE_RATE_HZ
    normalise = EnglishTextNormalizer()
    references = [normalise(utterance.reference) for utterance in utterances]
    first = next(iter(measured.values()))
    batched = measured["engine whisper, float32"]
    rows = []
    for name, (wall_s, cpu_s, texts) in measured.items():
        faster = statistics.median(np.divide(first.wall_s, wall_s))
        lighter = statistics.median(np.divide(first.cpu_s, cpu_s))
        wer = jiwer.wer(references, [normalise(text) for text in texts])
        agreeing = sum(one == other for one, other in zip(texts, batched.texts, strict=True))
        rows.append(
            f"| {name} | {sum(wall_s):.1f} | {audio_s / sum(wall_s):.1f} | {faster:.2f} | {lighter:.2f} "
            f"| {wer:.4f} | {agreeing} of {len(texts)} |"
        )
    return "\n".join(
        [
            "# Batched decoding against `transcribe` one by one",
            "",
            f"tiny.en, {len(utterances)} utterances of speechocean762 ({audio_s:.0f} s of audio), batches of "
            f"{batch_windows} windows. Ratios are medians over {len(first.wall_s)} batches. Made by "
            "`benchmarks/asr_batching.py`.",
            "",
            f"Machine: {machine()}",
            "",
            "| way | seconds | × real time | × `transcribe`, by the clock | × `transcribe`, processor time "
            "| WER (Whisper's normaliser) | same text as openai-whisper float32 in batches |",
            "|-|-|-|-|-|-|-|",
            *rows,
        ]
    )


def machine() -> str:
    """Processor, cores, load and what the environment sets for threads and memory."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    set_here = [
        f"{name}={value}"
        for name, value in sorted(os.environ.items())
        if name.startswith(("MALLOC_", "OMP_"))
    ]
    return (
        f"{cpu}, {len(os.sched_getaffinity(0))} cores, {torch.get_num_threads()} threads, "
        f"load {os.getloadavg()[1]:.1f} over 5 minutes, torch {torch.__version__}; "
        f"environment: {', '.join(set_here) or 'no MALLOC_ or OMP_ variable'}."
    )


if __name__ == "__main__":
    main()
