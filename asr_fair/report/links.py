"""Links from a report into the browser of the same run: the contract between the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

TAG = "tag."
"""Before a dimension's name, in a parameter that asks for a group of it."""


def utterances_query(
    *,
    condition: str | None = None,
    system: str | None = None,
    kind: str | None = None,
    groups: Mapping[str, str] | None = None,
) -> str:
    """The query that asks the browser for utterances, those with the most errors first.

    `kind`: of error, as `view.query` names them. `groups`: a group by dimension. A link is a prefix and
    this: `utterances?` on the server, `utterances.html#` in an exported folder.

    >>> utterances_query(condition="clean", groups={"accent": "Irish & Scottish"})
    'condition=clean&tag.accent=Irish+%26+Scottish'
    """
    own = {"condition": condition, "system": system, "kind": kind}
    asked = {name: value for name, value in own.items() if value is not None}
    return urlencode(asked | {f"{TAG}{name}": group for name, group in (groups or {}).items()})


@dataclass(frozen=True, slots=True)
class Utterances:
    """The utterances behind a part of a report; `groups`: pairs of a dimension and a group of it."""

    condition: str
    system: str
    groups: tuple[tuple[str, str], ...] = ()

    @property
    def query(self) -> str:
        """What a link to them holds after its prefix."""
        return utterances_query(condition=self.condition, system=self.system, groups=dict(self.groups))
