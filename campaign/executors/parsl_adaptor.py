"""Parsl's HighThroughputExecutor as an `ExecutorAdaptor`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from parsl.concurrent import ParslPoolExecutor
from parsl.dataflow.dflow import DataFlowKernel
from parsl.executors.high_throughput.errors import ManagerLost, WorkerLost

from ...site_configs.parsl_config import POOL, parsl_config
from ...site_configs.site import Site
from ...site_configs.slurm import Pool
from ..processes import ProcessName
from .adaptor import TRIES_PER_WORKER, ExecutorAdaptor, ExecutorError, Loss
from .parsl_cleanup import clean_up

INTERCHANGE = (sys.executable, "-m", "perrin.campaign.executors.interchange")
LARGEST_NUMBER_OF_FRUITLESS_BLOCKS = 3


def loss_of(error: BaseException) -> Loss | None:
    """Tell a dead worker from a dead block, and both from what a function raised."""
    if isinstance(error, WorkerLost):
        return Loss.WORKER
    return Loss.BLOCK if isinstance(error, ManagerLost) else None


class ParslAdaptor(ExecutorAdaptor):
    """One Parsl pool on one site."""

    def __init__(self, site: Site, directory: Path) -> None:
        self._site = site
        self._kernel = DataFlowKernel(parsl_config(site, directory, INTERCHANGE))
        self._pool = ParslPoolExecutor(dfk=self._kernel, executors=[POOL])
        self._workers = self._kernel.executors[POOL]
        self._fruitless_blocks = 0
        self._start_block()

    def _start_block(self) -> None:
        self._workers.scale_out_facade(1)
        pid = int(list(self._workers.blocks_to_job_id.values())[-1])
        self._block = ProcessName.of(pid)

    def submit(
        self, function: Callable[..., Any], *arguments: Any, pool: Pool = Pool.WORKERS
    ) -> Future[Any]:
        """Run ``function(*arguments)`` on a worker; there is one pool for all."""
        del pool
        future: Future[Any] = self._pool.submit(function, *arguments)
        future.add_done_callback(self._note_success)
        return future

    def _note_success(self, future: Future[Any]) -> None:
        if not isinstance(future.exception(), WorkerLost | ManagerLost):
            self._fruitless_blocks = 0

    def capacity(self, pool: Pool) -> int:
        """Every worker has something to do, and something that waits."""
        del pool
        return TRIES_PER_WORKER * self._site.workers

    def loss(self, error: BaseException) -> Loss | None:
        """Tell a dead worker from a dead block."""
        return loss_of(error)

    def tend(self, demand: Mapping[Pool, int]) -> bool:
        """Start a block again that died; give up on an interchange that did, or on the third."""
        del demand
        if self._workers.interchange_proc.poll() is not None:
            raise ExecutorError("Parsl's interchange died; start the campaign again")
        if self._block.is_alive():
            return False
        self._fruitless_blocks += 1
        if self._fruitless_blocks >= LARGEST_NUMBER_OF_FRUITLESS_BLOCKS:
            raise ExecutorError(
                f"{self._fruitless_blocks} blocks in a row ended without finishing a task; "
                f"the last one said: {self._last_words()}"
            )
        self._start_block()
        return True

    def _last_words(self) -> str:
        scripts = Path(self._workers.provider.script_dir)
        newest = max(scripts.glob("*.err"), key=lambda path: path.stat().st_mtime, default=None)
        return newest.read_text()[-2000:].strip() if newest else ""

    def processes(self) -> list[ProcessName]:
        """Interchange and block."""
        return [ProcessName.of(self._workers.interchange_proc.pid), self._block]

    def shutdown(self) -> None:
        """End the block, then the interchange."""
        self._block.kill_tree()
        clean_up(self._kernel, [self._workers.interchange_proc])
