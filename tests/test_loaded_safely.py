"""Nothing that is read can run anything: no pickle, YAML without objects, weights as weights only."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from asr_fair.errors import AsrFairError
from asr_fair.manifest.sidecar import parse_sidecar
from asr_fair.policy import read_policy
from asr_fair.recipes.library import read_recipe
from asr_fair.recipes.room import Room
from asr_fair.rooms.cache import load
from asr_fair.validation import load_yaml_mapping

PACKAGE = Path(__file__).resolve().parents[1] / "asr_fair"
UNSAFE_MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
UNSAFE_BUILTINS = {"eval", "exec", "compile", "__import__"}
UNSAFE_METHODS = {"read_pickle", "to_pickle", "unsafe_load", "full_load"}
UNSAFE_LOADERS = {"Loader", "FullLoader", "UnsafeLoader", "CLoader", "CFullLoader", "CUnsafeLoader"}


class Bomb:
    """Whoever unpickles this makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.mkdir, (str(self.path),)


@pytest.fixture(scope="module")
def nodes() -> list[tuple[str, ast.AST]]:
    """Every node of every module of the package, and where it stands."""
    return [
        (f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', 0)}", node)
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    ]


def test_no_module_unpickles_or_runs_text(nodes: list[tuple[str, ast.AST]]) -> None:
    found = []
    for place, node in nodes:
        if isinstance(node, ast.Import):
            found += [place for each in node.names if each.name.split(".")[0] in UNSAFE_MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in UNSAFE_MODULES:
            # What `torch.load` raises for weights that would run something is caught by its name.
            found += [place for each in node.names if each.name != "UnpicklingError"]
        elif isinstance(node, ast.Call):
            named = getattr(node.func, "id", "") in UNSAFE_BUILTINS  # `network.eval()` is none of these
            found += [place] if named or getattr(node.func, "attr", "") in UNSAFE_METHODS else []
    assert len(nodes) > 50_000
    assert found == []


def test_no_module_names_a_yaml_loader_that_makes_objects(nodes: list[tuple[str, ast.AST]]) -> None:
    assert [place for place, node in nodes if getattr(node, "attr", "") in UNSAFE_LOADERS] == []


def readers(folder: Path, text: str) -> dict[str, Callable[[], object]]:
    """Every way in which YAML of a customer comes in."""
    path = folder / "one.yaml"
    path.write_text(text, encoding="utf-8")
    return {
        "configuration": lambda: load_yaml_mapping(text, name="run.yaml"),
        "sidecar": lambda: parse_sidecar(text, name="manifest.yaml"),
        "policy": lambda: read_policy(path),
        "recipe": lambda: read_recipe(Room, path),
    }


@pytest.mark.parametrize("kind", ["configuration", "sidecar", "policy", "recipe"])
def test_yaml_makes_no_objects(kind: str, tmp_path: Path) -> None:
    text = f"title: !!python/object/apply:os.mkdir ['{tmp_path / 'ran'}']\n"
    with pytest.raises(AsrFairError):
        readers(tmp_path, text)[kind]()
    assert not (tmp_path / "ran").exists()


def test_a_checkpoint_that_would_run_something_is_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from asr_fair.asr.openai_whisper import _read_checkpoint

    path = tmp_path / "mine.pt"
    torch.save({"dims": {}, "model_state_dict": Bomb(tmp_path / "ran")}, path)
    with pytest.raises(AsrFairError, match="cannot be read as a PyTorch checkpoint"):
        _read_checkpoint(path)
    assert not (tmp_path / "ran").exists()


def test_a_kept_room_that_would_run_something_is_computed_again(tmp_path: Path) -> None:
    path = tmp_path / "room.npz"
    bomb = np.empty(1, dtype=object)
    bomb[0] = Bomb(tmp_path / "ran")
    np.savez(path, samples=bomb, lengths=np.array([1]), rt60_s=np.array([0.1]), sha256=np.array("0"))
    assert load(path) is None
    assert not (tmp_path / "ran").exists()
