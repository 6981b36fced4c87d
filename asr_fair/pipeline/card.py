"""The service card of a finished run: written beside a file of human text, or checked against the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from asr_fair.errors import ConfigError
from asr_fair.files import write_text
from asr_fair.pipeline.handing_out import public_for_card
from asr_fair.pipeline.stored_run import open_run
from asr_fair.report.card import build_card, render_cards
from asr_fair.report.card.check import (
    CARD_NAMES,
    SUFFIXES,
    Difference,
    differences,
    fewest_in,
    text_differs,
)
from asr_fair.report.card.layout import TEXT_NAME, text_template
from asr_fair.report.card.text import HumanText, parse_text
from asr_fair.validation import read_utf8


@dataclass(frozen=True)
class WrittenCard:
    """What was written, and what whoever hands the card out must know.

    `text_created`: the file of human text, where it was not there before. `unwritten`: headings without text,
    of `n_headings`.
    """

    files: tuple[Path, ...]
    text_created: Path | None
    problems: tuple[str, ...]
    unwritten: tuple[str, ...]
    n_headings: int
    may_be_shared: bool


@dataclass(frozen=True)
class CheckedCard:
    """What was compared, the blocks that differ by file, and what else there is to say."""

    files: tuple[Path, ...]
    differences: Mapping[Path, Sequence[Difference]]
    notes: tuple[str, ...]


def write_card(folder: Path, *, text: Path | None = None, fewest: int | None = None) -> WrittenCard:
    """Write card.md, card.html and card.tex; and, where nobody wrote any text yet, the file to write it in.

    `text`: the file of human text, instead of the run's own. `fewest`: speakers that a group needs to be
    shown; without it, what the card in the folder has, and never less than the plan says.
    """
    run = open_run(folder)
    public = public_for_card(run, asked=fewest)
    own = folder / TEXT_NAME
    is_new = text is None and not own.exists()
    template = text_template(public.title)
    human = parse_text(template, name=TEXT_NAME) if is_new else _read(text or own)
    card = build_card(public, human)
    files = {folder / name: content for name, content in render_cards(card).items()}
    if is_new:
        write_text(template, own)
    for path, content in files.items():
        write_text(content, path)
    return WrittenCard(
        files=tuple(files),
        text_created=own if is_new else None,
        problems=tuple(human.problems),
        unwritten=card.unwritten,
        n_headings=sum(one.prose is not None for one in card.sections),
        may_be_shared=public.manifest.share_results,
    )


def check_card(
    folder: Path, *, text: Path | None = None, card: Path | None = None, fewest: int | None = None
) -> CheckedCard:
    """Compare the generated blocks of the cards in a run directory, or of `card`, with its results."""
    run = open_run(folder)
    own = folder / TEXT_NAME
    has_text = text is not None or own.is_file()
    human = _read(text or own) if has_text else HumanText()
    found: dict[Path, Sequence[Difference]] = {}
    notes = list(human.problems)
    for path in [card] if card is not None else _cards_of(folder):
        suffix = _suffix(path)
        content = read_utf8(path)
        public = public_for_card(run, asked=fewest, before=fewest_in(content))
        name = next(one for one in CARD_NAMES if one.endswith(suffix))
        made = render_cards(build_card(public, human))[name]
        found[path] = differences(content, made, suffix=suffix)
        if text_differs(content, made, suffix=suffix):
            notes.append(
                f"{path}: outside of its generated blocks it is not what the results and "
                f"{text or own} give. That is not checked: read it, or run asr-fair card {folder}"
            )
    return CheckedCard(tuple(found), {path: each for path, each in found.items() if each}, tuple(notes))


def _cards_of(folder: Path) -> list[Path]:
    found = [folder / name for name in CARD_NAMES if (folder / name).is_file()]
    if not found:
        msg = f"{folder}: holds no card. Write one: asr-fair card {folder}"
        raise ConfigError(msg)
    return found


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        msg = f"{path}: is no card: the name of one ends in {', '.join(SUFFIXES)}"
        raise ConfigError(msg)
    return suffix


def _read(path: Path) -> HumanText:
    return parse_text(read_utf8(path), name=str(path))
