"""A recogniser that worker processes find by an entry point, as one of another package would be."""

from __future__ import annotations

from pathlib import Path

from asr_fair.asr.base import EngineInfo
from asr_fair.config import SystemConfig
from fakes.engine import FakeEngine, describe

ENTRY_POINT = "[asr_fair.engines]\nfake-on-cluster = run.cluster_engine:ClusterEngine\n"


def install(folder: Path) -> str:
    """Write what `pip install` of such a package leaves; the folder to have on the path of Python."""
    info = folder / "fake_on_cluster-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fake-on-cluster\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINT)
    return str(folder)


class ClusterEngine(FakeEngine):
    """The fake engine by its entry point; `language` is the process that heard it."""

    config = SystemConfig

    @staticmethod
    def describe(system: SystemConfig) -> EngineInfo:
        return describe(system)
