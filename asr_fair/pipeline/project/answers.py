"""What `asr-fair init` asks: validated answers, before anything is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator

from asr_fair.manifest.sidecar import CORE_COLUMNS, DimensionSpec, Sidecar, Use
from asr_fair.pipeline.project.tags import KnownTag, known_or_own
from asr_fair.records import OVERALL
from asr_fair.validation import Strict, refuse_repeats, validate_mapping

Place = Literal["quiet", "ward", "own"]

TABLE_COLUMNS = ("recording", "words", "speaker")
"""Of the table, before the tags."""


class TagAnswer(Strict):
    """A tag, and where its labels come from."""

    name: str
    source: str

    @field_validator("name")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if not re.fullmatch(r"[^\W\dA-Z]\w*", name):
            msg = "must be small letters, digits and '_', as in first_language"
            raise ValueError(msg)
        if name in (*CORE_COLUMNS, *TABLE_COLUMNS, OVERALL):
            msg = f"{name!r} is a column of the table itself. Give the tag another name"
            raise ValueError(msg)
        return name

    @property
    def known(self) -> KnownTag:
        """What is known about this tag."""
        return known_or_own(self.name, self.source)

    @property
    def entry(self) -> dict[str, Any]:
        """Its entry in the sidecar."""
        known = self.known
        return {
            "title": known.title,
            "source": self.source,
            "level": known.level,
            "multiple": known.multiple,
            "sensitive": known.sensitive,
            **({"bins": [dict(band) for band in known.bins]} if known.bins else {}),
        }


class Answers(Strict):
    """Everything that a project's files are made of."""

    name: str
    language: str
    tags: tuple[TagAnswer, ...]
    places: tuple[Place, ...] = Field(min_length=1)
    engine: str
    model: str = Field(min_length=1)
    permitted_use: tuple[Use, ...] = Field(min_length=1)

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if not re.fullmatch(r"[\w.+-]+", name):
            msg = "must be letters, digits, '.', '+', '-' and '_'"
            raise ValueError(msg)
        return name

    @field_validator("language")
    @classmethod
    def _is_a_code(cls, language: str) -> str:
        if not re.fullmatch(r"[a-z]{2,3}", language):
            msg = "must be a code of two or three small letters, such as en"
            raise ValueError(msg)
        return language

    @field_validator("permitted_use")
    @classmethod
    def _may_be_evaluated(cls, uses: tuple[Use, ...]) -> tuple[Use, ...]:
        if Use.EVALUATE not in uses:
            msg = "must hold 'evaluate': without it nothing may be measured"
            raise ValueError(msg)
        return uses

    @field_validator("tags")
    @classmethod
    def _once_and_sourced(cls, tags: tuple[TagAnswer, ...]) -> tuple[TagAnswer, ...]:
        refuse_repeats(tag.name for tag in tags)
        return tags


def parse_answers(given: Mapping[str, Any]) -> Answers:
    """Answers without faults. Raises FaultsError that names each faulty one, with the remedy."""
    answers = validate_mapping(Answers, given, name="init")
    for tag in answers.tags:
        refuse_source(tag.name, tag.source)
    return answers


def refuse_answer(key: str, answer: str) -> None:
    """Raise FaultsError for a name or a language that is none."""
    given = {**_VALID, key: answer}
    validate_mapping(Answers, given, name="init")


_VALID: Mapping[str, Any] = {
    **{"name": "-", "language": "en", "engine": "-", "model": "-"},
    **{"tags": (), "places": ("quiet",), "permitted_use": (Use.EVALUATE,)},
}


def refuse_tag(tag: str) -> None:
    """Raise FaultsError for what cannot be the name of a tag."""
    validate_mapping(TagAnswer, {"name": tag, "source": "self_report"}, name=f"tag {tag}")


def refuse_source(tag: str, source: str) -> None:
    """Raise FaultsError for a source that labels of a tag cannot have, such as 'inferred', and say why."""
    entry = TagAnswer(name=tag, source=source).entry
    spec = validate_mapping(DimensionSpec, entry, name=f"tag {tag}")
    validate_mapping(Sidecar, {"name": "-", "dimensions": {tag: spec}}, name=f"tag {tag}")
