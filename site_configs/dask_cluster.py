"""A site as a Dask cluster."""

from __future__ import annotations

from pathlib import Path

import dask
from distributed import LocalCluster

from .dask_settings import QUIET, SCHEDULER
from .site import Site


def dask_cluster(site: Site, directory: Path) -> LocalCluster:
    """Start one pool of single-task workers on this machine, without retries.

    Parameters
    ----------
    site
        The machine.
    directory
        Where Dask keeps its scratch files.
    """
    dask.config.set(
        {
            **SCHEDULER,
            **QUIET,
            "distributed.nanny.environ": site.environment(),
            "distributed.worker.memory.terminate": False,
            "distributed.worker.memory.pause": False,
            "distributed.worker.memory.spill": False,
        }
    )
    return LocalCluster(
        n_workers=site.workers,
        threads_per_worker=1,
        processes=True,
        memory_limit=0,
        dashboard_address=":0",
        local_directory=str(directory),
    )
