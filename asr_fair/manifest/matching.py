"""Which recording a name in a table means: loosely, but only where no other recording could be meant."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

Key = Hashable
Form = Callable[[str], Key]


@dataclass(frozen=True)
class Matches:
    """Rows and recordings, each by its position, and what joins them.

    Attributes
    ----------
    file_of : mapping of row to file
        Rows that mean one recording.
    form_of : mapping of row to text
        For the rows matched, what had to be overlooked (one of `FORMS`).
    ambiguous : mapping of row to files
        Rows that could mean several recordings, or one that another row means as well: no match.
    rows_alone, files_alone : tuple of int
        What has no counterpart at all.
    """

    file_of: Mapping[int, int]
    form_of: Mapping[int, str]
    ambiguous: Mapping[int, tuple[int, ...]]
    rows_alone: tuple[int, ...]
    files_alone: tuple[int, ...]


def match_names(
    names: Sequence[str],
    files: Sequence[str],
    *,
    endings: frozenset[str],
    whole_folders: bool = True,
    shared: bool = False,
) -> Matches:
    r"""Match names of a table with paths of files.

    Both may begin with folders (`\` counts as `/`): as far as both name any, they must agree from the right,
    unless `whole_folders` is False. A name is tried in the forms of `FORMS`, from strict to loose; the first
    one under which any file answers decides, so that an exact name is never drowned by similar ones.
    Of two rows that mean one file, the one that names it more strictly gets it; with `shared` (rows are
    segments of recordings) both do.

    Parameters
    ----------
    endings
        What a name of a recording may end in, in small letters, such as '.wav': one may be left out or be
        another one.
    """
    placed = [_parts(file) for file in files]
    found: dict[int, tuple[int, tuple[int, ...]]] = {}
    waiting = {row: _parts(name) for row, name in enumerate(names) if name.strip()}
    for level, form in enumerate(_forms(endings).values()):
        if not waiting:
            break
        by_name: dict[Key, list[int]] = defaultdict(list)
        for position, parts in enumerate(placed):
            by_name[form(parts[-1])].append(position)
        for row, parts in list(waiting.items()):
            candidates = by_name.get(form(parts[-1]), [])
            if whole_folders:
                candidates = _nearest(parts, candidates, placed, form)
            if candidates:
                found[row] = level, tuple(candidates)
                del waiting[row]
    return _settle(found, len(names), len(files), shared=shared)


AS_WRITTEN = "as written"
FORMS = (AS_WRITTEN, "Unicode form", "upper and lower case", "ending", "spaces and signs", "leading zeros")
"""What is overlooked, each with all those before it."""


def _forms(endings: frozenset[str]) -> dict[str, Form]:
    @cache
    def stem(text: str) -> str:
        folded = _folded(text)
        ending = re.search(r"\.[^.]*$", folded)
        return folded[: ending.start()] if ending and ending[0] in endings else folded

    @cache
    def parts(text: str) -> tuple[str, ...]:
        return tokens(stem(text))

    forms: tuple[Form, ...] = (
        str,
        lambda text: unicodedata.normalize("NFC", text.strip()),
        _folded,
        stem,
        parts,
        lambda text: tuple(token.lstrip("0") or "0" for token in parts(text)),
    )
    return dict(zip(FORMS, forms, strict=True))


@lru_cache(maxsize=1 << 16)
def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).casefold())


def tokens(text: str) -> tuple[str, ...]:
    """Runs of letters and runs of digits; what stands between counts only where it parts two numbers.

    'Ward7_03' and 'ward 7-03' become the same, '1-01' and '10-1' do not. A text of neither is itself.
    """
    runs: list[tuple[str, str]] = []
    apart = False
    for character in _folded(text):
        kind = {"L": "letter", "M": "letter", "N": "digit"}.get(unicodedata.category(character)[0], "")
        joins = bool(runs) and runs[-1][0] == kind and not (apart and kind == "digit")
        if not kind:
            apart = True
        elif joins:
            runs[-1] = kind, runs[-1][1] + character
            apart = False
        else:
            runs.append((kind, character))
            apart = False
    return tuple(run for _, run in runs) or (text,)


def _parts(name: str) -> tuple[str, ...]:
    parts = [part for part in name.replace("\\", "/").split("/") if part.strip() not in ("", ".")]
    return tuple(parts) or (name,)


def _nearest(
    parts: tuple[str, ...], candidates: list[int], placed: list[tuple[str, ...]], form: Form
) -> list[int]:
    """The candidates whose folders agree with the name's, and of those the ones that agree furthest.

    A file at the very place that a name says comes before one of that name in a folder.
    """
    agreeing: dict[int, int] = {}
    for position in candidates:
        pairs = list(zip(reversed(parts[:-1]), reversed(placed[position][:-1]), strict=False))
        if all(form(one) == form(other) for one, other in pairs):
            agreeing[position] = 2 * len(pairs) + (len(parts) == len(placed[position]))
    furthest = max(agreeing.values(), default=0)
    return [position for position, agreement in agreeing.items() if agreement == furthest]


def _settle(
    found: Mapping[int, tuple[int, tuple[int, ...]]], n_rows: int, n_files: int, *, shared: bool
) -> Matches:
    claims: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row, (level, files) in found.items():
        if len(files) == 1:
            claims[files[0]].append((level, row))
    file_of: dict[int, int] = {}
    for row, (level, files) in found.items():
        if len(files) > 1:
            continue
        rivals = [other for other, rival in claims[files[0]] if rival != row]
        if shared or all(other > level for other in rivals):
            file_of[row] = files[0]
    meant = {file for _, files in found.values() for file in files}
    return Matches(
        file_of=file_of,
        form_of={row: FORMS[found[row][0]] for row in file_of},
        ambiguous={row: files for row, (_, files) in found.items() if row not in file_of},
        rows_alone=tuple(row for row in range(n_rows) if row not in found),
        files_alone=tuple(file for file in range(n_files) if file not in meant),
    )
