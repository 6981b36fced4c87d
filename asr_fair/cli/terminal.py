"""How commands print: names of strangers move no cursor, colour nothing and command no CI runner."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import click

_OTHER_ENDS = re.compile("[\r\u2028\u2029]")
_COMMAND_OF_A_RUNNER = re.compile(r"##(?=\w*\[)")
"""##[error], ##vso[task.setvariable ...]: GitHub's and Azure's runners look for these anywhere in a line."""
_COMMAND_AT_THE_START = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
"""::error::, which GitHub's runner looks for at the beginning of a line."""


def say(message: object = "", *, err: bool = False) -> None:
    """Print lines on stdout, or on stderr."""
    click.echo(safe(str(message)), err=err)


def safe(text: str) -> str:
    """Lines without control characters and turns of direction, none of which is a command to a CI runner."""
    from asr_fair.report.printable import REPLACEMENT, visible  # a report takes a while to load

    seen = _OTHER_ENDS.sub(REPLACEMENT, visible(text))
    return _COMMAND_AT_THE_START.sub(r"\1: ", _COMMAND_OF_A_RUNNER.sub("# #", seen))


def aligned(rows: Sequence[Sequence[str]], *, left: Sequence[int]) -> Iterator[str]:
    """Columns as wide as their widest cell; those in `left` begin, others end, at one place."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  " + "  ".join(cells).rstrip()
