"""What the systems are on the workers of a scheduler, where other packages, weights and GPUs may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from asr_fair.asr.base import EngineInfo
from asr_fair.asr.registry import describe_engine
from asr_fair.config import SystemConfig, Workers
from asr_fair.run.cluster.connect import connected
from asr_fair.run.cluster.crew import DEVICE


def describe_on_workers(systems: Sequence[SystemConfig], workers: Workers) -> dict[str, EngineInfo]:
    """Each system as a worker finds it, with the batch size of the worker that has the least free memory.

    Workers that announce a GPU are asked, else all of them. Raises what `describe_engine` raises there, and
    AsrFairError where the scheduler does not answer.
    """
    with connected(workers, []) as client:
        there = client.scheduler_info()["workers"]
        devices = [address for address, each in there.items() if each["resources"].get(DEVICE)]
        # With nobody there yet the first one to come is asked: the cluster may grow with its work.
        asked: list[list[str] | None] = [[address] for address in devices or there]
        answers = client.gather(
            [client.submit(_describe, systems, workers=each, pure=False) for each in asked or [None]]
        )
    return {
        system.name: replace(of_system[0], batch_windows=min(each.batch_windows for each in of_system))
        for system, *of_system in zip(systems, *answers, strict=True)
    }


def _describe(systems: Sequence[SystemConfig]) -> list[EngineInfo]:
    return [describe_engine(system) for system in systems]
