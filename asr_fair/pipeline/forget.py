"""`forget`: somebody taken out of a manifest and of everything that was made from it.

The order is that of a second call after a first one that was killed: whatever names the person's utterances
is written after everything that they must be looked up for, and the manifest last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from asr_fair.errors import AsrFairError
from asr_fair.files import locked, write_text
from asr_fair.manifest.model import Manifest
from asr_fair.manifest.rewrite import replace_content
from asr_fair.manifest.sidecar import Use, sidecar_path
from asr_fair.pipeline.evaluate import Evaluation, evaluate
from asr_fair.pipeline.evaluate_again import evaluation_again, without_utterances
from asr_fair.pipeline.evaluations import names_digest
from asr_fair.pipeline.forget_cache import forget_in_caches
from asr_fair.pipeline.forget_person import Person, utterances_in_run
from asr_fair.pipeline.forget_tables import holds, take_out
from asr_fair.pipeline.handing_out import public_for_card
from asr_fair.pipeline.provenance import (
    COUNTS_NAME,
    EXPORT_MARK,
    RECORD_NAME,
    Forgotten,
    RunRecord,
    now,
    read_record,
)
from asr_fair.pipeline.share import packages_in
from asr_fair.pipeline.stored_audio import AUDIO_NAME, write_audio_facts
from asr_fair.pipeline.stored_run import MANIFEST_NAME, RESULTS_NAME, StoredRun, write_manifest_copy
from asr_fair.progress import Progress, no_progress
from asr_fair.report import write_report
from asr_fair.report.card.check import CARD_NAMES
from asr_fair.report.compare.write import JSON_NAME

MADE_AGAIN = (RESULTS_NAME, "report.html", *CARD_NAMES)
OWN_FILES = {
    RECORD_NAME,
    MANIFEST_NAME,
    sidecar_path(Path(MANIFEST_NAME)).name,
    COUNTS_NAME,
    AUDIO_NAME,
    *MADE_AGAIN,
    "results.schema.json",
    "batches.parquet",
    "renders.parquet",
    "timings.parquet",
    ".lock",
}
OWN_FOLDERS = {"transcripts", "renders", "timings", "tables", "private", "probes"}


@dataclass(frozen=True)
class RunWithout:
    """A run without the person: files that were made again, and what somebody must still look at.

    `not_analysed`: why its report is gone and none took its place; None where one did. `heard_in`: conditions
    in which others were transcribed beside the voice. `others`: files in the folder that were made earlier,
    by other commands or by hand.
    """

    folder: Path
    files: tuple[Path, ...]
    not_analysed: str | None
    heard_in: tuple[str, ...]
    others: tuple[Path, ...]


def forget(
    person: Person, *, delete_audio: bool = False, progress: Progress = no_progress
) -> tuple[RunWithout, ...]:
    """Take somebody out of all that was found of them; a second call finishes what a first one began.

    Raises RunConflictError, before anything is touched there, where another process writes into a run, and
    ConfigError, before any run is touched, for a cache that is in use: only runs know whom to look for there.
    """
    forget_in_caches([each.folder for each in person.caches], person.sounds)
    done = []
    for number, folder in enumerate(person.runs):
        progress("runs", number, len(person.runs))
        with locked(folder):
            done.append(_forget_in_run(folder, person))
    progress("runs", len(person.runs), len(person.runs))
    for table in person.transcripts:
        replace_content(table.path, table.content)
    if delete_audio:
        for path in person.audio:
            path.unlink(missing_ok=True)
    replace_content(person.manifest.path, person.manifest.content)
    return tuple(done)


def _forget_in_run(folder: Path, person: Person) -> RunWithout:
    for leftover in (*folder.glob("*.tmp"), *folder.glob("*/*.tmp")):
        leftover.unlink()
    stored = StoredRun(folder, read_record(folder / RECORD_NAME))
    if not (folder / MANIFEST_NAME).is_file():  # stopped before anybody was transcribed
        _write_record(folder, _with_manifest(stored.record, person))
        return RunWithout(folder, (), None, (), tuple(_others(folder)))
    # A manifest that was changed since may have held other utterances of the person when it was run.
    ids = person.ids | utterances_in_run(folder, person.speaker)
    kept = without_utterances(stored.manifest, ids, digest=_digest(stored.record, person))
    is_done = len(kept.table) == len(stored.manifest.table) and not holds(folder, ids)
    if is_done and stored.record.identity.get("manifest") != person.before:
        return RunWithout(folder, (), None, (), tuple(_others(folder)))
    record = _with_audio(stored, _with_manifest(stored.record, person), kept)
    evaluation, why = _evaluation(stored, kept, record)
    heard_in = take_out(folder, ids, person.cluster)
    record = _with_names(record, evaluation)
    if stored.record.identity.get("manifest") != person.after or person.before == person.after:
        record = _noted(record, heard_in)  # else a call that was stopped noted it
    files: tuple[Path, ...] = ()
    if evaluation is None:
        _remove_made(folder, ())
    else:
        results = evaluate(replace(evaluation, record=record), folder)
        public = public_for_card(StoredRun(folder, record), results=results, manifest=kept)
        files = tuple(write_report(results, public, folder))
        _remove_made(folder, files)
    _write_record(folder, record)
    write_manifest_copy(kept, folder)
    return RunWithout(folder, files, why, heard_in, tuple(_others(folder)))


def _evaluation(stored: StoredRun, kept: Manifest, record: RunRecord) -> tuple[Evaluation | None, str | None]:
    """What is to be analysed, or why nothing can be: figures that hold the person go all the same."""
    if not (stored.folder / RESULTS_NAME).is_file():
        return None, None
    try:
        stored.require(Use.EVALUATE, why="it would be analysed again")
        return evaluation_again(stored, manifest=kept, record=record), None
    except AsrFairError as error:
        return None, str(error)


def _digest(record: RunRecord, person: Person) -> str:
    """The manifest's digest that a run is to know: of one that was changed since, still the old one."""
    known = record.identity["manifest"]
    return person.after if known in (person.before, person.after) else known


def _with_manifest(record: RunRecord, person: Person) -> RunRecord:
    """The record that knows the files without the person, so that the same command continues the run."""
    identity = {**record.identity, "manifest": _digest(record, person)}
    source = Path(str(record.configuration.get("transcripts", "")))
    for table in person.transcripts:
        if source == table.path and identity.get("transcripts") == table.before:
            identity["transcripts"] = table.after
    return record.model_copy(update={"identity": identity})


def _with_audio(stored: StoredRun, record: RunRecord, kept: Manifest) -> RunRecord:
    """The record with the digest of the recordings that are left, whose facts are kept beside it."""
    if record.kind != "run":
        return record
    from asr_fair.pipeline.evaluate_again import audio_of
    from asr_fair.pipeline.prepare import audio_digest

    known = (stored.folder / AUDIO_NAME).is_file()
    everybody = audio_of(stored, stored.manifest)
    wanted = set(kept.table["utterance_id"])
    left = {key: facts for key, facts in everybody.items() if key in wanted}
    # Decoded again they may be others than were heard: then the run stays one of the old ones.
    if not known and audio_digest(everybody) != record.identity.get("audio"):
        return record
    write_audio_facts(left.values(), stored.folder)
    return record.model_copy(update={"identity": {**record.identity, "audio": audio_digest(left)}})


def _with_names(record: RunRecord, evaluation: Evaluation | None) -> RunRecord:
    """The record with the normalisers of who is left, and with what handed-in transcripts still hold."""
    if evaluation is None:
        return record
    identity = {**record.identity, "normalisers": names_digest(evaluation.normalisers)}
    versions = {each.name: each.version for each in evaluation.normalisers}
    update: dict[str, object] = {"identity": identity, "normaliser_versions": versions}
    if record.kind == "score":
        identity["systems"] = names_digest(evaluation.systems)
        update["systems"] = evaluation.systems
        update["conditions"] = {each.name: None for each in evaluation.conditions}
    return record.model_copy(update=update)


def _noted(record: RunRecord, heard_in: tuple[str, ...]) -> RunRecord:
    """The record with the day, and without the name."""
    note = Forgotten(at=now(), heard_in=heard_in)
    return record.model_copy(update={"forgotten": (*record.forgotten, note)})


def _write_record(folder: Path, record: RunRecord) -> None:
    write_text(record.model_dump_json(indent=1) + "\n", folder / RECORD_NAME)


def _remove_made(folder: Path, again: Collection[Path]) -> None:
    """Remove what was made with the person and not made again."""
    made = [*(folder / name for name in MADE_AGAIN), *(folder / "tables").glob("*")]
    kept = {folder / RESULTS_NAME, *again} if again else set()
    for path in made:
        if path not in kept:
            path.unlink(missing_ok=True)


def _others(folder: Path) -> Iterator[Path]:
    """Files that are no part of the run but stand in its folder; beside it what may be made of it."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        own = inside[0] in (OWN_FOLDERS if len(inside) > 1 else OWN_FILES)
        if path.is_file() and not own:
            yield path
    beside = folder.resolve().parent
    for name in (JSON_NAME, EXPORT_MARK):
        yield from sorted(beside.glob(f"*/{name}"))
    yield from packages_in(beside)
