"""What every command prints at its end: losses and warnings on stderr, the files to open on stdout."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from asr_fair.cli.losses_text import losses_lines
from asr_fair.cli.terminal import say
from asr_fair.errors import LossError
from asr_fair.pipeline.outputs import Finished


def say_finished(finished: Finished) -> None:
    """Print warnings, losses and files; raise LossError where more was lost than allowed."""
    for warning in finished.warnings:
        say(f"warning: {warning}", err=True)
    for line in losses_lines(finished.losses):
        say(line, err=True)
    say_files(finished.files)
    if finished.excess_loss is not None:
        raise LossError(finished.excess_loss)


def say_files(files: Iterable[Path]) -> None:
    """Name the files to open."""
    say("Open:")
    for path in files:
        say(f"  {os.path.relpath(path)}")
