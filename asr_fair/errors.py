"""Every error a user can cause, each with the place, the remedy and the exit status of the command."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

FAULTS_SHOWN = 10

_USER = re.compile(
    r"(?<=://)[^\s'\"@/:]*:(?!\d+/)[^\s'\"@]*@"  # no port; a secret key of S3 may hold slashes
    r"|(?<=http://)[^\s'\"/@]+@"
    r"|(?<=https://)[^\s'\"/@]+@"
)
_SIGNATURE = re.compile(
    r"(?i)([?&](?:x-(?:amz|goog)-(?:signature|credential|security-token)|awsaccesskeyid|signature|sig|"
    r"(?:access_?)?token|api_?key|password)=)[^&\s'\"]+"
)
"""Of signed URLs of S3, Google Cloud and Azure, and what web servers take for a password."""


class ExitStatus(IntEnum):
    """Exit status of every command."""

    DONE = 0
    GATE_FAILED = 1
    BAD_INPUT = 2
    GATE_CANNOT_TELL = 3
    LOSSES = 4
    DEFECT = 70


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in one place of a file: where it is, what was found, and what to do about it."""

    file: str
    problem: str
    remedy: str = ""
    line: int | None = None
    field: str | None = None
    value: object = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        parts = [place] if self.field is None else [place, self.field]
        got = "" if self.value is None else f", got {_shorten(self.value)}"
        remedy = f". {self.remedy}" if self.remedy else ""
        return f"{': '.join(parts)}: {self.problem}{got}{remedy}"


class AsrFairError(Exception):
    """An expected error: printed without a traceback; the command ends with `exit_status`."""

    exit_status = ExitStatus.BAD_INPUT

    def __reduce__(self) -> tuple[object, ...]:
        # Workers send errors to another process. By default a copy is made by calling the class with the
        # message alone, which kinds with arguments of their own do not take.
        return _copy_of, (type(self), str(self), self.__dict__)


class ConfigError(AsrFairError):
    """A configuration, a policy or a noise profile that cannot be used."""


class FaultsError(AsrFairError):
    """All faults found in one input, at once; the message shows the first ten."""

    def __init__(self, faults: Sequence[Fault], *, shown: int = FAULTS_SHOWN) -> None:
        self.faults = tuple(faults)
        lines = [str(fault) for fault in self.faults[:shown]]
        if len(self.faults) > shown:
            lines.append(f"... and {len(self.faults) - shown} more")
        super().__init__("\n".join(lines))


def raise_all(*checks: Callable[[], object]) -> None:
    """Make every check; raise FaultsError with the faults of all, the same one once."""
    faults: dict[str, Fault] = {}
    for check in checks:
        try:
            check()
        except FaultsError as error:
            faults |= {str(each): each for each in error.faults}
    if faults:
        raise FaultsError(list(faults.values()))


class AudioError(AsrFairError):
    """A recording that cannot be used; `reason` is the short code that outcomes and losses carry."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class MissingModelError(AsrFairError):
    """Model weights that are not on this machine and could not be fetched."""


class MissingPackageError(AsrFairError):
    """An optional package that is not installed; the message is the exact command that installs it."""


class UnknownNameError(AsrFairError):
    """A name that is not registered: an engine, a normaliser, a corpus, a noise profile."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, remedy: str = "") -> None:
        names = sorted(known)
        hint = f"{did_you_mean(name, names)} Known: {', '.join(names)}{remedy and f'. {remedy}'}".lstrip()
        super().__init__(f"unknown {kind} {name!r}. {hint}")


class RunConflictError(AsrFairError):
    """A run directory that another configuration made."""


class CacheError(AsrFairError):
    """A cache of transcripts that cannot be used: a run says so and goes on without it."""


class WorkersGoneError(AsrFairError):
    """The scheduler went away, or nobody is left to do the work; what was done is stored."""


class DiskFullError(AsrFairError, OSError):
    """A file that the disk, or the user's share of it, had no room for."""


class LossError(AsrFairError):
    """More recordings were lost than the configuration allows."""

    exit_status = ExitStatus.LOSSES


class GateError(AsrFairError):
    """A policy that a run does not pass: a rule fails, or one cannot be told."""

    def __init__(self, message: str, exit_status: int) -> None:
        self.exit_status = ExitStatus(exit_status)
        super().__init__(message)


class MismatchError(AsrFairError):
    """A card that does not say what its results say."""

    exit_status = ExitStatus.GATE_FAILED


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str = "", cutoff: float = 0.6) -> str:
    """A hint for a name that is not there: the known one that is nearest, or `otherwise` where none is near.

    `cutoff`: least similarity, of 0 to 1, as `difflib` counts it.
    """
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f"Did you mean {near[0]!r}?" if near else otherwise


def _copy_of(kind: type[AsrFairError], message: str, attributes: dict[str, object]) -> AsrFairError:
    error = kind.__new__(kind, message)
    error.__dict__.update(attributes)
    return error


def holds_secret(url: str) -> bool:
    """Whether a URL holds a user, a password, or the signature of one that was signed for somebody."""
    return _USER.search(url) is not None or _SIGNATURE.search(url) is not None


def without_secrets(text: str) -> str:
    """`text` with the users, passwords and signatures of its URLs blotted out."""
    return _SIGNATURE.sub(r"\1***", _USER.sub("***@", text))


def _shorten(value: object, limit: int = 80) -> str:
    text = without_secrets(repr(value))
    return text if len(text) <= limit else text[: limit - 3] + "..."
