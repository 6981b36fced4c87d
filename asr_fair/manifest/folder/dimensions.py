"""The dimensions of an import: which columns are tags, where their labels come from, and what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asr_fair.errors import ConfigError, Fault, FaultsError
from asr_fair.manifest.folder.answers import TagRules
from asr_fair.manifest.folder.columns import dimension_name, named, plain, role_of
from asr_fair.manifest.folder.options import FolderOptions
from asr_fair.manifest.folder.rows import Given
from asr_fair.manifest.folder.tags import Tag, read_tag
from asr_fair.manifest.sidecar import CORE_COLUMNS, DimensionSpec, Sidecar, Source
from asr_fair.records import OVERALL
from asr_fair.validation import validate_mapping
from asr_fair.wording import listed


def columns_of_dimensions(given: Given, options: FolderOptions, sidecar: Sidecar | None) -> dict[str, str]:
    """Of each dimension, the table's column. A column of neither kind that is not ignored is refused.

    Raises ConfigError and FaultsError: labels must have a source, and what a sidecar declares must be there.
    """
    name, free = given.raw.name, given.others
    ignored = {named(each, list(given.raw.frame.columns), name=name) for each in options.ignored}
    free = [column for column in free if column not in ignored]
    declared = _declared(free, sidecar, name=name) if sidecar is not None else {}
    sourced = {named(each, list(given.raw.frame.columns), name=name) for each in options.sources}
    if taken := sorted(sourced & set(given.taken.values())):
        msg = f"--source {taken[0]}: this column is the manifest's, and no label. Leave the option out"
        raise ConfigError(msg)
    columns = dict(declared)
    for column in free:
        if column in sourced and column not in declared.values():
            _add(columns, column, sidecar)
    _refuse_second(free, given)
    if unlabelled := [column for column in free if column not in columns.values()]:
        _refuse_unlabelled(unlabelled, name)
    return columns


def _refuse_second(free: Sequence[str], given: Given) -> None:
    """Refuse a second column of people's or recordings' names: it would become a label with their names."""
    for column in free:
        role = role_of(column)
        if role is not None and role in given.taken:
            taken = given.taken[role]
            msg = (
                f"{given.raw.name}: {column!r} may be {role!r}, which {taken!r} was taken for. If so: "
                f"--column {role}='{column}' --ignore '{taken}'; else --ignore '{column}'"
            )
            raise ConfigError(msg)


def _declared(free: Sequence[str], sidecar: Sidecar, *, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    faults = []
    for dimension, spec in sidecar.dimensions.items():
        fits = [column for column in free if plain(column) in (plain(dimension), plain(spec.title))]
        if fits:
            found[dimension] = fits[0]
            continue
        problem = "the sidecar declares this dimension, and the table has no such column"
        remedy = (
            "Give the column this name in the table, or take the dimension out of the sidecar. Columns left: "
            f"{', '.join(free) or 'none'}"
        )
        faults.append(Fault(name, problem, remedy, field=dimension))
    if faults:
        raise FaultsError(faults)
    return found


def _add(columns: dict[str, str], column: str, sidecar: Sidecar | None) -> None:
    dimension = dimension_name(column)
    if dimension in (*CORE_COLUMNS, OVERALL, ""):
        msg = f"the column {column!r} cannot be a label: the manifest has one of that name. Rename it"
        raise ConfigError(msg)
    if dimension in columns:
        msg = f"the columns {columns[dimension]!r} and {column!r} would both be {dimension!r}. Rename one"
        raise ConfigError(msg)
    if sidecar is not None:
        msg = (
            f"the column {column!r}: the sidecar, which is there already, does not declare it. Add under "
            f"its `dimensions`: `{dimension}: {{title: {column}, source: self_report, level: speaker}}`, "
            f"with the source and level that are true; or leave the column out: --ignore '{column}'"
        )
        raise ConfigError(msg)
    columns[dimension] = column


def _refuse_unlabelled(columns: Sequence[str], name: str) -> None:
    sources = ", ".join(source.value for source in Source)
    shown = " ".join(f"--source '{column}=self_report'" for column in columns)
    msg = (
        f"{name}: {listed([repr(column) for column in columns])}: a label must say where it comes from. For "
        f"each add its source ({sources}), as in {shown}; or leave it out: --ignore '{columns[0]}'; or, "
        f"should it say who speaks, --column speaker_id='{columns[0]}'"
    )
    raise ConfigError(msg)


def read_tags(
    given: Given,
    columns: Mapping[str, str],
    rows: Sequence[int],
    speakers: Sequence[str | None],
    options: FolderOptions,
    sidecar: Sidecar | None,
) -> dict[str, Tag]:
    """The tags of the rows that go into the manifest."""
    name = given.raw.name
    every = list(given.raw.frame.columns)
    sources = {named(column, every, name=name): source for column, source in options.sources.items()}
    several = {named(column, every, name=name): between for column, between in options.several.items()}
    bins = {named(column, every, name=name): starts for column, starts in options.bins.items()}
    lines = [int(given.raw.lines[row]) for row in rows]
    tags = {}
    for dimension, column in columns.items():
        spec = None if sidecar is None else sidecar.dimensions[dimension]
        _agree(column, spec, sources, bins)
        cells = given.raw.frame[column].tolist()
        rules = TagRules(
            source=sources.get(column, "") if spec is None else spec.source.value,
            declined=options.declined,
            blanks=options.blanks,
            separator=several.get(column),
            bins=bins.get(column),
        )
        tags[dimension] = read_tag(
            column, [cells[row] for row in rows], rules, speakers=speakers, lines=lines, declared=spec
        )
    return tags


def _agree(
    column: str, spec: DimensionSpec | None, sources: Mapping[str, str], bins: Mapping[str, Any]
) -> None:
    """Refuse what an option says against a sidecar that is there; and a source that is none, at once."""
    if spec is None:
        entry = {"title": column, "source": sources[column], "level": "speaker"}
        validate_mapping(DimensionSpec, entry, name=f"--source {column}={sources[column]}")
        return
    if sources.get(column, spec.source) != spec.source or column in bins:
        what = "which bins it has" if column in bins else f"that its source is {spec.source.value!r}"
        msg = (
            f"{column!r}: the sidecar, which is there already, says {what}. Change it there, not by an option"
        )
        raise ConfigError(msg)
