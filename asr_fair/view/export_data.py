"""What the script of an exported folder reads: rows, words and edits as plain lists, in JSON.

Every text in it is made visible (`marks`) here; the script puts them into the page as text and nothing else.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from asr_fair.records import CLEAN
from asr_fair.view.browser import Browser
from asr_fair.view.catalogue import Catalogue, Rows
from asr_fair.view.change import usual_other
from asr_fair.view.diff import Edit, Token, word_diff
from asr_fair.view.kinds import Kind, rows_of_kind
from asr_fair.view.marks import visible
from asr_fair.view.query import Sort
from asr_fair.view.rates import NoRate
from asr_fair.view.sound_section import picture
from asr_fair.view.wave import Outline

SoundOf: TypeAlias = Callable[[int, str], str | None]

WAVE_FULL = 127
DEFAULT_ROWS = 50_000
"""Transcripts of an export that names no limit, shared equally among conditions and systems."""


def exported_rows(catalogue: Catalogue, limit: int) -> Rows:
    """Of each condition and system the `limit` rows with the most errors; in the order of errors."""
    ordered = catalogue.ordered(Sort.ERRORS)
    column = ordered // catalogue.n_utterances
    kept = np.concatenate([np.flatnonzero(column == each)[:limit] for each in range(len(catalogue.columns))])
    found: Rows = ordered[np.sort(kept)]
    return found


def default_limit(catalogue: Catalogue) -> int:
    """Rows of each condition and system, so that together they are about `DEFAULT_ROWS`."""
    return max(1, DEFAULT_ROWS // max(1, len(catalogue.columns)))


def export_data(browser: Browser, rows: Rows, sound_of: SoundOf, *, least_speakers: int) -> dict[str, Any]:
    """Everything about some rows of a catalogue.

    `sound_of`: the file with the sound of an utterance (by number) under a condition, None where there is
    none. `least_speakers`: of a selection whose WER may be shown, as with the groups of a report.
    """
    catalogue = browser.catalogue
    utterances = np.unique(rows % catalogue.n_utterances)
    place = {number: position for position, number in enumerate(utterances.tolist())}
    masks = _kind_masks(catalogue)
    groups = _groups(catalogue, utterances)
    return {
        "columns": [list(column) for column in catalogue.columns],
        "columnNames": [[visible(name) for name in column] for column in catalogue.columns],
        "kinds": list(Kind),
        "tags": [
            [name, visible(tag.title), list(tag.groups), [visible(group) for group in tag.groups]]
            for name, tag in catalogue.tags.items()
        ],
        "complete": len(rows) == len(catalogue.columns) * catalogue.n_utterances,
        "leastSpeakers": least_speakers,
        "noRate": {each.name: each.value for each in NoRate},
        "usualOther": _usual_other(catalogue),
        "utterances": [[*_utterance(browser, each), groups[each], sound_of(each, CLEAN)] for each in place],
        "rows": [
            [place[row % catalogue.n_utterances], row // catalogue.n_utterances, int(masks[row]), *told]
            for row, told in zip(rows.tolist(), _told(browser, rows, sound_of), strict=True)
        ],
        "orders": {each.value: _order(catalogue, rows, each) for each in (Sort.RATE, Sort.ID)},
    }


def _usual_other(catalogue: Catalogue) -> list[str | None] | None:
    """What an order by change compares with where nothing is chosen: condition and system, null: the same."""
    usual = usual_other(catalogue)
    return None if usual is None else [usual.condition, usual.system]


def wave_data(outline: Outline) -> list[object]:
    """A picture of a sound: lows, then highs, as bytes (127: the peak), the peak, what it shows, its times.

    Two bytes a column: paths for some hundred sounds would outweigh the rest of the page.
    """
    scale = outline.peak or 1.0
    columns = np.rint(np.concatenate([outline.lows, outline.highs]) / scale * WAVE_FULL).astype(np.int8)
    shown = picture(outline, scale)
    return [base64.b64encode(columns.tobytes()).decode(), scale, shown.words, list(shown.times)]


def as_json_in_html(data: object) -> Markup:
    """JSON that may stand in a script element: no text in it can end the element or begin another."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing in it is markup any more


def _kind_masks(catalogue: Catalogue) -> NDArray[np.int64]:
    """A bit for each kind, in the order of `Kind`; shape = (C × U,)."""
    masks = np.zeros(len(catalogue.losses), np.int64)
    for bit, kind in enumerate(Kind):
        masks |= rows_of_kind(catalogue, kind).astype(np.int64) << bit
    return masks


def _groups(catalogue: Catalogue, utterances: Rows) -> dict[int, list[list[int]]]:
    """For each utterance the places of its groups, of each tag."""
    found: dict[int, list[list[int]]] = {
        number: [[] for _ in catalogue.tags] for number in utterances.tolist()
    }
    for position, tag in enumerate(catalogue.tags.values()):
        for number, code in zip(tag.utterances.tolist(), tag.codes.tolist(), strict=True):
            if number in found:
                found[number][position].append(code)
    return found


def _utterance(browser: Browser, number: int) -> list[object]:
    """Id as it is asked for and as it is read, the speaker's name and number, the reference, its words."""
    reference = browser.reference(number)
    utterance_id = str(browser.catalogue.utterance_ids[number])
    return [
        utterance_id,
        visible(utterance_id),
        visible(str(browser.utterance(number)["speaker_id"] or "not known")),
        int(browser.catalogue.speakers[number]),
        visible(reference),
        [visible(word) for word in browser.normaliser.words(reference)],
    ]


def _told(browser: Browser, rows: Rows, sound_of: SoundOf) -> Iterator[list[object]]:
    """S, D, I, H, transcript or None, its edits or why it is lost, its sound."""
    catalogue = browser.catalogue
    texts = _texts(browser)
    words = browser.normaliser.words
    for row in rows.tolist():
        number, condition, _ = catalogue.place(row)
        heard, told = texts[row], catalogue.loss_of(row)
        edits = None if heard is None else edits_of(word_diff(words(browser.reference(number)), words(heard)))
        yield [
            *catalogue.counts[:, row].tolist(),
            None if heard is None else visible(heard),
            visible(told or "no transcript") if edits is None else edits,
            sound_of(number, condition),
        ]


def _texts(browser: Browser) -> NDArray[np.object_]:
    """The transcript of each row, None where there is none; shape = (C × U,).

    All at once: looked up one by one, fifty thousand of them would take a minute.
    """
    catalogue, outcomes = browser.catalogue, browser.run.outcomes
    texts = np.full(len(catalogue.losses), None, dtype=object)
    place = pd.Index(catalogue.utterance_ids).get_indexer(pd.Index(outcomes["utterance_id"]))
    heard = outcomes["text"].to_numpy(dtype=object, copy=True)
    heard[outcomes["text"].isna().to_numpy()] = None
    for number, (condition, system) in enumerate(catalogue.columns):
        own = ((outcomes["condition"] == condition) & (outcomes["system"] == system)).to_numpy(np.bool_)
        texts[number * catalogue.n_utterances + place[own]] = heard[own]
    return texts


def edits_of(tokens: Sequence[Token]) -> list[list[object]]:
    """Where a transcript departs from the words of the reference: place, and what was heard there.

    [place] is a word left out, [place, heard] one taken for another, [place, heard, 1] one added before the
    place.
    """
    found: list[list[object]] = []
    place = 0
    for token in tokens:
        match token.edit:
            case Edit.DELETION:
                found.append([place])
            case Edit.SUBSTITUTION:
                found.append([place, visible(token.heard)])
            case Edit.INSERTION:
                found.append([place, visible(token.heard), 1])
        place += token.edit is not Edit.INSERTION
    return found


def _order(catalogue: Catalogue, rows: Rows, sort: Sort) -> list[int]:
    """The places of `rows` in another order."""
    place = np.full(len(catalogue.losses), -1, np.int64)
    place[rows] = np.arange(len(rows))
    own = place[catalogue.ordered(sort)]
    found: list[int] = own[own >= 0].tolist()
    return found
