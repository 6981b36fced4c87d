"""How Dask is to behave while a run goes on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import dask

PATIENCE = {"distributed.deploy.lost-worker-timeout": "1 hour"}
"""By default Dask kills a local worker for good that is not back in 15 s, as on a busy machine."""
LOUD = ("distributed", "distributed.client", "tornado.application")


@contextmanager
def patient_and_quiet() -> Iterator[None]:
    """Dask waits for workers that restart, and prints no tracebacks of connections that break.

    The driver says in words what those mean.
    """
    levels = {name: logging.getLogger(name).level for name in LOUD}
    try:
        for name in LOUD:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        with dask.config.set(PATIENCE):
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
