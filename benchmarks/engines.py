"""Both Whisper engines in the workers of a run against openai-whisper's `transcribe` one by one.

    python -m benchmarks.engines > benchmarks/results/engines.md

The loop has the process to itself with every core, as a script of one's own has. The engines run as `asr-fair
run` lets them on a machine without a GPU: a process per core with one thread each, started with the settings
of the allocator. Same weights (tiny.en), same utterances, no fallback on either side. All processes are
loaded before the first round; a round is another slice of the utterances, on which the ways take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import jiwer
import numpy as np
import soundfile as sf

from asr_fair.config.systems import SYSTEM_MODELS
from asr_fair.records import SAMPLE_RATE_HZ, Samples
from benchmarks.measuring import WALL, Rounds, Target, in_turn, machine_facts, missed, table, targets_table

BATCH = 8
ROOT = Path(__file__).parents[1]
ONE_BY_ONE = "`transcribe`, one by one"
ONE_BY_ONE_TUNED = "`transcribe`, one by one, with the allocator set"
ONE_WORKER = "whisper, float32, one worker of one thread"
FULL = "whisper, float32"
TARGETS = {
    FULL: 2.0,
    "whisper, bfloat16": 2.7,
    "faster-whisper, float32": 2.0,
    "faster-whisper, int8": 2.3,
}
"""Of issue 6, by the clock, over the loop."""
WORKERS_TARGET = 1.7


class Utterance(NamedTuple):
    """Audio at 16 kHz and what was said."""

    path: Path
    reference: str


def main() -> None:
    """Measure, print a Markdown report, and exit with 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--utterances", type=int, default=80)
    parser.add_argument("--worker", nargs=2, metavar=("ENGINE", "PRECISION"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        serve(*asked.worker)
        return
    corpus, utterances = read_utterances(asked.utterances)
    per_round = BATCH * n_cores()
    slices = [utterances[start : start + per_round] for start in range(0, len(utterances), per_round)]
    ways = all_ways()
    try:
        rounds = measure(ways, slices)
    finally:
        for each in ways.values():
            each.close()
    targets = [
        Target(f"{name}, over {ONE_BY_ONE}", rounds.speed_up(name, over=ONE_BY_ONE), at_least)
        for name, at_least in TARGETS.items()
    ]
    speed_up = rounds.speed_up(FULL, over=ONE_WORKER)
    if n_cores() == 2:
        targets.append(Target("two one-thread workers over one, float32", speed_up, WORKERS_TARGET))
    print("\n".join(report(rounds, ways, corpus, utterances, targets)))
    sys.exit(missed(targets))


def n_cores() -> int:
    """Cores of this process."""
    return len(os.sched_getaffinity(0))


def read_utterances(n_utterances: int) -> tuple[str, list[Utterance]]:
    """The corpus by name, and utterances spread evenly over it: real speech, the demo's voices without it."""
    shared = os.environ.get("ASR_FAIR_SHARED_DATA")
    corpus = Path(shared) / "speechocean762" if shared else None
    if corpus is not None and corpus.is_dir():
        texts = dict(line.split(maxsplit=1) for line in (corpus / "train/text").read_text().splitlines())
        audio = dict(line.split(maxsplit=1) for line in (corpus / "train/wav.scp").read_text().splitlines())
        found = [Utterance(corpus / audio[name], texts[name]) for name in sorted(audio)]
        name = "speechocean762 (real speech)"
    else:
        demo = ROOT / "manifests/demo.jsonl"
        rows = map(json.loads, demo.read_text().splitlines())
        found = [Utterance(demo.with_suffix("") / row["audio"], row["reference"]) for row in rows]
        found = [each for each in found if sf.info(each.path).samplerate == SAMPLE_RATE_HZ]
        name = "the demo (synthetic voices; set ASR_FAIR_SHARED_DATA for real speech)"
    rows_taken = np.linspace(0, len(found) - 1, min(n_utterances, len(found))).astype(int)
    return name, [found[row] for row in rows_taken]


@dataclass
class Worker:
    """A process with a loaded engine, which answers paths of audio with texts."""

    engine: str
    precision: str
    environment: dict[str, str]
    _process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        command = [sys.executable, "-m", "benchmarks.engines", "--worker", self.engine, self.precision]
        self._process = subprocess.Popen(  # noqa: S603 - this file itself
            command,
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not _is_set_here(name)}
            | self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, utterances: Sequence[Utterance]) -> None:
        """Hand over work."""
        print(json.dumps([str(each.path) for each in utterances]), file=self._process.stdin, flush=True)

    def answer(self) -> tuple[list[str], float]:
        """The texts, and the seconds of processor time that they took."""
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            sys.exit(f"the worker of {self.engine} in {self.precision} ended with {self._process.wait()}")
        answer = json.loads(line)
        return answer["texts"], answer["processor_s"]

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def _is_set_here(name: str) -> bool:
    return name.startswith(("MALLOC_", "OMP_", "MKL_", "CT2_"))


@dataclass
class Way:
    """Workers that share each slice, and what has come of the slices so far."""

    workers: Sequence[Worker]
    texts: list[list[str]] = field(default_factory=list)
    processor_s: list[float] = field(default_factory=list)

    def run(self, utterances: Sequence[Utterance]) -> None:
        """Let the workers recognise, all at once."""
        share = -(-len(utterances) // len(self.workers))
        for number, worker in enumerate(self.workers):
            worker.ask(utterances[number * share : (number + 1) * share])
        answers = [worker.answer() for worker in self.workers]
        self.texts.append([text for texts, _ in answers for text in texts])
        self.processor_s.append(sum(processor_s for _, processor_s in answers))

    def close(self) -> None:
        """End the workers."""
        for worker in self.workers:
            worker.close()


def all_ways() -> dict[str, Way]:
    """Each way to recognise the utterances; the first is the one that the others are compared with."""
    from asr_fair.run.cluster.connect import ALLOCATOR

    tuned = dict(ALLOCATOR)
    one_thread = tuned | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

    def workers(engine: str, precision: str, n_workers: int) -> Way:
        return Way([Worker(engine, precision, one_thread) for _ in range(n_workers)])

    ways = {
        ONE_BY_ONE: Way([Worker("transcribe", "float32", {})]),
        ONE_BY_ONE_TUNED: Way([Worker("transcribe", "float32", tuned)]),
        ONE_WORKER: workers("whisper", "float32", 1),
    }
    return ways | {name: workers(*name.split(", "), n_cores()) for name in TARGETS}


def measure(ways: dict[str, Way], slices: Sequence[Sequence[Utterance]]) -> Rounds:
    """Seconds by the clock of every way on every slice; a round of warming up comes before."""

    def runner(way: Way) -> Callable[[], None]:
        turns = iter([slices[0], *slices])
        return lambda: way.run(next(turns))

    rounds = in_turn({name: runner(way) for name, way in ways.items()}, rounds=len(slices), clock=WALL)
    for way in ways.values():
        del way.texts[0], way.processor_s[0]
    return rounds


def serve(engine: str, precision: str) -> None:
    """Be a worker: a line of paths in, a line of texts and processor seconds out, until the end of input."""
    recognise = recogniser(engine, precision)
    for line in sys.stdin:
        clips = [read_audio(path) for path in json.loads(line)]
        begun_s = time.process_time()
        texts = recognise(clips)
        print(json.dumps({"texts": texts, "processor_s": time.process_time() - begun_s}), flush=True)


def recogniser(engine: str, precision: str) -> Callable[[Sequence[Samples]], list[str]]:
    """A function from clips to texts."""
    from asr_fair.asr import Clip, load_engine

    keys: dict[str, Any] = {"name": "tested", "model": "tiny.en", "device": "cpu", "precision": precision}
    if engine == "transcribe":
        network: Any = load_engine(SYSTEM_MODELS["whisper"].model_validate(keys | {"engine": "whisper"}))
        return lambda clips: [one_by_one(network._model, clip) for clip in clips]
    loaded = load_engine(SYSTEM_MODELS[engine].model_validate(keys | {"engine": engine}))

    def in_batches(clips: Sequence[Samples]) -> list[str]:
        batches = [clips[start : start + BATCH] for start in range(0, len(clips), BATCH)]
        named = [[Clip("", "clean", clip) for clip in batch] for batch in batches]
        return [getattr(each, "text", "") for batch in named for each in loaded.transcribe(batch)]

    return in_batches


def one_by_one(network: Any, clip: Samples) -> str:
    """The text of openai-whisper's own loop over windows, which decodes each window once."""
    result = network.transcribe(
        clip,
        language="en",
        temperature=0.0,
        condition_on_previous_text=False,
        without_timestamps=True,
        fp16=False,
    )
    text: str = result["text"]
    return text.strip()


def read_audio(path: str) -> Samples:
    """Samples of a 16 kHz mono file, shape (n_samples,)."""
    samples, rate_hz = sf.read(path, dtype="float32")
    if rate_hz != SAMPLE_RATE_HZ or samples.ndim != 1:
        sys.exit(f"{path}: needs 16 kHz mono, got {rate_hz} Hz and shape {samples.shape}")
    return np.asarray(samples)


def report(
    rounds: Rounds,
    ways: dict[str, Way],
    corpus: str,
    utterances: Sequence[Utterance],
    targets: Sequence[Target],
) -> Iterator[str]:
    """Lines of Markdown."""
    audio_s = sum(sf.info(each.path).duration for each in utterances)
    yield "# Whisper engines against `transcribe` one by one"
    yield ""
    yield (
        f"tiny.en, {len(utterances)} utterances of {corpus}, {audio_s:.0f} s of audio, batches of {BATCH} "
        f"windows; {len(next(iter(ways.values())).texts)} rounds of another slice each. The ratio is the "
        "median over the rounds (lowest to highest). Made by `python -m benchmarks.engines`."
    )
    yield ""
    yield from machine_facts("torch", "openai-whisper", "faster-whisper", "ctranslate2")
    yield (
        f"- The loop: one process, {n_cores()} threads. Engines: {n_cores()} processes of one thread, with "
        "the environment that a run gives its workers."
    )
    yield from ("", "## Targets", "", *targets_table(targets))
    yield from ("", "## Seconds of a round, by the clock", "", *table(rounds))
    processor = Rounds({name: way.processor_s for name, way in ways.items()})
    yield from ("", "## Seconds of a round, processor time of all its processes", "", *table(processor))
    yield from ("", "## Texts", "", *_texts_table(ways, utterances))


def _texts_table(ways: dict[str, Way], utterances: Sequence[Utterance]) -> Iterator[str]:
    from whisper.normalizers import EnglishTextNormalizer

    normalise = EnglishTextNormalizer()
    references = [normalise(each.reference) for each in utterances]
    said = {name: [text for of_round in way.texts for text in of_round] for name, way in ways.items()}
    yield f"| way | WER (Whisper's normaliser) | texts that differ from {FULL} |"
    yield "|-|-|-|"
    for name, texts in said.items():
        wer = jiwer.wer(references, [normalise(text) for text in texts])
        n_differ = sum(one != other for one, other in zip(texts, said[FULL], strict=True))
        yield f"| {name} | {wer:.4f} | {n_differ} of {len(texts)} |"


if __name__ == "__main__":
    main()
