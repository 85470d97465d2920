"""Dask's distributed scheduler on Slurm."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import partial
from pathlib import Path
from typing import Any

from dask._task_spec import Task
from distributed import Client, Status
from distributed.scheduler import KilledWorker

from ...site_configs.dask_slurm import dask_slurm_cluster, start_block
from ...site_configs.site import Site
from ...site_configs.slurm import Pool, Slurm
from ..processes import ProcessName
from .adaptor import Loss
from .block import Block
from .dask_adaptor import log_to, stop_logging
from .pools import Load, Pools

ENTRY = "perrin.campaign.executors.block_entry dask"


async def pause(dask_worker: Any) -> None:
    """Take no more tasks; what runs goes on."""
    dask_worker.status = Status.paused


class DaskPools(Pools):
    """One scheduler for each pool; tries wait there, tied to no worker."""

    tries_per_worker = 2

    def __init__(self, site: Site, slurm: Slurm, directory: Path) -> None:
        self._seen: dict[str, float] = {}
        self._renewed: dict[str, float] = {}
        self._directory = directory / "dask"
        self._directory.mkdir(exist_ok=True)
        log_to(directory / "dask.log")
        self._clusters = {
            pool: dask_slurm_cluster(
                site,
                slurm,
                pool,
                self._directory,
                entry=ENTRY,
                environment=site.environment(),
            )
            for pool in slurm.pools
        }
        self._clients = {pool: Client(cluster) for pool, cluster in self._clusters.items()}

    def submit(
        self, pool: Pool, function: Callable[..., Any], arguments: tuple[Any, ...]
    ) -> Future[Any]:
        """Run ``function(*arguments)`` on a worker of a pool."""
        key = f"{function.__name__}-{uuid.uuid4().hex}"
        # As a producer of data it waits in the scheduler until a worker has nothing else to do.
        task = Task(key, function, *arguments, _data_producer=True)
        (remote,) = self._clients[pool].get({key: task}, [key], sync=False, retries=0)
        future: Future[Any] = Future()
        remote.add_done_callback(partial(_pass_on, future))
        return future

    def start_block(self, pool: Pool, name: str) -> Block:
        """Submit a job."""
        job, log = start_block(self._clusters[pool], name, self._directory)
        return Block(job, name, pool, log)

    def loads(self) -> dict[str, Load]:
        """Ask each scheduler for the workers it knows, whose names begin with their job."""
        workers: Counter[str] = Counter()
        busy: Counter[str] = Counter()
        for cluster in self._clusters.values():
            for address, state in list(cluster.scheduler.workers.items()):
                job = _job_of(state)
                if address not in self._seen:
                    self._seen[address] = time.monotonic()
                    self._renewed[job] = self._seen[address]
                workers[job] += 1
                busy[job] += bool(state.processing)
        return {job: Load(count, busy[job]) for job, count in workers.items()}

    def hold(self, block: Block) -> None:
        """Pause the workers of a block."""
        scheduler = self._clusters[block.pool].scheduler
        mine = [
            address
            for address, state in list(scheduler.workers.items())
            if _job_of(state) == block.job
        ]
        self._clients[block.pool].run(pause, workers=mine, wait=False)

    def loss(self, error: BaseException) -> Loss | None:
        """Tell a dead worker, whose nanny starts another, and what the scheduler has forgotten."""
        if isinstance(error, KilledWorker):
            return Loss.WORKER
        return Loss.BLOCK if isinstance(error, CancelledError) else None

    def came_back(self, block: Block, since: float) -> bool:
        """A nanny that is alive starts another worker."""
        return self._renewed.get(block.job, 0.0) > since

    def check(self) -> None:
        """Nothing can break: the schedulers are threads of the manager."""

    def processes(self) -> list[ProcessName]:
        """None: the schedulers are threads of the manager."""
        return []

    def shutdown(self) -> None:
        """Close clients and schedulers."""
        for client in self._clients.values():
            client.close()
        for cluster in self._clusters.values():
            cluster.close()
        stop_logging()


def _job_of(state: Any) -> str:
    return str(state.name).partition(".")[0]


def _pass_on(future: Future[Any], remote: Any) -> None:
    """Settle a future as its counterpart in the scheduler was settled."""
    try:
        future.set_result(remote.result())
    except BaseException as error:
        future.set_exception(error)
    finally:
        remote.release()
