"""References that are probably not what was said, found without listening.

A rule may be wrong about an utterance: it says where to listen first. What looks right by eye was counted on
public data (Artie, 5 systems: notation 28 of 30, agreed 12 of 19; EdAcc, one: notation 15 of 15, runs_on 4 of
6, empty 5 of 5; the other rules found nothing there). Rules that were mostly wrong are not here: a system
that is sure of other words (speechocean762, Whisper tiny.en: the surest of its 184 transcripts with a WER
above one half were misheard children and loops), and words that a system left out at either end.

Rules compare with transcripts of one condition, where that is the quietest. Systems that share training data
may share a mistake; the more different they are, the more their agreement says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd
from rapidfuzz.distance import Levenshtein

from asr_fair.records import Seconds
from asr_fair.score.align import align_words
from asr_fair.score.normalise import Normaliser
from asr_fair.score.written_references import markup_in, split_by_apostrophe, strange_letters_in

FEWEST_AGREEING = 2
HEARD_IN_EMPTY = 3
RUN_ON_WORDS = 5
RUN_ON_REFERENCE, RUN_ON_HITS = 4, 0.8
ELSEWHERE_WORDS, ELSEWHERE_OWN, ELSEWHERE_OTHER = 6, 0.7, 0.2
FASTEST, SLOWEST = 7.0, 0.2
"""Words a second. Fast talk has some 5 to 6 words a second (recalled)."""
FASTEST_FROM_WORDS, SLOWEST_FROM_S = 4, 10.0


class Reason(StrEnum):
    """Why a reference is suspected; `REASONS` says it in words."""

    NOTATION = "notation"
    AGREED = "agreed"
    RUNS_ON = "runs_on"
    EMPTY = "empty"
    ELSEWHERE = "elsewhere"
    PACE = "pace"
    MARKUP = "markup"
    LETTERS = "letters"


class Meaning(NamedTuple):
    """A reason in a few words, and what the rule looks at."""

    title: str
    words: str


REASONS: Mapping[Reason, Meaning] = MappingProxyType(
    {
        Reason.NOTATION: Meaning(
            "Written otherwise",
            "The transcript has the same letters, cut into other words (noticeboard and notice board, 6846 "
            "and 6 8 4 6), or the reference has an apostrophe that the normaliser takes for a gap. Nobody "
            "misheard: the errors are of the notation.",
        ),
        Reason.AGREED: Meaning(
            "All systems heard the same other word",
            "All systems, two or more, put the same word in the same place of the reference: misread, "
            "miswritten, or a mistake that the systems share.",
        ),
        Reason.RUNS_ON: Meaning(
            "Speech that the reference lacks",
            f"All systems heard the reference and, before or after it, {RUN_ON_WORDS} or more words: the "
            "reference is too short, or the recording is cut too long.",
        ),
        Reason.EMPTY: Meaning(
            "No words, though all systems heard some",
            f"The reference has not one word, and every system heard {HEARD_IN_EMPTY} different ones or "
            "more. Recognisers also make words up where nobody speaks: listen.",
        ),
        Reason.ELSEWHERE: Meaning(
            "The reference of another utterance",
            "All systems heard what stands in the reference of another utterance of the same speaker: "
            "references may be shifted or exchanged.",
        ),
        Reason.PACE: Meaning(
            "Too many or too few words for its length",
            f"More than {FASTEST:g} words a second, or fewer than {SLOWEST:g} over {SLOWEST_FROM_S:g} s or "
            "more: the reference, the segment or the length is of something else.",
        ),
        Reason.MARKUP: Meaning(
            "Mark-up left in",
            "Tags, entities or brackets in the reference. Where the normaliser keeps them they are words "
            "that nobody said.",
        ),
        Reason.LETTERS: Meaning(
            "Broken or foreign characters",
            "Characters that were lost on the way, or letters that the language does not have.",
        ),
    }
)


class Doubt(NamedTuple):
    """One reference and why it is suspected; `evidence` is the passage, in words, and hostile text."""

    utterance_id: str
    reason: Reason
    evidence: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """A reference with what all systems made of it; `heard` has the words of each system."""

    utterance_id: str
    text: str
    words: Sequence[str]
    heard: Sequence[Sequence[str]]
    language: str | None = None
    duration_s: Seconds | None = None


def doubtful_references(
    manifest: pd.DataFrame, transcripts: pd.DataFrame, normaliser: Normaliser
) -> list[Doubt]:
    """Every doubt about every reference, in the manifest's order; an utterance may have several.

    Parameters
    ----------
    manifest
        Columns utterance_id (unique), reference, speaker_id, language, duration_s; the last three may be NA.
    transcripts
        Columns utterance_id, system, text, none missing; of one condition. Rules that ask all systems need
        all that there are in here.
    """
    everyone = list(_utterances(manifest, transcripts, normaliser))
    n_systems = transcripts["system"].nunique()
    others = _by_speaker(everyone, manifest["speaker_id"])
    found = []
    for each in everyone:
        own = list(_as_written(each, normaliser))
        if n_systems and len(each.heard) == n_systems:
            own += _as_heard(each)
            if elsewhere := _elsewhere(each, others.get(each.utterance_id, ())):
                own.append((Reason.ELSEWHERE, elsewhere))
        reasons = {reason for reason, _ in own}
        # What a notation does to a reference, all systems do alike: it is no reason of its own.
        found += [
            Doubt(each.utterance_id, reason, evidence)
            for reason, evidence in own
            if not (reason is Reason.AGREED and Reason.NOTATION in reasons)
        ]
    return found


def _utterances(
    manifest: pd.DataFrame, transcripts: pd.DataFrame, normaliser: Normaliser
) -> Iterator[Utterance]:
    heard: dict[str, list[Sequence[str]]] = defaultdict(list)
    for utterance_id, text in zip(transcripts["utterance_id"], transcripts["text"], strict=True):
        heard[utterance_id].append(normaliser.words(text))
    columns = ["utterance_id", "reference", "language", "duration_s"]
    for utterance_id, text, language, duration_s in manifest[columns].itertuples(index=False):
        yield Utterance(
            utterance_id,
            text,
            normaliser.words(text),
            heard[utterance_id],
            None if pd.isna(language) else language,
            None if pd.isna(duration_s) else float(duration_s),
        )


def _by_speaker(everyone: Iterable[Utterance], speakers: pd.Series[str]) -> Mapping[str, Sequence[Utterance]]:
    """For each utterance with a speaker, all utterances of theirs that are long enough to be known again."""
    own: dict[str, list[Utterance]] = defaultdict(list)
    speaker_of = {}
    for each, speaker in zip(everyone, speakers, strict=True):
        if not pd.isna(speaker):
            speaker_of[each.utterance_id] = speaker
            if len(each.words) >= ELSEWHERE_WORDS:
                own[speaker].append(each)
    return {utterance_id: own[speaker] for utterance_id, speaker in speaker_of.items()}


def _as_written(each: Utterance, normaliser: Normaliser) -> Iterator[tuple[Reason, str]]:
    if split_by_apostrophe(each.text, normaliser):
        yield Reason.NOTATION, "a typographic apostrophe is taken for a gap"
    elif heard := next((words for words in each.heard if _same_letters(each.words, words)), None):
        yield Reason.NOTATION, f"heard as: {' '.join(heard)}"
    if pace := _pace(each):
        yield Reason.PACE, pace
    if markup := markup_in(each.text):
        yield Reason.MARKUP, markup
    if letters := strange_letters_in(each.text, each.language):
        yield Reason.LETTERS, letters


def _as_heard(each: Utterance) -> Iterator[tuple[Reason, str]]:
    """Doubts that all systems must agree on."""
    if not any(character.isalnum() for character in each.text):
        if all(len(set(words)) >= HEARD_IN_EMPTY for words in each.heard):
            yield Reason.EMPTY, f"heard: {' '.join(each.heard[0])}"
        return
    if len(each.heard) >= FEWEST_AGREEING and (agreed := _agreed(each)):
        yield Reason.AGREED, agreed
    if all(runs := [_run_on(each.words, words) for words in each.heard]):
        yield Reason.RUNS_ON, f"also heard: {' '.join(runs[0])}"


def _same_letters(reference: Sequence[str], heard: Sequence[str]) -> bool:
    return list(reference) != list(heard) and "".join(reference) == "".join(heard)


def _pace(each: Utterance) -> str | None:
    if not each.duration_s or not each.words:
        return None
    a_second = len(each.words) / each.duration_s
    too_fast = a_second > FASTEST and len(each.words) >= FASTEST_FROM_WORDS
    too_slow = a_second < SLOWEST and each.duration_s >= SLOWEST_FROM_S
    return f"{len(each.words)} words in {each.duration_s:.1f} s" if too_fast or too_slow else None


def _agreed(each: Utterance) -> str | None:
    """What all systems put in the same place of the reference: words replaced and words inserted."""
    edits = [
        {
            (edit.src_pos, heard[edit.dest_pos], edit.tag == "insert")
            for edit in align_words(each.words, heard)
            if edit.tag != "delete"
        }
        for heard in each.heard
    ]
    common = sorted(set.intersection(*edits))
    if not common:
        return None
    return "; ".join(
        f"{word} added" if is_added else f"{each.words[place]}: heard {word}"
        for place, word, is_added in common
    )


def _run_on(reference: Sequence[str], heard: Sequence[str]) -> Sequence[str]:
    """The longer run of words before or after what was matched; none where the rest does not match.

    Loops of a recogniser have hardly two different words.
    """
    if len(reference) < RUN_ON_REFERENCE:
        return ()
    edits = list(align_words(reference, heard))
    n_hits = len(reference) - sum(edit.tag != "insert" for edit in edits)
    added = [edit.dest_pos for edit in edits if edit.tag == "insert"]
    if n_hits < RUN_ON_HITS * len(reference):
        return ()
    before = [other for place, other in enumerate(added) if place == other]
    after = [other for place, other in enumerate(reversed(added)) if other == len(heard) - 1 - place]
    run = max([heard[: len(before)], heard[len(heard) - len(after) :]], key=len)
    return run if len(run) >= RUN_ON_WORDS and len(set(run)) > len(run) / 2 else ()


def _elsewhere(each: Utterance, others: Iterable[Utterance]) -> str | None:
    """The reference that all systems heard in place of this one."""
    if any(len(heard) < ELSEWHERE_WORDS for heard in each.heard):
        return None
    if any(_distance(each.words, heard) < ELSEWHERE_OWN for heard in each.heard):
        return None
    for other in others:
        if other.utterance_id != each.utterance_id and all(
            _distance(other.words, heard, most=ELSEWHERE_OTHER) <= ELSEWHERE_OTHER for heard in each.heard
        ):
            return f"the reference of {other.utterance_id}: {other.text}"
    return None


def _distance(reference: Sequence[str], heard: Sequence[str], most: float = 1.0) -> float:
    """Levenshtein distance over the longer of the two; above `most`, some number above it."""
    longer = max(len(reference), len(heard), 1)
    cutoff = int(most * longer)
    return Levenshtein.distance(list(reference), list(heard), score_cutoff=cutoff) / longer
