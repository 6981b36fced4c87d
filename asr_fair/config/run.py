"""The run configuration: validated YAML, paths relative to the file it stands in."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, PrivateAttr, field_validator, model_validator

from asr_fair.config.conditions import ConditionConfig
from asr_fair.config.plan import Plan
from asr_fair.config.systems import AnySystem
from asr_fair.records import CLEAN
from asr_fair.validation import Strict, load_yaml_mapping, read_utf8, refuse_repeats, validate_mapping

CACHE_NAME = ".asr-fair-cache"


class Expected(Strict):
    """What `asr-fair plan` takes for granted about a recogniser that has not run yet."""

    wer: float = Field(default=0.15, gt=0, le=1, description="of the side that a group is compared with")
    speaker_sigma: float = Field(
        default=0.4, gt=0, le=2, description="spread of ln(WER) between the speakers of one group"
    )
    dispersion: float = Field(
        default=3.0, ge=1, le=100, description="variance of a speaker's errors over their mean"
    )
    shared_correlation: float = Field(
        default=0.5, ge=0, le=1, description="how alike one speaker's effect is in two groups"
    )


class Workers(Strict):
    """Who does the work; nothing here can change a result."""

    processes: int | None = Field(
        default=None,
        ge=1,
        description="local worker processes, default: one per core; where there are GPUs, each has one of "
        "its own, and these render for them",
    )
    scheduler: str | None = Field(default=None, description="address of a running Dask scheduler")
    batch_timeout_s: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="a worker that takes longer over a batch is restarted; default: by what others took",
    )


class RunConfig(Strict):
    """Everything that one run needs, from the manifest to the report."""

    name: str = Field(pattern=r"^[\w.+-]+$")
    title: str | None = None
    manifest: Path
    output: Path | None = Field(default=None, description="run directory; default: runs/<name>")
    cache: Path | bool = Field(
        default=True,
        description="folder of transcripts that runs share; true: beside the run directory, false: none",
    )
    noise_profiles: Path | None = Field(
        default=None, description="folder of your own profiles, looked through before those shipped"
    )
    seed: int = Field(default=1, ge=0)
    conditions: tuple[ConditionConfig, ...] = ("clean",)
    systems: tuple[AnySystem, ...] = Field(min_length=1)
    normalisers: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="the first one is the headline; when absent, all that suit the manifest's languages",
    )
    probes: bool = Field(
        default=True, description="whether each system also hears silence and each noise alone"
    )
    plan: Plan = Plan()
    expected: Expected = Expected()
    workers: Workers = Workers()
    max_loss: float = Field(
        default=0.02, ge=0, le=1, description="largest share of lost outcomes, in any group"
    )

    _source: str = PrivateAttr("")

    @field_validator("normalisers")
    @classmethod
    def _each_once(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        refuse_repeats(value or ())
        return value

    @model_validator(mode="after")
    def _names_are_unique(self) -> RunConfig:
        names = [system.name for system in self.systems]
        if len(set(names)) < len(names):
            msg = f"systems: every name must be different, got {names}"
            raise ValueError(msg)
        baseline = self.plan.baseline_system
        if baseline is not None and baseline not in names:
            msg = f"plan: baseline_system: {baseline!r} is not among the systems {names}"
            raise ValueError(msg)
        if CLEAN not in self.conditions:
            msg = "conditions: 'clean' must be among them; every other condition is compared with it"
            raise ValueError(msg)
        return self

    @field_validator("cache", mode="before")
    @classmethod
    def _folder_or_not(cls, cache: object) -> object:
        if not isinstance(cache, Path | str | bool):
            msg = "must be true, false or a folder"
            raise ValueError(msg)
        return cache

    @property
    def source(self) -> str:
        """The file it was read from, for messages; empty where it was made in Python."""
        return self._source

    @property
    def run_dir(self) -> Path:
        """Where results are written."""
        return self.output if self.output is not None else Path("runs") / self.name

    @property
    def cache_dir(self) -> Path | None:
        """Where transcripts are kept for other runs; None where they are not."""
        if isinstance(self.cache, Path):
            return self.cache
        return cache_beside(self.run_dir) if self.cache else None


def cache_beside(run_dir: Path) -> Path:
    """The cache that a run uses unless it names another: what people said stays where the runs are."""
    return run_dir.resolve().parent / CACHE_NAME


def parse_config(text: str, *, name: str, base: Path) -> RunConfig:
    """Configuration from YAML text; relative paths are taken from `base`.

    Raises ConfigError for text that is not a YAML mapping, FaultsError naming every faulty key.
    """
    config = validate_mapping(RunConfig, load_yaml_mapping(text, name=name), name=name)
    systems = tuple(each.resolved(base) for each in config.systems)
    resolved = config.model_copy(
        update={
            "systems": systems,
            "manifest": base / config.manifest,
            "output": None if config.output is None else base / config.output,
            "cache": base / config.cache if isinstance(config.cache, Path) else config.cache,
            "noise_profiles": None if config.noise_profiles is None else base / config.noise_profiles,
        }
    )
    resolved._source = name
    return resolved


def read_config(path: Path) -> RunConfig:
    """The configuration in a YAML file."""
    return parse_config(read_utf8(path), name=str(path), base=path.parent)
