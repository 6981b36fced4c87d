"""Who may ask: hosts and origins by which the server is known, and a token beyond loopback.

A page elsewhere can make a browser send requests here, and a name elsewhere can be made to point here (DNS
rebinding). Both show in the headers of a request, which scripts cannot change.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"localhost"})


@dataclass(frozen=True, slots=True)
class Guard:
    """What a request must bring: a host that is ours, no foreign origin, and the token where there is one."""

    names: frozenset[str]
    any_address: bool
    """Whether a host may be any IP address: no name stands between it and this machine."""
    token: str | None = None

    @classmethod
    def of(cls, host: str, token: str | None) -> Guard:
        """The guard of a server that is bound to `host`."""
        if is_loopback(host):
            return cls(LOOPBACK_NAMES, any_address=False, token=token)
        own = {socket.gethostname(), socket.getfqdn(), host}
        return cls(LOOPBACK_NAMES | {name.lower() for name in own}, any_address=True, token=token)

    def refusal(self, headers: Mapping[str, str]) -> str | None:
        """Why a request is refused for where it comes from; None where it is not."""
        host = headers.get("Host", "")
        if not self._is_ours(host):
            return "this server is not known by that host name"
        origin = headers.get("Origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return "pages of other origins may not ask here"
        foreign = headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
        # A link from elsewhere is followed in a window of its own, never in a frame of the other page.
        is_link = headers.get("Sec-Fetch-Mode") == "navigate"
        if foreign and not (is_link and headers.get("Sec-Fetch-Dest", "document") == "document"):
            return "pages of other origins may not embed what is here"
        return None

    def admits(self, token: str | None) -> bool:
        """Whether a token opens the server; without one of its own, it is open."""
        if self.token is None:
            return True
        return token is not None and hmac.compare_digest(token.encode(), self.token.encode())

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self.names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return self.any_address or address.is_loopback


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that is bound to `host`."""
    if host.lower() in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def new_token() -> str:
    """A token that nobody guesses: 256 random bits."""
    return secrets.token_urlsafe(32)
