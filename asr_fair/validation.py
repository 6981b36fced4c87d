"""Validated YAML for every file that people write: unknown keys refused, each fault with its place."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from asr_fair.errors import ConfigError, Fault, FaultsError, did_you_mean

ModelT = TypeVar("ModelT", bound=BaseModel)


class Strict(BaseModel):
    """Base of every validated section: unknown keys are refused, values cannot change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _yes_is_no_number(cls, content: object) -> object:
        for key, value in content.items() if isinstance(content, Mapping) else ():
            if _holds_bool(value) and key in cls.model_fields:
                if _allows_bool(cls.model_fields[key].annotation):
                    continue
                remedy = "YAML reads yes, no, on and off as those: if a word is meant, put it in quotes"
                msg = f"{key}: must not be true or false; {remedy}"
                raise ValueError(msg)
        return content


def _holds_bool(value: object) -> bool:
    if isinstance(value, list | tuple):
        return any(isinstance(each, bool) for each in value)
    return isinstance(value, bool)


def _allows_bool(annotation: object) -> bool:
    return annotation is bool or annotation is Any or any(map(_allows_bool, get_args(annotation)))


def refuse_repeats(names: Iterable[str | float]) -> None:
    """Raise ValueError where a name stands more than once: what it names would be counted as often."""
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        msg = f"{', '.join(map(repr, twice))} must not stand there more than once"
        raise ValueError(msg)


def digest_of(content: object) -> str:
    """SHA-256 in hex of JSON-like data, independent of key order."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_utf8(path: Path) -> str:
    """Text of a UTF-8 file (a leading byte order mark is dropped). Raises ConfigError with the place."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror or error}. Check the path"
        raise ConfigError(msg) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        msg = f"{path}:{line}: is not UTF-8 (byte 0x{error.object[error.start]:02x}). Save the file as UTF-8"
        raise ConfigError(msg) from error


def load_yaml_mapping(text: str, *, name: str) -> dict[str, Any]:
    """A YAML document that is a mapping without duplicate keys. Raises ConfigError with the line."""
    try:
        content = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a SafeLoader
    except RecursionError as error:
        msg = f"{name}: its lists and mappings stand too deep in each other. Write them flat"
        raise ConfigError(msg) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        msg = f"{name}:{line}: is not valid YAML: {error.problem}"
        raise ConfigError(msg) from error
    except (yaml.YAMLError, ValueError, TypeError) as error:  # a control character, a month 13, a list as key
        reason = str(error).splitlines()[0]
        msg = f"{name}: holds what YAML cannot read: {reason}. Put text in quotes"
        raise ConfigError(msg) from error
    if not isinstance(content, dict):
        found = "is empty" if content is None else "is a list" if isinstance(content, list) else "has no key"
        msg = f"{name}: {found}: it must hold `key: value` lines"
        raise ConfigError(msg)
    return content


HIDDEN_VALUE = "hidden_value"
"""The type of a PydanticCustomError about a value that may be a password or a key: it is not shown."""

Place: TypeAlias = tuple[int | str, ...]
"""Keys and list positions that lead to a value."""


def validate_mapping(model: type[ModelT], content: Mapping[str, Any], *, name: str) -> ModelT:
    """`content` as `model`; raises FaultsError with one fault for each wrong or unknown key."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        details = error.errors()
        # A faulty entry makes its list too short as well; the entry's own fault says what to mend.
        outer = {each["loc"][:length] for each in details for length in range(len(each["loc"]))}
        faults = [_fault_of(each, content, model, name) for each in details if each["loc"] not in outer]
        raise FaultsError(faults) from error


def _place_of(detail: Mapping[str, Any], content: Any) -> Place:
    """Where a fault is in `content`: pydantic's location without its names for members of a union."""
    place: list[int | str] = []
    location = detail["loc"]
    for depth, part in enumerate(location, start=1):
        if _holds(content, part):
            place.append(part)
            content = content[part]
        elif depth == len(location) and detail["type"] in ("missing", "invalid_key"):
            place.append(part)
    return tuple(place)


def _holds(content: object, part: int | str) -> bool:
    if isinstance(content, Mapping):
        return part in content
    return isinstance(content, list | tuple) and isinstance(part, int) and part < len(content)


def _fault_of(
    detail: Mapping[str, Any], content: Mapping[str, Any], model: type[BaseModel], name: str
) -> Fault:
    place = _place_of(detail, content)
    field = ".".join(map(str, place)) or None
    match detail["type"]:
        case "extra_forbidden":
            known = _known_keys(model, place[:-1])
            # Of a union, what another of its models has is no remedy in this one.
            known = [key for key in known if key != str(place[-1])]
            remedy = did_you_mean(str(place[-1]), known, otherwise="Remove it or mend its name")
            return Fault(file=name, field=field, problem="unknown key", remedy=remedy)
        case "missing":
            return Fault(file=name, field=field, problem="is missing", remedy="Add this key")
        case "too_short":
            problem = f"needs {detail['ctx']['min_length']} or more entries"
        case "model_type" | "dict_type" | "mapping_type":
            problem = "must hold `key: value` lines"
        case "union_tag_invalid":
            return _unknown_tag(detail, name, field)
        case kind if kind == HIDDEN_VALUE:
            return Fault(file=name, field=field, problem=str(detail["msg"]))
        case kind if kind in _PLAIN:
            problem = _PLAIN[kind].format(**detail.get("ctx", {}))
        case _:
            problem = str(detail["msg"]).removeprefix("Value error, ")
    value = None if isinstance(detail["input"], Mapping) else detail["input"]
    return Fault(file=name, field=field, problem=problem, value=value if field else None)


_PLAIN = {
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be {le:g} or less",
    "float_type": "must be a number",
    "float_parsing": "must be a number, such as 5.5",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "string_type": "must be text: write it in quotes",
    "bool_parsing": "must be true or false",
    "finite_number": "must be a finite number",
    "tuple_type": "must be a list",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
}
"""What pydantic says, in the words of people who write YAML; its kind of fault to a pattern."""


def _unknown_tag(detail: Mapping[str, Any], name: str, field: str | None) -> Fault:
    """A kind that is none, with those that there are."""
    key, tag = (str(detail["ctx"][part]).strip("'") for part in ("discriminator", "tag"))
    known = [each.strip(" '") for each in str(detail["ctx"]["expected_tags"]).split(",")]
    remedy = did_you_mean(tag, known, otherwise=f"Known: {', '.join(known)}")
    return Fault(file=name, field=f"{field}.{key}", problem=f"unknown kind {tag!r}", remedy=remedy)


def _known_keys(model: type[BaseModel], place: Place) -> list[str]:
    """Keys that may stand at a place: the fields of every model that the schema allows there."""
    models = [model]
    for part in place:
        fields = [each.model_fields[part] for each in models if part in each.model_fields]
        if fields:  # else a position in a list, or a name that the user chose
            models = [each for field in fields for each in _models_in(field.annotation)]
    return sorted({key for each in models for key in each.model_fields})


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


_MERGE = "tag:yaml.org,2002:merge"


MOST_VALUES = 100_000
"""Of one document, each alias counted as what it stands for; the largest noise profile holds some 1,000."""


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML keeps the last of two equal keys without a word; a configuration must not.

    Nor may a few lines of aliases to aliases stand for billions of values.
    """

    def construct_document(self, node: yaml.Node) -> Any:
        if _n_values(node, {}) > MOST_VALUES:
            raise yaml.constructor.ConstructorError(
                problem=f"it stands for more than {MOST_VALUES:,} values. Write fewer aliases (*name)",
                problem_mark=node.start_mark,
            )
        return super().construct_document(node)


def _n_values(node: yaml.Node, counted: dict[yaml.Node, int]) -> int:
    """Values in a node and below it, as often as aliases repeat them; each node is looked at once."""
    if node not in counted:
        counted[node] = 1  # of a node within itself, which is refused later
        parts = chain.from_iterable(node.value) if isinstance(node, yaml.MappingNode) else node.value
        below = () if isinstance(node, yaml.ScalarNode) else parts
        counted[node] = 1 + sum(_n_values(each, counted) for each in below)
    return counted[node]


def _mapping_without_duplicates(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key_node, _ in node.value:
        if key_node.tag == _MERGE:
            continue
        key = str(loader.construct_object(key_node))  # 63 and "63" are one band
        if key in seen:
            raise yaml.constructor.ConstructorError(
                problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark
            )
        seen.add(key)
    loader.flatten_mapping(node)  # what is merged in may be overridden by a key of its own
    return loader.construct_mapping(node, deep=True)


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_duplicates)
