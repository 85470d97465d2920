"""Dask's distributed scheduler as an `ExecutorAdaptor`."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from distributed import Client
from distributed.scheduler import KilledWorker

from ...site_configs.dask_cluster import dask_cluster
from ...site_configs.site import Site
from ...site_configs.slurm import Pool
from ..processes import ProcessName
from .adaptor import TRIES_PER_WORKER, ExecutorAdaptor, Loss


class DaskAdaptor(ExecutorAdaptor):
    """One Dask cluster on one site. Its local workers end with the manager."""

    def __init__(self, site: Site, directory: Path) -> None:
        log_to(directory / "dask.log")
        self._site = site
        self._cluster = dask_cluster(site, directory)
        self._client = Client(self._cluster)
        self._pool = self._client.get_executor(pure=False, retries=0)

    def submit(
        self, function: Callable[..., Any], *arguments: Any, pool: Pool = Pool.WORKERS
    ) -> Future[Any]:
        """Run ``function(*arguments)`` on a worker; there is one pool for all."""
        del pool
        future: Future[Any] = self._pool.submit(function, *arguments)
        return future

    def capacity(self, pool: Pool) -> int:
        """Every worker has something to do, and something that waits."""
        del pool
        return TRIES_PER_WORKER * self._site.workers

    def loss(self, error: BaseException) -> Loss | None:
        """Tell a dead worker; its nanny starts another."""
        return Loss.WORKER if isinstance(error, KilledWorker) else None

    def processes(self) -> list[ProcessName]:
        """Return the worker processes; they notice by themselves when the manager is gone."""
        found = []
        for nanny in self._cluster.workers.values():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if nanny.pid:
                    found.append(ProcessName.of(nanny.pid))
        return found

    def shutdown(self) -> None:
        """Close client, workers and scheduler."""
        self._client.close()
        self._cluster.close()
        stop_logging()


def log_to(path: Path) -> None:
    """Send what Dask says to a file of its own."""
    stop_logging()
    logger = logging.getLogger("distributed")
    logger.handlers = [logging.FileHandler(path)]
    logger.propagate = False


def stop_logging() -> None:
    """Close the file, if there is one."""
    logger = logging.getLogger("distributed")
    for handler in logger.handlers:
        handler.close()
    logger.handlers = [logging.NullHandler()]
