"""Parsl's HighThroughputExecutor as an `ExecutorAdaptor`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from parsl.concurrent import ParslPoolExecutor
from parsl.dataflow.dflow import DataFlowKernel
from parsl.executors.high_throughput.errors import ManagerLost, WorkerLost

from ...site_configs.parsl_config import POOL, parsl_config
from ...site_configs.site import Site
from ..processes import ProcessName
from .adaptor import ExecutorAdaptor, Loss

_INTERCHANGE = (sys.executable, "-m", "perrin.campaign.executors.interchange")


class ParslAdaptor(ExecutorAdaptor):
    """One Parsl pool on one site."""

    def __init__(self, site: Site, directory: Path) -> None:
        self._kernel = DataFlowKernel(parsl_config(site, directory, _INTERCHANGE))
        self._pool = ParslPoolExecutor(dfk=self._kernel, executors=[POOL])

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run ``function(*arguments)`` on a worker."""
        future: Future[Any] = self._pool.submit(function, *arguments)
        return future

    def loss(self, error: BaseException) -> Loss | None:
        """Tell a dead worker from a dead pool of them."""
        if isinstance(error, WorkerLost):
            return Loss.WORKER
        return Loss.BLOCK if isinstance(error, ManagerLost) else None

    def processes(self) -> list[ProcessName]:
        """Interchange and blocks."""
        executor = self._kernel.executors[POOL]
        pids = [executor.interchange_proc.pid, *map(int, executor.blocks_to_job_id.values())]
        return [ProcessName.of(pid) for pid in pids]

    def shutdown(self) -> None:
        """Cancel the block and end the interchange."""
        blocks = self.processes()
        self._kernel.cleanup()
        for process in blocks:
            process.kill_tree()
