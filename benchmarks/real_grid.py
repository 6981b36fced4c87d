"""A grid of 12 conditions out of real references and real transcripts.

Real are the transcripts of five recognisers of Artie's 1,712 recordings, and those of a run's conditions.
Where that makes fewer than 12 columns of an utterance, the others begin as one of its real transcripts and
end as another one: what recognisers really wrote of this utterance, in as many words, with as many errors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from string import ascii_letters
from typing import NamedTuple

import pandas as pd

from asr_fair.manifest.corpora.artie import read as read_artie

N_CONDITIONS = 12
CUTS = (1 / 2, 1 / 3, 2 / 3)
"""Which part of a made-up column's words is of its first transcript."""


class Utterance(NamedTuple):
    """What was said, and what was written of it: the real texts first."""

    reference: str
    texts: list[str]
    n_real: int


@dataclass(frozen=True)
class RealGrid:
    """Tables as `score.counts.count_errors` takes them, and how much of them is real."""

    references: pd.DataFrame
    transcripts: pd.DataFrame
    n_real: int

    @property
    def repeated(self) -> float:
        """The share of transcripts that an earlier row holds already."""
        return float(self.transcripts["text"].duplicated().mean())

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Reference and text of each row."""
        said = dict(zip(self.references["utterance_id"], self.references["reference"], strict=True))
        rows = zip(self.transcripts["utterance_id"], self.transcripts["text"], strict=True)
        return [(said[utterance_id], text) for utterance_id, text in rows]


def read_utterances(shared: Path, runs: Sequence[Path]) -> list[Utterance]:
    """Utterances of Artie and of the runs, those of each spread evenly over the list."""
    artie = read_artie(shared / "artie_bias_corpus")
    sources = [list(_utterances(artie.manifest, artie.transcripts.assign(condition="clean")))]
    for run in runs:
        parts = [pd.read_parquet(path) for path in sorted((run / "transcripts").glob("*.parquet"))]
        sources.append(list(_utterances(pd.read_parquet(run / "manifest.parquet"), pd.concat(parts))))
    placed = [
        (number / len(source), utterance) for source in sources for number, utterance in enumerate(source)
    ]
    return [utterance for _, utterance in sorted(placed, key=lambda each: each[0])]


def make_grid(utterances: Sequence[Utterance], *, times: int = 1, repeated: float = 0.0) -> RealGrid:
    """All utterances, each so many `times`, under 12 conditions.

    Equal texts are told apart by the case of their letters, which every normaliser drops in its first step:
    the work stays the same. Then a share of the texts, `repeated`, is replaced by another one of the same
    utterance, as where a condition does a recogniser no harm. A text with too few letters to be told apart
    (none, or digits) is left out where it would be a repeat that was not asked for.
    """
    apart = Apart()
    said, rows, n_real = [], [], 0
    for number, utterance in enumerate(each for _ in range(times) for each in utterances):
        utterance_id = f"u{number:07d}"
        said.append((utterance_id, utterance.reference))
        told = [apart.of(text) for text in utterance.texts]
        n_kept = max(1, int((number + 1) * _kept(repeated)) - int(number * _kept(repeated)))
        for column, text in enumerate(told):
            if text is None:
                continue
            written = text if column < n_kept else told[column % n_kept]
            if written is not None:
                # A string of its own, as each cell of a file is.
                rows.append((utterance_id, f"c{column:02d}", "s", "".join([written, "."])[:-1]))
                n_real += column < utterance.n_real
    transcripts = pd.DataFrame(rows, columns=["utterance_id", "condition", "system", "text"], dtype=object)
    references = pd.DataFrame(said, columns=["utterance_id", "reference"], dtype=object)
    return RealGrid(references, transcripts, n_real)


class Apart:
    """Tells equal texts apart by the case of their letters."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._times: Counter[str] = Counter()

    def of(self, text: str) -> str | None:
        """`text` in letters of a case that it was not seen in before; None where there is none."""
        key = text.lower()
        letters = [place for place, letter in enumerate(text) if letter in ascii_letters][:30]
        written = text
        while written in self._seen:
            self._times[key] += 1
            if self._times[key] >= 2 ** len(letters):
                return None
            written = _in_cases(text, letters, self._times[key])
        self._seen.add(written)
        return written


def _in_cases(text: str, letters: Iterable[int], bits: int) -> str:
    cased = list(text)
    for bit, place in enumerate(letters):
        cased[place] = cased[place].upper() if bits >> bit & 1 else cased[place].lower()
    return "".join(cased)


def _kept(repeated: float) -> float:
    return N_CONDITIONS * (1 - repeated)


def _utterances(manifest: pd.DataFrame, transcripts: pd.DataFrame) -> Iterator[Utterance]:
    said = manifest.set_index("utterance_id")["reference"]
    heard = transcripts[transcripts["text"].notna()]
    for utterance_id, rows in heard.groupby("utterance_id", sort=True):
        real = rows.sort_values(["condition", "system"])["text"].tolist()
        if len(real) > 1:
            made = [
                _spliced(one.split(), other.split(), cut)
                for cut in CUTS
                for one, other in permutations(real, 2)
            ]
            texts = [*real, *made][:N_CONDITIONS]
            yield Utterance(said[utterance_id], texts, n_real=min(len(real), N_CONDITIONS))


def _spliced(one: list[str], other: list[str], cut: float) -> str:
    return " ".join([*one[: round(len(one) * cut)], *other[round(len(other) * cut) :]])
