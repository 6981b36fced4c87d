"""What asr-fair asks of dask-cuda, on a machine without a GPU: one worker for each device, named by it.

Stands in a folder of its own, so that only a test that puts it on the path finds it.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from distributed import LocalCluster


class LocalCUDACluster(LocalCluster):  # type: ignore[misc]
    """As dask-cuda's, every worker sees all devices, its own one first."""

    def __init__(
        self,
        *,
        CUDA_VISIBLE_DEVICES: Sequence[str],  # noqa: N803 (its name there)
        device_memory_limit: None,
        **options: Any,
    ) -> None:
        if device_memory_limit is not None:
            msg = "the fake never spills"
            raise ValueError(msg)
        super().__init__(n_workers=0, processes=True, **options)
        devices = list(CUDA_VISIBLE_DEVICES)
        for place, device in enumerate(devices):
            spec = copy.deepcopy(self.new_spec)
            seen = ",".join(devices[place:] + devices[:place])
            spec["options"]["env"] = {"CUDA_VISIBLE_DEVICES": seen, "STARTED_BY": "dask-cuda"}
            self.worker_spec[device] = spec
        self.scale(len(self.worker_spec))
