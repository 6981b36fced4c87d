"""`asr-fair init DIR`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from asr_fair.cli.permitted_use import USES, permitted_use_option
from asr_fair.cli.terminal import say
from asr_fair.errors import FaultsError

AnswerT = TypeVar("AnswerT")
PLACES = ["quiet", "ward", "own"]
ENGLISH_MODEL, OTHER_MODEL = "tiny.en", "tiny"


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", help="Of the project and its runs; the folder's name if not given.")
@click.option("--language", help="Code of the language spoken; en if not given.")
@click.option(
    "--tag",
    "tags",
    multiple=True,
    metavar="NAME[=SOURCE]",
    help="A tag, and where its labels come from: self_report, corpus_metadata, annotator, device_log or "
    "synthetic. Repeat for several; accent, age, gender and handset if not given.",
)
@click.option(
    "--conditions",
    "places",
    multiple=True,
    type=click.Choice(PLACES),
    help="Besides the recordings as they are: nothing (quiet), noise of a ward, noise of your own place. "
    "Repeat for several; ward if not given.",
)
@click.option("--engine", help="whisper (if not given) or faster-whisper.")
@click.option("--model", help="Official name or path; tiny.en if not given, for other languages tiny.")
@permitted_use_option
@click.option("--yes", is_flag=True, help="Ask nothing: take the defaults for what is not given.")
def init(folder: Path, *, yes: bool, **given: Any) -> None:
    """Begin a project of your own in DIR: configuration, table to fill in, questionnaire, README.

    Asks for what is not given as an option, unless there is no terminal to ask on. Replaces nothing.
    """
    from asr_fair.pipeline.project import parse_answers, write_project

    answers = parse_answers(_Questions(asks=sys.stdin.isatty() and not yes).answers(folder, given))
    files = write_project(folder, answers)
    for path in files:
        say(path)
    say(f"Next: {folder / 'README.md'} leads from here to the report", err=True)


class _Questions:
    """Asks for what no option said; takes the default where nobody can be asked."""

    def __init__(self, *, asks: bool) -> None:
        self._asks = asks

    def answers(self, folder: Path, given: dict[str, Any]) -> dict[str, Any]:
        """Every answer, of the options first."""
        name = given["name"] or self._ask("Name of the project", _name_of(folder), _answer("name"))
        language = given["language"] or self._ask("Language spoken (code)", "en", _answer("language"))
        tags = [_tag(each) for each in given["tags"]] or self._ask_tags()
        places = given["places"] or self._ask(
            "Conditions besides the recordings as they are: quiet (none), ward, own (comma between them)",
            "ward",
            _one_of(PLACES),
        )
        model = given["model"] or self._ask(
            "Whisper model (name or path)", ENGLISH_MODEL if language == "en" else OTHER_MODEL
        )
        uses = given["permitted_use"] or self._ask(
            f"What have the people agreed to, in writing? {', '.join(USES)} (comma between them; the "
            "questionnaire asks for each)",
            USES[0],
            _one_of(USES),
        )
        return {
            "name": name,
            "language": language,
            "tags": tags,
            "places": list(places),
            "engine": given["engine"] or "whisper",
            "model": model,
            "permitted_use": list(uses),
        }

    def _ask(self, question: str, default: str, parse: Callable[[str], Any] = str) -> Any:
        if not self._asks:
            return parse(default)
        return click.prompt(question, default=default, value_proc=parse, err=True)

    def _ask_tags(self) -> list[dict[str, str]]:
        from asr_fair.pipeline.project.tags import KNOWN, USUAL, known_or_own

        listed = f"Tags, of {', '.join(KNOWN)} or your own (comma between them, - for none)"
        names = self._ask(listed, ", ".join(USUAL), _names)
        return [
            {
                "name": name,
                "source": self._ask(
                    f"  {name}: source of the label (self_report, device_log, corpus_metadata, annotator)",
                    known_or_own(name, "self_report").source,
                    _source_of(name),
                ),
            }
            for name in names
        ]


def _name_of(folder: Path) -> str:
    return re.sub(r"[^\w.+-]+", "-", folder.resolve().name).strip("-") or "project"


def _tag(text: str) -> dict[str, str]:
    from asr_fair.pipeline.project.tags import known_or_own

    name, _, source = text.partition("=")
    return {"name": name, "source": source or known_or_own(name, "self_report").source}


def _split(text: str) -> list[str]:
    return [each for each in re.split(r"[\s,]+", text) if each]


def _explained(check: Callable[[], object]) -> None:
    """Make a check; what it refuses is explained, and asked for again."""
    try:
        check()
    except FaultsError as error:
        raise click.BadParameter(str(error)) from error


def _answer(key: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        from asr_fair.pipeline.project.answers import refuse_answer

        _explained(partial(refuse_answer, key, text.strip()))
        return text.strip()

    return parse


def _names(text: str) -> list[str]:
    """Names of tags: 'Accent, First language' are accent and first_language."""
    from asr_fair.pipeline.project.answers import refuse_tag

    if text.strip() == "-":
        return []
    names = ["_".join(part.lower().split()) for part in text.split(",") if part.strip()]
    for name in names:
        _explained(partial(refuse_tag, name))
    return list(dict.fromkeys(names))


def _one_of(known: Sequence[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = _split(text)
        for name in names:
            if name not in known:
                msg = f"{name!r} is not among {', '.join(known)}."
                raise click.BadParameter(msg)
        return names

    return parse


def _source_of(tag: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        from asr_fair.pipeline.project.answers import refuse_source

        _explained(partial(refuse_source, tag, text.strip()))
        return text.strip()

    return parse
