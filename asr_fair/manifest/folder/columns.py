"""Which column of somebody's table is which of the manifest's."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence

from asr_fair.errors import ConfigError, UnknownNameError
from asr_fair.manifest.sidecar import CORE_COLUMNS
from asr_fair.wording import listed

MEANT = {
    "audio": (
        *("audio_file", "audio_path", "audio_filename", "file", "filename", "filepath", "path", "recording"),
        *(
            "recording_file",
            "sound",
            "sound_file",
            "wav",
            "wav_file",
            "clip",
            "datei",
            "dateiname",
            "aufnahme",
        ),
    ),
    "reference": (
        *(
            "ref",
            "reference_text",
            "text",
            "transcript",
            "transcription",
            "sentence",
            "words",
            "what_was_said",
        ),
        *("transkript", "transkription", "satz"),
    ),
    "speaker_id": (
        *("speaker", "spk", "spk_id", "spkr", "speaker_name", "client_id", "participant", "participant_id"),
        *("person", "person_id", "subject", "subject_id", "patient", "patient_id", "sprecher", "sprecherin"),
    ),
    "utterance_id": ("utterance", "utt", "utt_id", "segment_id"),
    "start_s": ("start_seconds",),
    "duration_s": ("duration_seconds",),
    "language": ("lang", "language_code"),
}
"""Other names that people give the manifest's columns; each column answers to its own name, too."""


def take_columns(columns: Sequence[str], chosen: Mapping[str, str], *, name: str) -> dict[str, str]:
    """For each of the manifest's columns that the table has, the table's name of it.

    `chosen` comes before what the names suggest: of a column of the manifest to one of the table.
    Raises UnknownNameError for either where there is none, ConfigError where several could be meant.
    """
    taken: dict[str, str] = {}
    for role, column in chosen.items():
        if role not in CORE_COLUMNS:
            raise UnknownNameError("--column", role, CORE_COLUMNS)
        taken[role] = named(column, columns, name=name)
    for role in CORE_COLUMNS:
        if role in taken:
            continue
        free = [column for column in columns if column not in taken.values()]
        own = [column for column in free if plain(column) == plain(role)]
        meant = {plain(each) for each in MEANT.get(role, ())}
        fits = own or [column for column in free if plain(column) in meant]
        if len(fits) > 1:
            msg = (
                f"{name}: {listed([repr(each) for each in fits])} could each be the manifest's {role!r}. "
                f"Say which: --column {role}='{fits[0]}'"
            )
            raise ConfigError(msg)
        if fits:
            taken[role] = fits[0]
    return taken


def role_of(column: str) -> str | None:
    """The column of the manifest that a name usually means; None for any other name."""
    for role in CORE_COLUMNS:
        if plain(column) in {plain(role), *(plain(each) for each in MEANT.get(role, ()))}:
            return role
    return None


def named(wanted: str, columns: Sequence[str], *, name: str) -> str:
    """The table's column of a name, loosely. Raises ConfigError where there is none or not just one."""
    if wanted in columns:
        return wanted
    fits = [column for column in columns if plain(column) == plain(wanted)]
    if len(fits) == 1:
        return fits[0]
    near = difflib.get_close_matches(plain(wanted), [plain(column) for column in columns], n=1)
    hint = next((f" Did you mean {each!r}?" for each in columns if plain(each) in near), "")
    msg = f"{name}: no column {wanted!r}.{hint} Columns: {', '.join(columns)}"
    raise ConfigError(msg)


def plain(name: str) -> str:
    """A column's name as its letters and digits: 'Speaker ID' and 'speaker_id' are one."""
    return "".join(_words(name))


def dimension_name(column: str) -> str:
    """What a tag is called in files: 'First language' becomes 'first_language'."""
    return "_".join(_words(column))


def _words(name: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", name).casefold()
    # Marks are parts of letters, as in Devanagari.
    return "".join(each if unicodedata.category(each)[0] in "LMN" else " " for each in folded).split()
