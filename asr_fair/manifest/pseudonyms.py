"""Pseudonyms by keyed hash: a name has the same one always, and only who holds the key can tell which.

A plain hash would not do: whoever has a list of names could hash it and compare.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import unicodedata
from pathlib import Path

from asr_fair.errors import ConfigError
from asr_fair.files import write_text

PRIVATE_FOLDER = "private"
"""Beside a manifest: holds what must not be handed round, and tells git to leave all of it out."""

KEY_BYTES = 32
LENGTH = 16
"""Letters and digits of a pseudonym: 80 bits, so that a million names share none (chance 4e-13)."""


def pseudonym(key: bytes, name: str, *, prefix: str = "p") -> str:
    """HMAC-SHA-256 of a name under a key, as `prefix` and 16 small letters and digits.

    Spaces around and within a name and its Unicode form (NFC, NFD) make no difference; upper and lower case
    do: 'p1a' and 'p1A' may be two people.
    """
    plain = " ".join(unicodedata.normalize("NFC", name).split())
    # The prefix is hashed too: a speaker and a recording of one name share nothing.
    digest = hmac.new(key, f"{prefix}\0{plain}".encode(), hashlib.sha256).digest()
    return prefix + base64.b32encode(digest).decode("ascii")[:LENGTH].lower()


def private_folder(manifest: Path) -> Path:
    """The folder beside a manifest for what must not be handed round."""
    return manifest.parent / PRIVATE_FOLDER


def key_path(manifest: Path) -> Path:
    """Where the key of a manifest's pseudonyms lies; one key for `ward.csv` and `ward.jsonl`."""
    return private_folder(manifest) / f"{manifest.stem}.pseudonym-key"


def read_key(manifest: Path) -> bytes | None:
    """The key of a manifest's pseudonyms; None where there is none: its names were never replaced.

    Raises ConfigError for a file that holds no key.
    """
    path = key_path(manifest)
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except ValueError:  # what is not ASCII is one, too
        key = b""
    if len(key) != KEY_BYTES:
        msg = (
            f"{path}: is not a key of asr-fair ({2 * KEY_BYTES} hexadecimal digits). Restore it from a backup"
        )
        raise ConfigError(f"{msg}; without it the same people get other pseudonyms")
    return key


def new_key() -> bytes:
    """A key that nobody can guess."""
    return secrets.token_bytes(KEY_BYTES)


def write_key(manifest: Path, key: bytes) -> Path:
    """Write a manifest's key for its owner alone (mode 600), never over another one.

    Raises ConfigError where another key is there, as when two imports begin at once.
    """
    path = key_path(manifest)
    make_private_folder(path.parent)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(key.hex() + "\n")
        path.hardlink_to(temporary)  # fails where a key is there
    except FileExistsError:
        if read_key(manifest) != key:
            msg = f"{path}: another key is there already. Import again: it will be used"
            raise ConfigError(msg) from None
    finally:
        temporary.unlink(missing_ok=True)
    return path


def make_private_folder(folder: Path) -> None:
    """Make a folder for its owner alone (mode 700) that no git repository takes in."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        write_text("# Written by asr-fair: nothing in here may be handed round.\n*\n", ignore)
