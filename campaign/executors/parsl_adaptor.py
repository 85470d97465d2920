"""Parsl's HighThroughputExecutor as an `ExecutorAdaptor`."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import psutil
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
        self._workers = self._kernel.executors[POOL]
        self._workers.scale_out_facade(1)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run ``function(*arguments)`` on a worker."""
        future: Future[Any] = self._pool.submit(function, *arguments)
        return future

    def loss(self, error: BaseException) -> Loss | None:
        """Tell a dead worker from a dead block, which is started again."""
        if isinstance(error, WorkerLost):
            return Loss.WORKER
        if not isinstance(error, ManagerLost):
            return None
        if not any(block.is_alive() for block in self._blocks()):
            self._workers.scale_out_facade(1)
        return Loss.BLOCK

    def processes(self) -> list[ProcessName]:
        """Interchange and blocks."""
        return [ProcessName.of(self._workers.interchange_proc.pid), *self._blocks()]

    def _blocks(self) -> list[ProcessName]:
        pids = map(int, self._workers.blocks_to_job_id.values())
        return [ProcessName.of(pid) for pid in pids if psutil.pid_exists(pid)]

    def shutdown(self) -> None:
        """End the blocks, then the interchange; without one, Parsl's own clean-up would hang."""
        for block in self._blocks():
            block.kill_tree()
        if self._workers.interchange_proc.poll() is None:
            self._kernel.cleanup()
        else:
            atexit.unregister(self._kernel.atexit_cleanup)
