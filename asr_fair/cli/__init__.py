"""The command line: one file per command; each reads its arguments, calls the pipeline, and prints."""

from asr_fair.cli.main import main

__all__ = ["main"]
