"""Scoring beside the plain loop, Whisper's normaliser and jiwer pair by pair, on a grid of 12 conditions.

    python -m benchmarks.scoring ../shared/data --run RUN > benchmarks/results/scoring.md

RUN is the folder of a run with several conditions; its transcripts join those of the Artie corpus. All counts
are compared pair by pair. Times are processor time of one process that starts with nothing remembered. The
exit status is 1 where a target is missed or a count differs.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jiwer
import pandas as pd
from whisper.normalizers import BasicTextNormalizer, EnglishTextNormalizer

from asr_fair.score.align import count_word_pairs, of_each
from asr_fair.score.counts import CHARACTERS, COUNT_COLUMNS, WORDS, count_errors
from asr_fair.score.dialect import respell
from asr_fair.score.normalise import DEFAULT_NORMALISERS, load_normaliser, load_normalisers
from benchmarks.measuring import (
    Spread,
    Target,
    in_own_process,
    in_turn,
    machine_facts,
    missed,
    table,
    targets_table,
)
from benchmarks.real_grid import RealGrid, Utterance, make_grid, read_utterances

HEADLINE = "whisper_en"
REPEATED = (0.0, 0.25, 0.5, 0.75, 0.9)
MIB = 2**20
Row = tuple[int, ...]
Rules = Callable[[str], str]


class Memory(NamedTuple):
    """What one scoring took, in MiB."""

    pairs: int
    repeated: float
    processor_s: float
    before_mib: float
    """Resident before: Python, its packages, references and transcripts."""
    counts_mib: float
    peak_mib: float

    @property
    def working_mib(self) -> float:
        """What was in use for a time beside what was there before and what came of it."""
        return self.peak_mib - self.before_mib - self.counts_mib


def main() -> int:
    """Measure, and print a page in Markdown; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("shared", type=Path, help="folder that holds artie_bias_corpus")
    parser.add_argument("--run", type=Path, action="append", default=[], help="folder of a run")
    parser.add_argument("--utterances", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory-pairs", type=int, default=1_000_000)
    asked = parser.parse_args()
    every = read_utterances(asked.shared, asked.run)
    utterances = every[: asked.utterances]
    print("\n".join(introduction(make_grid(utterances), asked.rounds)), flush=True)
    targets = [Target("counts that differ", Spread.of([differing(make_grid(every))]), at_most=0)]
    for section in (headline, alignment):
        lines, target = section(make_grid(utterances), asked.rounds)
        print("\n".join(lines), flush=True)
        targets.append(target)
    print("\n".join(by_repeats(utterances, asked.rounds)), flush=True)
    print("\n".join(whole(make_grid(utterances[: asked.utterances // 2]), asked.rounds)), flush=True)
    lines, bounds = memory(asked.shared, asked.run, len(every), asked.memory_pairs)
    print("\n".join(lines), flush=True)
    targets += bounds
    print("\n".join(profile(make_grid(utterances))))
    print("\n## Targets\n", *targets_table(targets), sep="\n")
    return missed(targets)


def plain(pairs: Sequence[tuple[str, str]], rules: Rules) -> list[Row]:
    """The plain loop: both texts normalised and aligned, one pair after the other."""
    found = []
    for reference, text in pairs:
        aligned = jiwer.process_words(rules(reference), rules(text))
        found.append((aligned.substitutions, aligned.deletions, aligned.insertions, aligned.hits))
    return found


def thrifty(pairs: Sequence[tuple[str, str]], rules: Rules) -> list[Row]:
    """The plain loop of who normalises a reference once for all of its conditions."""
    found, last, normalised = [], None, ""
    for reference, text in pairs:
        if reference is not last:
            last, normalised = reference, rules(reference)
        aligned = jiwer.process_words(normalised, rules(text))
        found.append((aligned.substitutions, aligned.deletions, aligned.insertions, aligned.hits))
    return found


def ours(grid: RealGrid, names: Sequence[str] = (HEADLINE,), units: Sequence[str] = (WORDS,)) -> pd.DataFrame:
    """What a run does, with nothing remembered from an earlier round."""
    forget()
    return count_errors(grid.references, grid.transcripts, load_normalisers(names), units=units)


def forget() -> None:
    """Forget all normalised texts."""
    for name in (HEADLINE, "basic"):
        load_normaliser(name).function.cache_clear()  # type: ignore[attr-defined]


def differing(grid: RealGrid) -> int:
    """Pairs of the whole grid whose counts are not those of the plain loop; each is named on stderr."""
    found = list(map(tuple, ours(grid)[list(COUNT_COLUMNS)].to_numpy().tolist()))
    pairs, rules = grid.pairs, EnglishTextNormalizer()
    expected = plain(pairs, rules)
    wrong = [row for row, both in enumerate(zip(found, expected, strict=True)) if both[0] != both[1]]
    for row in wrong:
        print(f"{pairs[row]}: {found[row]}, plain {expected[row]}", file=sys.stderr)
    print(f"{len(wrong)} of {len(pairs)} pairs differ", file=sys.stderr)
    return len(wrong)


def introduction(grid: RealGrid, rounds: int) -> Iterator[str]:
    """What was measured on which machine."""
    words = sum(len(reference.split()) for reference, _ in grid.pairs) / len(grid.pairs)
    yield "# Scoring beside the plain loop\n"
    yield (
        "Made by `python -m benchmarks.scoring`. The plain loop is Whisper's English normaliser on both "
        "texts and `jiwer.process_words`, pair by pair. Processor time of one process that starts each round "
        f"with nothing remembered; ways take turns; median of {rounds} rounds (lowest to highest).\n"
    )
    yield (
        f"- Grid: {len(grid.references):,} real utterances under 12 conditions, {len(grid.pairs):,} pairs, "
        f"{words:.1f} words a reference. {grid.n_real:,} transcripts are whole as a recogniser wrote them: "
        "Whisper tiny.en on speechocean762 in each condition of the run, five recognisers on Artie. No run "
        "here has 12 conditions: the other transcripts begin as one real transcript of the utterance and end "
        "as another one of it. Equal texts were told apart by the case of their letters, so that "
        f"{grid.repeated:.0%} are repeats; references stand once a condition, as in any grid."
    )
    yield from machine_facts("openai-whisper", "jiwer", "rapidfuzz", "pandas")


def headline(grid: RealGrid, rounds: int) -> tuple[list[str], Target]:
    """Normalise and align, in words, under the headline normaliser; all texts distinct."""
    pairs, rules = grid.pairs, EnglishTextNormalizer()
    times = in_turn(
        {
            "plain loop": partial(plain, pairs, rules),
            "plain loop, a reference normalised once": partial(thrifty, pairs, rules),
            "asr-fair": partial(ours, grid),
        },
        rounds=rounds,
    )
    lines = ["\n## Normalise and align, all texts distinct\n", *table(times)]
    faster = times.speed_up("asr-fair", over="plain loop")
    return lines, Target("normalise and align, all texts distinct, × the plain loop", faster, at_least=1.8)


def alignment(grid: RealGrid, rounds: int) -> tuple[list[str], Target]:
    """From normalised texts to counts."""
    rules = load_normaliser(HEADLINE).function
    said = of_each(rules, (reference for reference, _ in grid.pairs))
    heard = [rules(text) for _, text in grid.pairs]
    own = ["".join([text, "."])[:-1] for text in said]
    times = in_turn(
        {
            "`jiwer.process_words`": lambda: list(map(jiwer.process_words, said, heard)),
            "asr-fair": partial(aligned, said, heard),
            "asr-fair, another reference in every pair": partial(aligned, own, heard),
        },
        rounds=rounds,
    )
    lines = [
        "\n## Alignment alone\n",
        "From normalised texts, not yet split into words, to counts.\n",
        *table(times),
    ]
    faster = times.speed_up("asr-fair", over="`jiwer.process_words`")
    return lines, Target("alignment alone, × jiwer", faster, at_least=5)


def aligned(said: Sequence[str], heard: Sequence[str], size: int = 5_000) -> None:
    """Split, and count, in parts of the size that scoring takes."""
    for start in range(0, len(said), size):
        part = slice(start, start + size)
        count_word_pairs(of_each(str.split, said[part]), of_each(str.split, heard[part]))


def by_repeats(utterances: Sequence[Utterance], rounds: int) -> Iterator[str]:
    """The figure against the share of repeated texts."""
    yield "\n## Against the share of repeated texts\n"
    yield "A repeated text is the transcript of the same utterance in another condition.\n"
    yield "| repeated | plain loop, µs a pair | asr-fair, µs a pair | × plain loop |"
    yield "|-|-|-|-|"
    rules = EnglishTextNormalizer()
    for share in REPEATED:
        grid = make_grid(utterances, repeated=share)
        times = in_turn(
            {"plain": partial(plain, grid.pairs, rules), "ours": partial(ours, grid)}, rounds=rounds
        )
        cost = [times.seconds(way).median / len(grid.pairs) * 1e6 for way in ("plain", "ours")]
        faster = times.speed_up("ours", over="plain")
        yield f"| {grid.repeated:.0%} | {cost[0]:.0f} | {cost[1]:.1f} | {faster} |"


def whole(grid: RealGrid, rounds: int) -> Iterator[str]:
    """All that a run scores by default: every normaliser, words and characters."""
    english, basic = EnglishTextNormalizer(), BasicTextNormalizer()
    every: dict[str, Rules] = {
        HEADLINE: english,
        "basic": basic,
        f"{HEADLINE}+dialect": lambda text: english(respell(text)),
        "raw": str,
    }
    pairs = grid.pairs

    def loop() -> None:
        for name in DEFAULT_NORMALISERS:
            for reference, text in pairs:
                both = every[name](reference), every[name](text)
                jiwer.process_words(*both)
                if both[0].strip():  # jiwer refuses characters of nothing
                    jiwer.process_characters(*both)

    times = in_turn(
        {
            "plain loop": loop,
            "asr-fair": partial(ours, grid, DEFAULT_NORMALISERS, (WORDS, CHARACTERS)),
        },
        rounds=rounds,
    )
    yield "\n## All that a run scores\n"
    yield (
        f"{len(pairs):,} pairs under {', '.join(DEFAULT_NORMALISERS)}, in words and in characters; all texts "
        "distinct.\n"
    )
    yield from table(times)


def memory(
    shared: Path, runs: Sequence[Path], n_utterances: int, n_pairs: int
) -> tuple[list[str], list[Target]]:
    """Peak memory at a tenth of the pairs and at all of them."""
    few, many = (
        in_own_process(take, shared, runs, max(1, round(pairs / 12 / n_utterances)), pairs)
        for pairs in (n_pairs // 10, n_pairs)
    )
    lines = [
        f"\n## {n_pairs:,} pairs\n",
        "All that a run scores, each in a process of its own. What is in use for a time is the peak "
        "(`ru_maxrss`) less what was resident before (references and transcripts among it) and less the "
        "table of counts that comes of it.\n",
        "| pairs | repeated | processor, s | resident before, MiB | table of counts, MiB | peak, MiB "
        "| in use for a time, MiB | the same, bytes a pair |",
        "|-|-|-|-|-|-|-|-|",
    ]
    lines += [
        f"| {each.pairs:,} | {each.repeated:.0%} | {each.processor_s:.1f} | {each.before_mib:.0f} "
        f"| {each.counts_mib:.0f} | {each.peak_mib:.0f} | {each.working_mib:.0f} "
        f"| {each.working_mib * MIB / each.pairs:.0f} |"
        for each in (few, many)
    ]
    growth = Spread.of([many.working_mib / many.pairs / (few.working_mib / few.pairs)])
    return lines, [
        Target(f"MiB in use for a time, {n_pairs:,} pairs", Spread.of([many.working_mib]), at_most=512),
        Target("the same a pair, × that of a tenth of the pairs", growth, at_most=1),
    ]


def take(shared: Path, runs: Sequence[Path], times: int, n_pairs: int) -> Memory:
    """Score about so many pairs, in this process."""
    utterances = read_utterances(shared, runs)
    grid = make_grid(utterances[: -(-n_pairs // 12 // times)], times=times)
    statm = Path("/proc/self/statm").read_text().split()
    before_mib = int(statm[1]) * resource.getpagesize() / MIB
    begun = resource.getrusage(resource.RUSAGE_SELF)
    counts = ours(grid, DEFAULT_NORMALISERS, (WORDS, CHARACTERS))
    ended = resource.getrusage(resource.RUSAGE_SELF)
    return Memory(
        pairs=len(grid.transcripts),
        repeated=grid.repeated,
        processor_s=ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime,
        before_mib=before_mib,
        counts_mib=float(counts.memory_usage().sum()) / MIB,
        peak_mib=ended.ru_maxrss / 1024,
    )


def profile(grid: RealGrid, n_lines: int = 12) -> Iterator[str]:
    """Where the time of the headline goes, by cProfile, which makes small functions dearer than they are."""
    profiler = cProfile.Profile()
    profiler.runcall(ours, grid)
    stats = pstats.Stats(profiler)
    by_own_time = sorted(stats.stats.items(), key=lambda each: -each[1][2])  # type: ignore[attr-defined]
    yield "\n## Where the time of normalise and align goes\n"
    yield "| function | calls | its own share of the time |"
    yield "|-|-|-|"
    for (file, _, name), (_, calls, own_s, *_) in by_own_time[:n_lines]:
        title = name if file == "~" else f"{Path(file).name}: {name}"
        yield f"| `{title}` | {calls:,} | {own_s / stats.total_tt:.1%} |"  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
