"""A run directory, read back: what the browser, comparisons, gates and shared packages start from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from asr_fair.config import Plan
from asr_fair.errors import ConfigError, RunConflictError
from asr_fair.fairness.results import Results, read_results
from asr_fair.files import write_parquet, write_text
from asr_fair.manifest.model import Manifest
from asr_fair.manifest.sidecar import CORE_COLUMNS, Sidecar, Use, parse_sidecar, read_sidecar, sidecar_path
from asr_fair.pipeline.provenance import COUNTS_NAME, RECORD_NAME, RunRecord, read_record
from asr_fair.score.counts import COUNT_COLUMNS, WORDS
from asr_fair.validation import read_utf8

MANIFEST_NAME = "manifest.parquet"
RESULTS_NAME = "results.json"
RENDERS_NAME = "renders.parquet"
OUTCOME_KEY = ["utterance_id", "condition", "system"]


@dataclass(frozen=True)
class StoredRun:
    """A run directory that `run` or `score` finished; its tables are read when they are asked for."""

    folder: Path
    record: RunRecord

    @cached_property
    def results(self) -> Results:
        """Every figure, hidden or not: display rules act on what is made from it.

        Whether they may be shared is what the people agree to today, not when it was run.
        """
        path = self.folder / RESULTS_NAME
        try:
            results = read_results(path)
        except ValueError as error:
            raise ConfigError(_of_another_version(path)) from error
        today = {"share_results": Use.SHARE_RESULTS in self.permitted_use}
        return results.model_copy(update={"manifest": results.manifest.model_copy(update=today)})

    @cached_property
    def plan(self) -> Plan:
        """The plan that the results were made under, one of those in the record.

        Raises ConfigError where it is not there, as with results of an early version.
        """
        digest = self.results.plan.digest
        plans = {each.digest: each.plan for each in self.record.later_plans}
        written = (plans | {self.record.plan_digest: self.record.plan}).get(digest)
        if written is None:
            msg = f"{self.folder}: run.json does not hold the plan of its results. Run or score again"
            raise ConfigError(msg)
        return Plan.model_validate(written)

    @cached_property
    def manifest(self) -> Manifest:
        """Who said what, as the run used it: cells of dimensions are tuples of groups, audio is absolute."""
        table = _read(self.folder / MANIFEST_NAME)
        sidecar = self._sidecar
        texts = [name for name in CORE_COLUMNS if name not in ("start_s", "duration_s")]
        # pandas reads a missing text as NaN, which is true and no text.
        table[texts] = table[texts].astype(object).where(table[texts].notna(), None)
        for name in sidecar.dimensions:
            table[name] = table[name].map(tuple)
        # A fault in here has no line: the run found none.
        lines = np.arange(1, len(table) + 1, dtype=np.int64)
        digest = self.record.identity["manifest"]
        return Manifest(table, sidecar, digest, lines=lines, name=str(self.folder / MANIFEST_NAME))

    @property
    def permitted_use(self) -> frozenset[Use]:
        """What the people agree to: as the manifest's own sidecar says today, or said when it was run."""
        source = self.source_manifest
        sidecar = read_sidecar(source) if sidecar_path(source).is_file() else self._sidecar
        return sidecar.permitted_use

    @property
    def source_manifest(self) -> Path:
        """The manifest that was run, which may have been moved since."""
        return Path(str(self.record.configuration["manifest"]))

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """One row per (utterance_id, condition, system): text or error, language and the decoder's facts.

        Of several texts the first that was written counts, as when a run continues.
        """
        whole = pd.concat([_read(path) for path in self.outcome_parts], ignore_index=True)
        return valid_outcomes(whole).reset_index(drop=True)

    @property
    def outcome_parts(self) -> list[Path]:
        """The files that outcomes were written to, in the order of writing."""
        return sorted((self.folder / "transcripts").glob("part-*.parquet"))

    @cached_property
    def counts(self) -> pd.DataFrame:
        """S, D, I, H: integers per (utterance_id, condition, system, normaliser, unit)."""
        return _read(self.folder / COUNTS_NAME)

    @property
    def headline(self) -> str:
        """The normaliser whose figures come first."""
        return next(iter(self.record.normaliser_versions))

    def headline_counts(self) -> pd.DataFrame:
        """S, D, I, H of words under the headline normaliser alone; the columns of the key are categories.

        Of a run of many normalisers and units, that is an eighth of the file, and no more is read.
        """
        wanted = [("normaliser", "==", self.headline), ("unit", "==", WORDS)]
        columns = [*OUTCOME_KEY, *COUNT_COLUMNS, "wrong_language"]
        path = self.folder / COUNTS_NAME
        return _read(path, columns=columns, filters=wanted, read_dictionary=OUTCOME_KEY)

    def render_of(self, utterance_id: str, condition: str) -> dict[str, Any] | None:
        """What was done to an utterance (the fields of `RenderRecord`); None where no render is recorded."""
        path = self.folder / RENDERS_NAME
        if not path.is_file():
            return None
        wanted = [("utterance_id", "==", utterance_id), ("condition", "==", condition)]
        found = _read(path, filters=wanted).astype(object)
        rows = found.where(found.notna(), None).to_dict(orient="records")
        return {str(name): value for name, value in rows[0].items()} if rows else None

    @property
    def _sidecar(self) -> Sidecar:
        path = sidecar_path(self.folder / MANIFEST_NAME)
        return parse_sidecar(read_utf8(path), name=str(path))

    def require(self, use: Use, *, why: str) -> None:
        """Raise ConfigError unless the people recorded have agreed to `use`."""
        if use not in self.permitted_use:
            msg = (
                f"{self.folder}: {why}, but the permitted_use of its manifest does not hold {use.value!r}. "
                f"Ask the people recorded, then add it to {sidecar_path(self.source_manifest)}"
            )
            raise ConfigError(msg)


def open_run(folder: Path, *, use: Use | None = Use.EVALUATE) -> StoredRun:
    """The finished run in a directory, for a use that its people agree to (None: to take somebody out of it).

    Raises ConfigError where there is no run, naming what is missing, and where `use` is not permitted: who
    takes back their consent takes it back for results that are there, too.
    """
    for name in (
        RECORD_NAME,
        MANIFEST_NAME,
        sidecar_path(Path(MANIFEST_NAME)).name,
        COUNTS_NAME,
        RESULTS_NAME,
    ):
        if not (folder / name).is_file():
            msg = f"{folder}: holds no {name}. Name a folder that `run` or `score` finished, or run again"
            raise ConfigError(msg)
    try:
        stored = StoredRun(folder, read_record(folder / RECORD_NAME))
    except RunConflictError as error:
        raise ConfigError(_of_another_version(folder / RECORD_NAME)) from error
    if use is not None:
        stored.require(use, why="this is made from what was evaluated")
    return stored


def write_manifest_copy(manifest: Manifest, folder: Path) -> None:
    """Write the manifest that a run used, and its sidecar: `manifest.parquet` and `manifest.yaml`."""
    table = manifest.table.copy()
    for name in manifest.sidecar.dimensions:
        table[name] = table[name].map(list)
    write_parquet(pa.Table.from_pandas(table, preserve_index=False), folder / MANIFEST_NAME)
    content = manifest.sidecar.model_dump(mode="json", exclude_defaults=True)
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    write_text(text, sidecar_path(folder / MANIFEST_NAME))


def _of_another_version(path: Path) -> str:
    return f"{path}: was not written by this version of asr-fair. Run or score again"


def valid_outcomes(written: pd.DataFrame) -> pd.DataFrame:
    """Of several outcomes of one key, the one that counts: the first text, else the last error.

    `written`: OUTCOME_KEY and error, in the order of writing. The rows that are left keep their index.
    """
    # Errors backwards behind the texts, so that the first one kept is the last one written.
    texts, errors = written[written["error"].isna()], written[written["error"].notna()]
    ordered = pd.concat([texts, errors.iloc[::-1]])
    return ordered.drop_duplicates(OUTCOME_KEY, keep="first").sort_index()


def _read(path: Path, **options: Any) -> pd.DataFrame:
    frame: pd.DataFrame = read_stored(path, **options).to_pandas()
    return frame


def read_stored(path: Path, **options: Any) -> pa.Table:
    """A Parquet file of a run, or the rows and columns of it that `options` of `read_table` name.

    Raises ConfigError for a file that cannot be read.
    """
    try:
        return pq.read_table(path, **options)
    except (OSError, ValueError) as error:  # Arrow's own errors are of these kinds
        msg = f"{path}: cannot be read ({error}). Run or score again"
        raise ConfigError(msg) from error
