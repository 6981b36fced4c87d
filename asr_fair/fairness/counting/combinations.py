"""Names of what is combined: of groups ('Scottish × woman', which can be taken apart again), of levels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from asr_fair.records import RESERVED_GROUPS

SIGN = "×"
JOINT = f" {SIGN} "
_SINGLE_SIGN = re.compile(f" (?<!{SIGN}){SIGN}(?!{SIGN}) ")


def joined(names: Iterable[str]) -> str:
    """One name for a combination. A sign inside a name is doubled: no two combinations have the same name."""
    return JOINT.join(name.replace(SIGN, SIGN + SIGN) for name in names)


def taken_apart(name: str) -> tuple[str, ...]:
    """The names that `joined` made one of."""
    return tuple(part.replace(SIGN + SIGN, SIGN) for part in _SINGLE_SIGN.split(name))


def level_name(dimension: str, control: str, level: str) -> str:
    """The name of a dimension within one level of another."""
    return f"{dimension} | {control} = {level}"


def is_reserved(name: str, parts: Sequence[str] = ()) -> bool:
    """Whether a group is of those who declined or are unknown; of `parts`, whether in any of them."""
    names = taken_apart(name) if parts else (name,)
    return any(each in RESERVED_GROUPS for each in names)
