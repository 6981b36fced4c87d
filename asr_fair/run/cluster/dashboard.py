"""Where Dask's own pages can be seen: what each worker does, as it does it."""

from __future__ import annotations

import http.client
from contextlib import closing

from distributed import Client
from distributed.comm import get_address_host

HERE = "127.0.0.1"
"""Where the dashboard of our own workers listens: it has no password, and is nobody else's business."""
ANSWER_S = 3
PAGE = "/status"


def dashboard_of(client: Client) -> str | None:
    """The address of the scheduler's dashboard; None where none is served, or none to this machine.

    Asked, not believed: Dask names a port without bokeh, too, and another host than it listens on.
    """
    port = client.scheduler_info(n_workers=0)["services"].get("dashboard")
    if port is None:
        return None
    host = HERE if client.cluster is not None else get_address_host(client.scheduler.address)
    # Not by a proxy of the environment: a scheduler is near, and the proxy would be told of it.
    with closing(http.client.HTTPConnection(host, port, timeout=ANSWER_S)) as connection:
        try:
            connection.request("GET", PAGE)
            serves = connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return None
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{PAGE}" if serves else None
