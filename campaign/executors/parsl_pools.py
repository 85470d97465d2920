"""Parsl's HighThroughputExecutor on Slurm."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from parsl.concurrent import ParslPoolExecutor
from parsl.dataflow.dflow import DataFlowKernel

from ...site_configs.parsl_slurm import parsl_slurm_config, start_block
from ...site_configs.site import Site
from ...site_configs.slurm import Pool, Slurm
from ..processes import ProcessName
from .adaptor import ExecutorError, Loss
from .block import Block
from .parsl_adaptor import INTERCHANGE, loss_of
from .parsl_answers import answers, limit_questions
from .parsl_cleanup import clean_up
from .pools import Load, Pools

UNKNOWN = "unknown"
ENTRY = (sys.executable, "-m", "perrin.campaign.executors.block_entry", "parsl")


class ParslPools(Pools):
    """One HighThroughputExecutor per pool; tries wait in the interchange, tied to no worker."""

    tries_per_worker = 2

    def __init__(self, site: Site, slurm: Slurm, directory: Path) -> None:
        config = parsl_slurm_config(
            site,
            slurm,
            directory,
            interchange=INTERCHANGE,
            entry=ENTRY,
            environment=site.environment(),
        )
        self._kernel = DataFlowKernel(config)
        self._executors = {pool: self._kernel.executors[pool.value] for pool in slurm.pools}
        for executor in self._executors.values():
            limit_questions(executor)
        self._fronts = {
            pool: ParslPoolExecutor(dfk=self._kernel, executors=[pool.value])
            for pool in slurm.pools
        }

    def submit(
        self, pool: Pool, function: Callable[..., Any], arguments: tuple[Any, ...]
    ) -> Future[Any]:
        """Run ``function(*arguments)`` on a worker of a pool."""
        future: Future[Any] = self._fronts[pool].submit(function, *arguments)
        return future

    def start_block(self, pool: Pool, name: str) -> Block:
        """Submit a job."""
        job, log = start_block(self._executors[pool], name)
        return Block(job, name, pool, log)

    def loads(self) -> dict[str, Load]:
        """Ask each interchange for the worker pools it knows."""
        workers: Counter[str] = Counter()
        tasks: Counter[str] = Counter()
        for executor in self._executors.values():
            with answers():
                managers = executor.connected_managers()
            for manager in managers:
                job = str(executor.blocks_to_job_id.get(manager["block_id"], UNKNOWN))
                workers[job] += manager["worker_count"]
                tasks[job] += manager["tasks"]
        return {job: Load(count, min(count, tasks[job])) for job, count in workers.items()}

    def hold(self, block: Block) -> None:
        """Have the interchange pass over a block."""
        executor = self._executors[block.pool]
        with answers():
            executor._hold_block(executor.job_ids_to_block[block.job])

    def loss(self, error: BaseException) -> Loss | None:
        """Tell a dead worker from a dead block."""
        return loss_of(error)

    def came_back(self, block: Block, since: float) -> bool:
        """It was the pool of the block that told of the loss: it is alive if it is still there."""
        del since
        return block.workers > 0

    def check(self) -> None:
        """Give up on an interchange that died."""
        if any(
            executor.interchange_proc.poll() is not None for executor in self._executors.values()
        ):
            raise ExecutorError("Parsl's interchange died; start the campaign again")

    def processes(self) -> list[ProcessName]:
        """Interchanges."""
        return [ProcessName.of(e.interchange_proc.pid) for e in self._executors.values()]

    def shutdown(self) -> None:
        """End the interchanges."""
        clean_up(self._kernel, [e.interchange_proc for e in self._executors.values()])
