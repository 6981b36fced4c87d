"""The part of a file that a request asks for (RFC 9110, section 14): players seek with it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `start` up to, but without, `stop`, of `size` bytes."""

    start: int
    stop: int
    size: int

    @property
    def content_range(self) -> str:
        """The header that tells which part it is."""
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


class UnsatisfiableError(ValueError):
    """A range that begins behind the end."""


def asked_span(header: str | None, size: int) -> Span | None:
    """The span that a Range header asks for; None where the whole is to be sent.

    That is so without a header, and for one of several ranges or of another form, which a server may ignore.

    >>> asked_span("bytes=2-", 10)
    Span(start=2, stop=10, size=10)
    >>> asked_span("bytes=-3", 10).content_range
    'bytes 7-9/10'
    """
    match = _ONE_RANGE.fullmatch(header or "")
    if match is None:
        return None
    first, last = match.groups()
    if not first:
        if not last:
            return None
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return None
    if start >= size:
        msg = f"bytes */{size}"
        raise UnsatisfiableError(msg)
    return Span(start, stop, size)
