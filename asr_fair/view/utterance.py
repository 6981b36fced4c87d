"""One utterance as a page: what was said and what was heard, in one column of a run or in two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from asr_fair.records import ErrorCounts
from asr_fair.report.wording import SOURCE_WORDS, decibels, listed, percent, tenths
from asr_fair.view.addresses import Addresses, Place
from asr_fair.view.browser import Browser
from asr_fair.view.diff import Token
from asr_fair.view.forms import Field, column_fields
from asr_fair.view.listing import rate_words

Facts = Sequence[tuple[str, str]]
"""Names and values, in the order of reading."""

MOST_TOKENS = 5_000
"""Words of a transcript that are shown aligned: half an hour of speech."""


@dataclass(frozen=True, slots=True)
class Panel:
    """An utterance in one column: the word diff, the transcript as it came, and what is known about it."""

    condition: str
    system: str
    counts: ErrorCounts
    rate: str
    tokens: Sequence[Token] | None
    n_more_tokens: int
    heard: str | None
    lost: str | None
    decoder: Facts
    render: Facts


@dataclass(frozen=True, slots=True)
class Cell:
    """The same utterance in another column: its errors, and the address that shows it."""

    address: str
    words: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class UtterancePage:
    """The page, ready to be rendered; its sounds are made apart, since that takes time."""

    title: str
    run_title: str
    reference: str
    reference_words: str
    normaliser: str
    about: Facts
    tags: Facts
    panels: Sequence[Panel]
    has_others: bool
    systems: Sequence[str]
    columns: Sequence[tuple[str, Sequence[Cell | None]]]
    beside: Sequence[Field]
    alone: str
    kept: Sequence[tuple[str, str]]
    position: str
    previous: str | None
    next: str | None
    back: str


def utterance_page(
    browser: Browser, place: Place, addresses: Addresses, kept: dict[str, str]
) -> UtterancePage:
    """The page of a place; `kept`: parameters that the form of the second column passes on."""
    line = browser.utterance(place.utterance)
    shown = [place.column] if place.beside is None else [place.column, place.beside]
    position, previous, following = _neighbours(browser, place, addresses)
    reference = browser.reference(place.utterance)
    return UtterancePage(
        title=str(line["utterance_id"]),
        run_title=browser.title,
        reference=reference,
        reference_words=" ".join(browser.normaliser.words(reference)),
        normaliser=browser.normaliser.name,
        about=list(_about(line)),
        tags=_tags(browser, line),
        panels=[panel(browser, place.utterance, column) for column in shown],
        has_others=len(browser.catalogue.columns) > 1,
        systems=browser.catalogue.systems,
        columns=_columns(browser, place, addresses),
        beside=column_fields(browser.catalogue, "beside", place.beside),
        alone=addresses.utterance(replace(place, beside=None)) if place.beside else "",
        kept=[(name, value) for name, value in kept.items() if not name.startswith("beside.")],
        position=position,
        previous=previous,
        next=following,
        back=addresses.utterances(place.query),
    )


def panel(browser: Browser, utterance: int, column: tuple[str, str]) -> Panel:
    """An utterance (by number) in a column of the run."""
    condition, system = column
    row = browser.catalogue.row(utterance, condition, system)
    counts = browser.catalogue.counts_of(row)
    outcome = browser.outcome(row) or {}
    tokens = browser.diff(row)
    render = browser.run.render_of(str(browser.catalogue.utterance_ids[utterance]), condition)
    lost = browser.catalogue.loss_of(row)
    if message := outcome.get("error_message"):
        lost = f"{lost}: {message}"
    return Panel(
        condition=condition,
        system=system,
        counts=counts,
        rate=rate_words(counts),
        tokens=None if tokens is None else tokens[:MOST_TOKENS],
        n_more_tokens=max(0, len(tokens or ()) - MOST_TOKENS),
        heard=outcome.get("text"),
        lost=lost,
        decoder=list(_decoder_facts(outcome)),
        render=list(_render_facts(render or {})),
    )


def _neighbours(browser: Browser, place: Place, addresses: Addresses) -> tuple[str, str | None, str | None]:
    """Where the place stands in its filter, and what comes before and after it there."""
    selection = browser.select(place.query)
    position = selection.position(browser.catalogue.row(place.utterance, *place.column))
    if position is None:
        return "not in the filter", None, None

    def at(number: int) -> str | None:
        if not 0 <= number < len(selection.rows):
            return None
        utterance, condition, system = browser.catalogue.place(int(selection.rows[number]))
        # What stands beside stays only where it is another column than the one stepped to.
        beside = None if place.beside == (condition, system) else place.beside
        there = Place.of(utterance, (condition, system), place.query)
        return addresses.utterance(there if place.query.other else replace(there, beside=beside))

    return f"{position + 1:,} of {len(selection.rows):,}", at(position - 1), at(position + 1)


def _columns(browser: Browser, place: Place, addresses: Addresses) -> list[tuple[str, list[Cell | None]]]:
    """The utterance in each condition (a line) and by each system (a cell); None where it was not run."""
    catalogue = browser.catalogue

    def cell(column: tuple[str, str]) -> Cell | None:
        if column not in catalogue.columns:
            return None
        row = catalogue.row(place.utterance, *column)
        counts = catalogue.counts_of(row)
        words = "lost" if catalogue.loss_of(row) else f"{counts.errors} of {counts.reference_words}"
        beside = None if place.beside == column else place.beside
        address = addresses.utterance(replace(place, column=column, beside=beside))
        return Cell(address, words, column == place.column)

    return [
        (condition, [cell((condition, system)) for system in catalogue.systems])
        for condition in catalogue.conditions
    ]


def _about(line: pd.Series[Any]) -> Iterator[tuple[str, str]]:
    yield "Speaker", line["speaker_id"] or "not known"
    if line["cluster"]:
        yield "Counted as", str(line["cluster"])
    for name, column in (("Language", "language"), ("Split", "split")):
        if line[column]:
            yield name, str(line[column])
    if pd.notna(line["duration_s"]):
        yield "Length", f"{tenths(line['duration_s'])} s"


def _tags(browser: Browser, line: pd.Series[Any]) -> list[tuple[str, str]]:
    return [
        (tag.title, f"{listed(line[name]) if line[name] else 'none'} ({SOURCE_WORDS[tag.source]})")
        for name, tag in browser.catalogue.tags.items()
    ]


def _decoder_facts(outcome: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if outcome.get("batch_id") is None and outcome.get("batch_size") is not None:
        yield "Batch", "of an earlier run, whose text is used again"
    for name, key, write in (
        ("Language", "language", str),
        ("Probability that nobody speaks", "no_speech_probability", percent),
        ("Mean log-probability of the tokens", "mean_log_probability", lambda value: f"{value:.2f}"),
        ("Batch", "batch_id", str),
        ("Windows in the batch", "batch_size", str),
    ):
        value = outcome.get(key)
        if value is not None:
            yield name, write(value)


def _render_facts(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    def level(value: float) -> str:
        return decibels(round(value, 1))

    for name, key, write in (
        ("Room", "room", str),
        ("Response of the room", "response", lambda value: str(int(value))),
        ("Reverberation time", "rt60_s", lambda value: f"{value:.2f} s"),
        ("Noise", "profile", str),
        ("What was heard of it", "clips", str),
        ("Noise begins at", "offset_s", lambda value: f"{value:.2f} s"),
        ("SNR asked for", "snr_asked_db", level),
        ("SNR while the noise sounds", "snr_sounding_db", level),
        ("SNR over the whole", "snr_whole_db", level),
        ("Active speech level", "speech_level_db", lambda value: f"{level(value)}FS"),
        ("Handset", "handset", str),
        ("Codec", "codec", str),
        ("Packets lost", "lost_share", percent),
        ("Samples clipped", "clipped_share", percent),
    ):
        value = record.get(key)
        if value is not None:
            yield name, write(value)
