"""The sidecar of a manifest: what the data is, what it may be used for, and where each label comes from."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from asr_fair.errors import ConfigError
from asr_fair.manifest.audio_paths import is_url, url_problem
from asr_fair.records import RESERVED_GROUPS
from asr_fair.validation import Strict, load_yaml_mapping, read_utf8, validate_mapping

CORE_COLUMNS = (
    "utterance_id",
    "audio",
    "start_s",
    "duration_s",
    "reference",
    "speaker_id",
    "cluster",
    "language",
    "split",
    "audio_sha256",
)

NEVER_BY_ANNOTATOR = frozenset({"gender", "sex", "ethnicity", "race", "age", "age_band"})


class Source(StrEnum):
    """Where a label comes from. No label is ever inferred from audio, names or text."""

    SELF_REPORT = "self_report"
    CORPUS_METADATA = "corpus_metadata"
    ANNOTATOR = "annotator"
    DEVICE_LOG = "device_log"
    SYNTHETIC = "synthetic"


class Use(StrEnum):
    """What the people recorded have agreed to."""

    EVALUATE = "evaluate"
    HOSTED_ENGINES = "hosted_engines"
    SHARE_RESULTS = "share_results"
    PLAY_AUDIO = "play_audio"


class Bin(Strict):
    """A band of a numeric tag: low <= value < high; an absent bound is open."""

    label: str = Field(min_length=1)
    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        """Whether `value` lies in this band."""
        return (self.low is None or value >= self.low) and (self.high is None or value < self.high)


class DimensionSpec(Strict):
    """One tag of the manifest: its title, source, level and allowed values."""

    title: str = Field(min_length=1)
    source: Source
    source_note: str | None = Field(default=None, description="how the label was collected")
    level: Literal["speaker", "utterance"] = Field(description="does it vary within one person?")
    values: tuple[str, ...] | None = Field(default=None, min_length=1, description="allowed values")
    bins: tuple[Bin, ...] | None = Field(default=None, min_length=1, description="bands of a number")
    multiple: bool = Field(default=False, description="may one person have several values?")
    sensitive: bool = False
    blanks: tuple[str, ...] = Field(default=(), description="texts that mean 'unknown', such as NA")

    @field_validator("source", mode="before")
    @classmethod
    def _never_inferred(cls, value: object) -> object:
        if value == "inferred":
            msg = (
                "labels inferred from audio, names or text are refused: a guess about a person is not "
                "what that person says, and its mistakes differ by group, so the gap would measure the "
                "guesser. Collect self-reports, or leave the dimension out"
            )
            raise ValueError(msg)
        return value

    @field_validator("values", "blanks", mode="before")
    @classmethod
    def _texts(cls, value: object) -> object:
        if isinstance(value, list):
            for item in value:
                if not isinstance(item, str):
                    msg = f"{item!r} is not a text: put it in quotes"
                    raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _values_or_bins(self) -> DimensionSpec:
        if self.values is not None and self.bins is not None:
            msg = "give either values or bins, not both"
            raise ValueError(msg)
        labels = self.groups or ()
        if len(set(labels)) < len(labels):
            msg = f"the same group stands twice in {list(labels)}"
            raise ValueError(msg)
        reserved = [label for label in labels if label in RESERVED_GROUPS]
        if reserved:
            msg = f"{reserved[0]!r} is reserved and always allowed: leave it out of the list"
            raise ValueError(msg)
        return self

    @property
    def groups(self) -> tuple[str, ...] | None:
        """The declared groups; None where any text is allowed."""
        if self.bins is not None:
            return tuple(band.label for band in self.bins)
        return self.values


class Sidecar(Strict):
    """`<manifest>.yaml`."""

    name: str = Field(min_length=1)
    version: str | None = None
    title: str | None = None
    description: str | None = None
    licence: str | None = None
    collected: str | None = Field(default=None, description="date or dates of collection")
    language: str | None = Field(default=None, description="of rows that name none")
    permitted_use: frozenset[Use] = frozenset({Use.EVALUATE})
    audio_root: str = Field(default=".", description="folder of the audio, seen from the sidecar; or a URL")
    dimensions: Mapping[str, DimensionSpec] = Field(default_factory=dict)

    @field_validator("version", "collected", mode="before")
    @classmethod
    def _yaml_reads_dates_and_numbers(cls, value: object) -> object:
        return value if value is None or isinstance(value, str) else str(value)

    @field_validator("audio_root")
    @classmethod
    def _remote_or_local(cls, value: str) -> str:
        if is_url(value) and (problem := url_problem(value)) is not None:
            raise ValueError(problem)
        return value

    @field_validator("dimensions")
    @classmethod
    def _names_and_sources(cls, value: Mapping[str, DimensionSpec]) -> Mapping[str, DimensionSpec]:
        for name, spec in value.items():
            if name in CORE_COLUMNS or name in ("overall", ""):
                msg = f"{name!r} is a column of the manifest itself and cannot be a dimension"
                raise ValueError(msg)
            if spec.source is Source.ANNOTATOR and name.lower() in NEVER_BY_ANNOTATOR:
                msg = f"{name}: an annotator's impression of {name} is refused; ask the speakers themselves"
                raise ValueError(msg)
        return value

    @property
    def synthetic(self) -> bool:
        """Whether the speakers are a synthesiser's: a label of theirs is a setting of it.

        A setting that varies within a speaker, such as a simulated handset, makes nobody synthetic.
        """
        return any(
            spec.source is Source.SYNTHETIC and spec.level == "speaker" for spec in self.dimensions.values()
        )


def parse_sidecar(text: str, *, name: str) -> Sidecar:
    """Sidecar from YAML text. Raises ConfigError or FaultsError naming every faulty key."""
    return validate_mapping(Sidecar, load_yaml_mapping(text, name=name), name=name)


def sidecar_path(manifest: Path) -> Path:
    """The sidecar that belongs to a manifest table: the same name with the ending .yaml."""
    return manifest.with_suffix(".yaml")


def read_sidecar(manifest: Path) -> Sidecar:
    """The sidecar beside a manifest table. Raises ConfigError where there is none, and FaultsError."""
    path = sidecar_path(manifest)
    if not path.exists():
        msg = (
            f"{path}: no such file. A manifest needs a sidecar that says what the data is and where each "
            f"label comes from: write one beside {manifest.name} (see manifests/README.md)"
        )
        raise ConfigError(msg)
    return parse_sidecar(read_utf8(path), name=str(path))
