"""`report --share`: a package of results that may leave the house."""

from __future__ import annotations

import hashlib
import hmac
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from asr_fair.errors import ConfigError
from asr_fair.fairness.results import Results
from asr_fair.files import replacing, write_folder
from asr_fair.manifest.sidecar import Use
from asr_fair.pipeline.handing_out import has_codes, people_of_run
from asr_fair.pipeline.provenance import RunRecord, now
from asr_fair.pipeline.rendered import clipping_warnings
from asr_fair.pipeline.share_key import share_key
from asr_fair.pipeline.stored_run import RESULTS_NAME, StoredRun, open_run
from asr_fair.report.handed_out.groups import fewest_people
from asr_fair.report.handed_out.results import hand_out
from asr_fair.report.share.package import MANIFEST_NAME, as_zip, files_listed, is_package, package_files

ZIP = ".zip"
FOLDER_IN_ZIP = "shared"
SHORTEST_NAME = 8
"""Letters: shorter ids are words that a page may well hold, such as an accent's name."""
_TOKEN = re.compile(r"[\w@-]+(?:\.[\w@-]+)*")


def share(
    run: Path, to: Path, *, min_speakers: int | None = None, key_file: Path | None = None
) -> tuple[Path, ...]:
    """Write the package of a run as a folder, or as one file where `to` ends in .zip; whole or not at all.

    Parameters
    ----------
    min_speakers
        Fewest people whom a figure may rest on, at least 5; those of the plan's card unless given.
    key_file
        What digests are made under; a key of the run's own, in its folder `private`, unless given.

    Raises ConfigError where the people recorded did not agree to share results, where nothing may be shown,
    where `to` holds something else, and where a name of the data would stand in the package.
    """
    stored = open_run(run)
    stored.require(Use.SHARE_RESULTS, why="a package of its results was asked for")
    results = stored.results
    k = fewest_people(results.plan.thresholds, min_speakers)
    _refuse_other_content(to)
    people = people_of_run(stored)
    if people is None or people.are_few(people.everyone, k):
        msg = f"{run}: fewer than {k} people are known to have said anything, so that nothing may be shared"
        raise ConfigError(msg)
    key = share_key(run, key_file)
    public = hand_out(
        results,
        people,
        k=k,
        keyed=partial(_keyed, key),
        codes=has_codes(stored),
        voices_in=_with_voices(stored.record, results),
        warnings=clipping_warnings(results.conditions),
    )
    # Through the schema: what was put together is what the file promises to be.
    public = Results.model_validate(public.model_dump())
    made_at = now()
    package_id = _keyed(key, hashlib.sha256((run / RESULTS_NAME).read_bytes()).hexdigest())[:16]
    files = package_files(public, now=made_at, package_id=package_id)
    _refuse_names(files, stored)
    if to.suffix.lower() == ZIP:
        to.parent.mkdir(parents=True, exist_ok=True)
        with replacing(to) as temporary:
            temporary.write_bytes(as_zip(files, folder=FOLDER_IN_ZIP, now=made_at))
        return (to,)
    write_folder(files, to)
    return tuple(to / name for name in files)


def packages_in(folder: Path) -> Iterator[Path]:
    """Shared packages in a folder: archives, and the lists of those that are folders."""
    for listed in sorted(folder.glob(f"*/{MANIFEST_NAME}")):
        if is_package(listed.read_bytes()):
            yield listed
    for path in sorted(folder.glob(f"*{ZIP}")):
        with suppress(zipfile.BadZipFile, KeyError, OSError), zipfile.ZipFile(path) as archive:
            if is_package(archive.read(f"{FOLDER_IN_ZIP}/{MANIFEST_NAME}")):
                yield path


def _keyed(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()


def _with_voices(record: RunRecord, results: Results) -> set[str]:
    """Conditions in which speakers of the data are heard."""
    babbling = {
        recipe.get("id")
        for recipe in record.recipes
        if any(source.get("kind") == "babble" for source in recipe.get("sources", ()))
    }
    return {each.name for each in results.conditions if each.profile in babbling}


def _refuse_other_content(to: Path) -> None:
    """Raise ConfigError where writing there would replace anything but an earlier package."""
    if to.suffix.lower() == ZIP:
        if to.is_dir():
            msg = f"{to}: is a folder. Name a file, or a folder without {ZIP}"
            raise ConfigError(msg)
        return
    if not to.exists() or (to.is_dir() and not any(to.iterdir())):
        return
    listed = to / MANIFEST_NAME
    if not (listed.is_file() and is_package(listed.read_bytes())):
        msg = f"{to}: holds something else. Name a new folder"
        raise ConfigError(msg)
    there = {path.relative_to(to).as_posix() for path in to.rglob("*") if path.is_file() or path.is_symlink()}
    if added := sorted(there - files_listed(listed.read_bytes()) - {MANIFEST_NAME}):
        msg = f"{to}: holds {added[0]!r}, which is not of the package there. Move it, or name a new folder"
        raise ConfigError(msg)


def _refuse_names(files: Mapping[str, bytes], stored: StoredRun) -> None:
    """Raise ConfigError where an identifier or a place of the data stands in a file.

    Titles and descriptions are somebody's words, and all that was not made by this project.
    """
    names, places = _names(stored), _places(stored)
    for file, content in files.items():
        text = content.decode("utf-8")
        found = [each for each in places if each in text] or sorted(names.intersection(_TOKEN.findall(text)))
        if found:
            msg = (
                f"{file} would hold {found[0]!r}, which names somebody or a place of the data. Take it out "
                "of the titles, descriptions and names in the manifest's sidecar and in the configuration, "
                "run or score again, and share then"
            )
            raise ConfigError(msg)


def _names(stored: StoredRun) -> set[str]:
    """Identifiers long enough to be nothing else."""
    table = stored.manifest.table
    names = {name for column in ("utterance_id", "speaker_id", "cluster") for name in table[column].dropna()}
    for path in table["audio"].dropna():
        names |= {Path(path).name, Path(path).stem}
    return {name for name in names if len(name) >= SHORTEST_NAME}


def _places(stored: StoredRun) -> list[str]:
    """Folders and files of this machine, as they would stand in a text."""
    return [place for place in dict.fromkeys(_all_places(stored)) if place.count("/") > 1]


def _all_places(stored: StoredRun) -> Iterator[str]:
    yield str(Path.home())
    yield str(stored.folder.resolve())
    for value in stored.record.configuration.values():
        if isinstance(value, str) and value.startswith("/"):
            yield value
            yield str(Path(value).parent)
    yield from {str(Path(path).parent) for path in stored.manifest.table["audio"].dropna()}
