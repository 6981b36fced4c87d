"""The documents name what the code accepts, and what they show is what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from asr_fair.conditions.plan import expand_conditions
from asr_fair.config import (
    Family,
    Grid,
    Margin,
    Plan,
    RunConfig,
    Thresholds,
    Workers,
    parse_config,
)
from asr_fair.config.systems import SYSTEM_MODELS
from asr_fair.manifest.check import read_manifest
from asr_fair.manifest.sidecar import CORE_COLUMNS, DimensionSpec, Sidecar, Source, Use
from asr_fair.pipeline.evaluate import check_analysis
from asr_fair.recipes.library import folders

REPOSITORY = Path(__file__).resolve().parent.parent


NOISE_GUIDES = [f"noise_profiles/{folder}README.md" for folder in ("", "rooms/", "handsets/")]


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "model", [RunConfig, Grid, *SYSTEM_MODELS.values(), Plan, Margin, Family, Thresholds, Workers]
)
def test_every_key_of_the_configuration_is_described(model: type[BaseModel]) -> None:
    described = text_of("configs/README.md")
    assert [key for key in model.model_fields if f"`{key}`" not in described] == []


def test_every_threshold_is_described_with_its_default() -> None:
    described = text_of("configs/README.md")
    for key, value in Thresholds().model_dump().items():
        assert f"`{key}` {'not set' if value is None else value}" in described


def test_every_column_key_source_and_use_of_a_manifest_is_described() -> None:
    described = text_of("manifests/README.md")
    names = [*CORE_COLUMNS, *Sidecar.model_fields, *DimensionSpec.model_fields, *Source, *Use]
    assert [name for name in names if f"`{name}`" not in described] == []


@pytest.mark.parametrize("path", sorted((REPOSITORY / "configs").glob("*.yaml")), ids=lambda path: path.name)
def test_every_configuration_is_valid(path: Path) -> None:
    assert parse_config(path.read_text(encoding="utf-8"), name=path.name, base=path.parent).systems


def test_the_readme_example_of_own_recordings_is_accepted(tmp_path: Path) -> None:
    readme = text_of("README.md")
    (table,) = re.findall(r"```csv\n(.*?)```", readme, flags=re.DOTALL)
    sidecar, run, last_mile, plan = re.findall(r"```yaml\n(.*?)```", readme, flags=re.DOTALL)
    (tmp_path / "recordings").mkdir()
    (tmp_path / "ward.csv").write_text(table, encoding="utf-8")
    (tmp_path / "ward.yaml").write_text(sidecar, encoding="utf-8")
    manifest, warnings = read_manifest(tmp_path / "ward.csv")
    assert warnings == ()
    assert manifest.table["accent"].tolist() == [("Scottish",), ("Indian", "Scottish")]
    config = parse_config(run, name="run.yaml", base=tmp_path)
    assert config.manifest == tmp_path / "ward.csv"
    conditions = expand_conditions(config.conditions, folders(None))
    names = [each.name for each in conditions]
    systems = [each.name for each in config.systems]
    check_analysis(manifest, config.normalisers, config.plan, conditions=names, systems=systems)
    grid = parse_config(
        run.replace("conditions:", "title: x\nseed: 2 #") + last_mile, name="y", base=tmp_path
    )
    planned = parse_config(run.split("plan:")[0] + plan, name="z", base=tmp_path).plan
    check_analysis(manifest, None, planned, conditions=["clean"], systems=systems)
    names = [each.name for each in expand_conditions(grid.conditions, folders(None))]
    assert len(names) == 1 + 6 + 2
    assert names[-1] == "bay+ward-ventilation@10dB+mobile-weak"


def test_links_in_the_documents_lead_somewhere() -> None:
    for name in ("README.md", "configs/README.md", "manifests/README.md", *NOISE_GUIDES):
        folder = (REPOSITORY / name).parent
        for target in re.findall(r"\]\(([^)#:]+)\)", text_of(name)):
            assert (folder / target).exists(), f"{name}: {target}"
