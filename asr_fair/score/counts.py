"""From transcripts to counts: one row of integers per transcript, normaliser and unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from asr_fair.errors import AsrFairError
from asr_fair.score.align import Counts, Words, count_word_pairs, of_each
from asr_fair.score.characters import CharacterUnit, count_character_pairs
from asr_fair.score.languages import wrong_language
from asr_fair.score.normalise import Normaliser

WORDS = "word"
CHARACTERS = CharacterUnit.CHARACTERS_AND_SPACES.value
COUNTERS: Mapping[str, Callable[[Sequence[Words], Sequence[Words]], Counts]] = MappingProxyType(
    {WORDS: count_word_pairs, CHARACTERS: count_character_pairs}
)
"""What is counted, and how, by the names that stand in the column `unit`."""

KEY_COLUMNS = ("utterance_id", "condition", "system")
COUNT_COLUMNS = ("substitutions", "deletions", "insertions", "hits")

Progress: TypeAlias = Callable[[int], None]
"""Called with the number of transcripts scored since the last call."""

PROGRESS_STEP = 5_000


def count_errors(
    references: pd.DataFrame,
    transcripts: pd.DataFrame,
    normalisers: Sequence[Normaliser],
    *,
    units: Sequence[str] = tuple(COUNTERS),
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Errors in words and in characters of every transcript under every normaliser.

    Parameters
    ----------
    references : DataFrame
        Columns utterance_id (unique) and reference (text; may be empty); optional language, the code of
        what was spoken.
    transcripts : DataFrame
        Columns utterance_id, condition, system, text. Rows whose text is missing are losses and are not
        counted; an empty text is a transcript of no words. Optional language: the code that the system
        detected, missing where it was told the language.
    normalisers : sequence of Normaliser
        Each is applied to references and transcripts alike.
    units : sequence of str
        What is counted; keys of `COUNTERS`.
    progress : callable, optional
        Called with the number of transcripts scored since the last call, under each normaliser.

    Returns
    -------
    DataFrame
        Columns utterance_id, condition, system, normaliser, unit (a key of `COUNTERS`), substitutions,
        deletions, insertions, hits (int64), wrong_language (boolean, alike for all units; NA where none was
        detected or it is not known what was spoken); the transcripts' order within each normaliser and unit.

    Raises
    ------
    AsrFairError
        For a transcript whose utterance has no reference.
    """
    scored = transcripts[transcripts["text"].notna()].reset_index(drop=True)
    rows = pd.Index(references["utterance_id"]).get_indexer(scored["utterance_id"])
    _refuse_unknown(scored.loc[rows < 0, "utterance_id"])
    wrong = _wrong_languages(references.iloc[rows], scored)
    # Transcripts of one utterance stand together, so that its reference is normalised once.
    order = np.argsort(rows, kind="stable")
    reference_texts = references["reference"].to_numpy(dtype=object)[rows[order]]
    texts = scored["text"].to_numpy(dtype=object)[order]
    found = np.empty((len(COUNT_COLUMNS), len(normalisers), len(units), len(scored)), dtype=np.int64)
    # Every normaliser in turn on one part of the texts: what one remembers of them still serves the next.
    for start in range(0, len(scored), PROGRESS_STEP):
        part = slice(start, start + PROGRESS_STEP)
        for place, normaliser in enumerate(normalisers):
            words = of_each(normaliser.words, reference_texts[part]), of_each(normaliser.words, texts[part])
            for unit, name in enumerate(units):
                found[:, place, unit, order[part]] = COUNTERS[name](*words).T
            if progress is not None:
                progress(len(words[0]))
    return _table(scored[list(KEY_COLUMNS)], [each.name for each in normalisers], units, found, wrong)


def of_unit(counts: pd.DataFrame, unit: str) -> pd.DataFrame:
    """The rows of a table of counts that count in `unit`; one without that column counts words only."""
    if "unit" not in counts:
        return counts if unit == WORDS else counts.iloc[:0]
    kept = (counts["unit"] == unit).to_numpy(np.bool_)
    return counts if kept.all() else counts[kept]


def _wrong_languages(references: pd.DataFrame, transcripts: pd.DataFrame) -> pd.Series[bool]:
    """Whether each transcript's language is another than that of its reference in the same row."""
    if "language" not in references or "language" not in transcripts:
        return pd.Series(pd.NA, index=transcripts.index, dtype="boolean")
    return wrong_language(transcripts["language"], references["language"].set_axis(transcripts.index))


def _table(
    keys: pd.DataFrame,
    normalisers: Sequence[str],
    units: Sequence[str],
    counts: NDArray[np.int64],
    wrong: pd.Series[bool],
) -> pd.DataFrame:
    """One row for each of `counts`, shape = (4, n_normalisers, n_units, n_transcripts)."""
    _, n_normalisers, n_units, n_transcripts = counts.shape
    unit = pd.Series(units, dtype="str").repeat(n_transcripts)
    return pd.concat([keys] * (n_normalisers * n_units), ignore_index=True).assign(
        normaliser=pd.array(normalisers, dtype="str").repeat(n_units * n_transcripts),
        unit=pd.concat([unit] * n_normalisers, ignore_index=True),
        **{name: each.reshape(-1) for name, each in zip(COUNT_COLUMNS, counts, strict=True)},
        wrong_language=pd.concat([wrong] * (n_normalisers * n_units), ignore_index=True),
    )


def _refuse_unknown(utterance_ids: pd.Series[str]) -> None:
    if not utterance_ids.empty:
        msg = (
            f"{len(utterance_ids)} transcripts are of utterances that have no reference, "
            f"such as {utterance_ids.iloc[0]!r}. Score them with the manifest that they were made from"
        )
        raise AsrFairError(msg)
