"""Errors travel between processes whole."""

from __future__ import annotations

import pickle

import pytest

from asr_fair.errors import (
    AsrFairError,
    AudioError,
    Fault,
    FaultsError,
    MissingModelError,
    UnknownNameError,
)


@pytest.mark.parametrize(
    "error",
    [
        AudioError("silent", "nothing to hear"),
        FaultsError([Fault("m.csv", "is empty", line=3)]),
        UnknownNameError("engine", "wisper", ["whisper"]),
        MissingModelError("no such model"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_is_the_same_in_another_process(error: AsrFairError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert copy.__dict__ == error.__dict__
    assert copy.exit_status == error.exit_status
