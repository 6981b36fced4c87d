"""Small words that several commands say."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """A number and its noun: '1 speaker', '7,000 speakers'."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
