"""Reader of CTranslate2's `model.bin`: named arrays, mapped from the file without copying it.

The layout is what `ctranslate2.specs.ModelSpec.save` writes (binary version 6), little-endian: u32
version, the spec's name, u32 revision, u32 number of variables; per variable its name, u8 rank, u32
dimensions, u8 type, u32 bytes and the data; then u32 number of aliases and pairs of names. A name is
u16 length and bytes, the closing zero counted.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_fair.errors import ConfigError

BINARY_VERSION = 6
_CONVERT_AGAIN = "Convert the model again with ct2-transformers-converter, or copy the file again"
_BFLOAT16 = 5
_DTYPES = {0: "<f4", 1: "i1", 2: "<i2", 3: "<i4", 4: "<f2", _BFLOAT16: "<u2"}


@dataclass(frozen=True, slots=True)
class CTranslate2Model:
    """What a `model.bin` holds: the spec's name and its variables, aliases among them."""

    spec: str
    variables: dict[str, NDArray[Any]]


def read_model(path: Path) -> CTranslate2Model:
    """Map the `model.bin` at `path`; its arrays are read-only views of the file."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""
    return parse_model(memoryview(mapped), name=str(path))


def parse_model(content: memoryview, *, name: str) -> CTranslate2Model:
    """The model in the bytes of a `model.bin`.

    Raises ConfigError, with `name`, for another binary version and for a file that is cut short or is
    something else.
    """
    try:
        return _parse(_Cursor(content), name)
    except (struct.error, UnicodeDecodeError, ValueError, KeyError) as error:
        msg = f"{name}: is not a complete CTranslate2 model.bin ({error}). {_CONVERT_AGAIN}"
        raise ConfigError(msg) from error


class _Cursor:
    """Reads one value after the other."""

    def __init__(self, content: memoryview) -> None:
        self._content = content
        self._at = 0

    def number(self, code: str) -> int:
        value: int
        (value,) = struct.unpack_from(f"<{code}", self._content, self._at)
        self._at += struct.calcsize(f"<{code}")
        return value

    def take(self, n_bytes: int) -> memoryview:
        taken = self._content[self._at : self._at + n_bytes]
        if len(taken) < n_bytes:
            msg = f"it ends at byte {len(self._content):,}, {n_bytes - len(taken):,} bytes early"
            raise ValueError(msg)
        self._at += n_bytes
        return taken

    def text(self) -> str:
        return bytes(self.take(self.number("H"))[:-1]).decode()


def _parse(cursor: _Cursor, name: str) -> CTranslate2Model:
    version = cursor.number("I")
    if version != BINARY_VERSION:
        msg = f"{name}: CTranslate2 binary version {version}, needs {BINARY_VERSION}. {_CONVERT_AGAIN}"
        raise ConfigError(msg)
    spec = cursor.text()
    cursor.number("I")  # the spec's revision
    variables = dict(_variable(cursor) for _ in range(cursor.number("I")))
    for _ in range(cursor.number("I")):
        alias, original = cursor.text(), cursor.text()
        variables[alias] = variables[original]
    return CTranslate2Model(spec, variables)


def _variable(cursor: _Cursor) -> tuple[str, NDArray[Any]]:
    name = cursor.text()
    shape = tuple(cursor.number("I") for _ in range(cursor.number("B")))
    type_id, n_bytes = cursor.number("B"), cursor.number("I")
    dtype = np.dtype(_DTYPES[type_id])
    if n_bytes != prod(shape) * dtype.itemsize:
        msg = f"{name}: {n_bytes:,} bytes do not hold {dtype} of shape {shape}"
        raise ValueError(msg)
    array: NDArray[Any] = np.frombuffer(cursor.take(n_bytes), dtype).reshape(shape)
    if type_id == _BFLOAT16:  # the upper half of a float32; NumPy has no such type
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return name, array
