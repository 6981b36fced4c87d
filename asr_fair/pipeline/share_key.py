"""The key of a run's shared packages: whoever has it can show what a digest in them is of."""

from __future__ import annotations

import os
from pathlib import Path

from asr_fair.errors import ConfigError
from asr_fair.manifest.pseudonyms import KEY_BYTES, PRIVATE_FOLDER, make_private_folder, new_key

NAME = "share.key"
SHORTEST = 16
"""Bytes of a key that somebody brings: 128 bits, if they are random."""


def share_key(run: Path, key_file: Path | None) -> bytes:
    """The key in a file, or that of the run, which is made where there is none.

    Raises ConfigError for a file that cannot be read or is too short to be a key.
    """
    if key_file is not None:
        return _read(key_file)
    path = run / PRIVATE_FOLDER / NAME
    if not path.is_file():
        make_private_folder(path.parent)
        temporary = path.with_name(f"{NAME}.{os.getpid()}.tmp")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(new_key().hex() + "\n")
        temporary.replace(path)
    key = _read(path)
    if len(key) < 2 * KEY_BYTES:
        msg = f"{path}: is not a key of asr-fair. Restore it, or remove it: later packages get other digests"
        raise ConfigError(msg)
    return key


def _read(path: Path) -> bytes:
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror or error}. Check the path"
        raise ConfigError(msg) from error
    if len(key) < SHORTEST:
        msg = f"{path}: holds fewer than {SHORTEST} bytes, which is too short for a key. Make one at random"
        raise ConfigError(msg)
    return key
