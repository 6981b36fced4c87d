"""What the systems are on the workers of a scheduler, where other packages, weights and GPUs may be."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import CancelledError
from dataclasses import replace

from asr_fair.asr.base import EngineInfo
from asr_fair.asr.registry import describe_engine
from asr_fair.config import SystemConfig, Workers
from asr_fair.errors import WorkersGoneError
from asr_fair.run.cluster.connect import connected
from asr_fair.run.cluster.crew import DEVICE
from asr_fair.run.cluster.settings import patient_and_quiet

logger = logging.getLogger(__name__)


def describe_on_workers(systems: Sequence[SystemConfig], workers: Workers) -> dict[str, EngineInfo]:
    """Each system as a worker finds it, with the batch size of the worker that has the least free memory.

    Workers that announce a GPU are asked, else all of them. Raises what `describe_engine` raises there, and
    AsrFairError where the scheduler does not answer; WorkersGoneError where it no longer does.
    """
    with patient_and_quiet(), connected(workers, []) as client:
        there = client.scheduler_info()["workers"]
        devices = [address for address, each in there.items() if each["resources"].get(DEVICE)]
        # With nobody there yet the first one to come is asked: the cluster may grow with its work.
        asked: list[list[str] | None] = [[address] for address in devices or there]
        if not there:
            logger.warning("waiting for workers at %s: none is there", workers.scheduler)
        try:
            answers = client.gather(
                [client.submit(_describe, systems, workers=each, pure=False) for each in asked or [None]]
            )
        except CancelledError as error:
            msg = f"the Dask scheduler at {workers.scheduler} went away, or answers no more"
            raise WorkersGoneError(msg) from error
    return {
        system.name: replace(of_system[0], batch_windows=min(each.batch_windows for each in of_system))
        for system, *of_system in zip(systems, *answers, strict=True)
    }


def _describe(systems: Sequence[SystemConfig]) -> list[EngineInfo]:
    return [describe_engine(system) for system in systems]
