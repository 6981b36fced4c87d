"""Runs that are disturbed, and beside them one that is not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from faults.harness import Runs, make_runs, table


@dataclass(frozen=True)
class Beside:
    """A run that nobody disturbed: what all others must come to."""

    runs: Runs
    whole: Path

    @property
    def table(self) -> pd.DataFrame:
        """Every outcome of it."""
        return table(self.whole)


@pytest.fixture(scope="session")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Beside:
    """Forty utterances under two conditions, which is twenty batches, run to the end."""
    runs = make_runs(tmp_path_factory.mktemp("beside"), [f"u{number:02d}" for number in range(40)])
    whole = runs.folder / "whole"
    assert runs.run(whole) == 0, runs.said(whole)
    return Beside(runs, whole)
