"""What an import of a folder says: what it took for what, what it overlooked, what looks doubtful."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from asr_fair.manifest.folder.options import FolderOptions
from asr_fair.manifest.folder.people import nearly_alike
from asr_fair.manifest.folder.rows import Given, Joined
from asr_fair.manifest.folder.tags import Tag
from asr_fair.manifest.matching import AS_WRITTEN
from asr_fair.manifest.sidecar import Sidecar
from asr_fair.wording import counted, listed


def taken_in_words(
    given: Given, columns: Mapping[str, str], sidecar: Sidecar, frame: pd.DataFrame
) -> Iterator[str]:
    """Which column of the table was taken for what; of the tags with their source, level and groups."""
    if "reference" not in given.taken:
        yield "words: the text file beside each recording"
    for role, column in given.taken.items():
        yield f"{column!r} is {role}"
    for dimension, column in columns.items():
        spec = sidecar.dimensions[dimension]
        sizes = frame[dimension].explode().fillna("unknown").value_counts()
        groups = ", ".join(f"{group} {size:,}" for group, size in list(sizes.items())[:8])
        more = f" and {len(sizes) - 8} more" if len(sizes) > 8 else ""
        yield f"{column!r} is the tag {dimension} ({spec.source.value}, per {spec.level}): {groups}{more}"


def notes_of(
    given: Given,
    joined: Joined,
    others: Mapping[str, int],
    names: Sequence[str | None],
    tags: Mapping[str, Tag],
    sidecar: Sidecar,
    options: FolderOptions,
) -> Iterator[str]:
    """What was guessed, changed, overlooked or looks doubtful."""
    yield from given.notes
    yield from matched_in_words(joined)
    if others:
        kinds = listed([f"{number:,} {ending}" for ending, number in sorted(others.items())])
        yield f"files in the folder that are no recordings: {kinds}"
    for tag in tags.values():
        yield from tag.notes
    if "speaker_id" not in given.taken:
        remedy = "name one by --column speaker_id=COLUMN"
        yield f"no column says who speaks: rates, but no intervals and no verdicts; {remedy}"
    alike = nearly_alike(names)
    if alike:
        shown = "; ".join(" and ".join(map(repr, group)) for group in alike[:3])
        yield f"speakers that are called almost alike are taken for different people: {shown}"
    if n_empty := sum(not text for text in joined.words.values()):
        yield f"{counted(n_empty, 'blank transcript')}: taken for recordings in which nothing is said"
    if "language" not in given.taken and sidecar.language is None:
        yield "nothing says which language is spoken: add `language: en` (or another code) to the sidecar"
    yield from _names_in_words(given, options)


def _names_in_words(given: Given, options: FolderOptions) -> Iterator[str]:
    if "speaker_id" in given.taken:
        if options.keep_speaker_ids:
            yield "speakers keep their names: whoever sees the manifest or a run of it sees them"
        else:
            yield "speakers are called by pseudonyms; private/ holds the key: keep it, hand it to nobody"
    if "utterance_id" in given.taken:
        yield "utterance ids are the table's: they stand in reports' tables, so they must name nobody"
    elif options.keep_file_names:
        yield "utterances are called as their recordings: they stand in reports' tables and must name nobody"
    yield "the manifest holds the recordings' file names and what people said: keep it as private as they are"


def matched_in_words(joined: Joined) -> list[str]:
    """How many rows found their recording, and what was overlooked on the way, with an example of each."""
    matches = joined.matches
    said = [f"{len(matches.file_of):,} of {counted(len(joined.names), 'row')} matched a recording"]
    forms: dict[str, list[int]] = {}
    for row, form in matches.form_of.items():
        forms.setdefault(form, []).append(row)
    for form, rows in forms.items():
        if form != AS_WRITTEN:
            row = rows[0]
            pair = f"{joined.names[row]!r} = {joined.files[matches.file_of[row]]!r}"
            said.append(f"{len(rows):,} overlooking {form}, such as {pair}")
    return said
