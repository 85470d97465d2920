"""A Slurm site as Dask clusters."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import dask
from dask_jobqueue import SLURMCluster
from distributed import Security

from . import slurm_queue
from .dask_settings import QUIET, SCHEDULER, environment_variables
from .job_script import header_options, prologue
from .scheduler_lines import PREFIX
from .site import Site
from .slurm import Pool, Slurm
from .slurm_queue import QueueError


def dask_slurm_cluster(
    site: Site,
    slurm: Slurm,
    pool: Pool,
    directory: Path,
    *,
    entry: str,
    environment: Mapping[str, str],
) -> SLURMCluster:
    """Start the scheduler of one pool, without blocks and without retries.

    Parameters
    ----------
    site, slurm
        The cluster.
    pool
        Which of its pools.
    directory
        Gets the certificates without which nobody can talk to the scheduler; nodes must see it.
    entry
        Module, and its arguments, that becomes the worker on a node.
    environment
        Variables of every worker.
    """
    shape, workers = slurm.pools[pool], site.workers_per_node(pool)
    dask.config.set(
        {
            **SCHEDULER,
            **QUIET,
            "distributed.scheduler.worker-ttl": f"{12 * site.heartbeat_seconds}s",
            "distributed.scheduler.work-stealing": False,
            "distributed.scheduler.worker-saturation": 1.0,
        }
    )
    every_node = pool is Pool.WORKERS and shape.nodes_per_block > 1
    launcher = "srun --mpi=none --ntasks-per-node=1" if every_node else ""
    return SLURMCluster(
        n_workers=0,
        security=Security.temporary(),
        shared_temp_directory=str(directory),
        cores=shape.cores_per_node,
        processes=workers,
        memory=f"{shape.memory_per_node or workers}GB",
        interface=slurm.interface,
        death_timeout=str(12 * site.heartbeat_seconds),
        log_directory=None,
        python=f"exec {launcher} {shlex.quote(sys.executable)}",
        worker_command=entry,
        worker_extra_args=[
            "--nthreads 1",
            f"--nworkers {workers}",
            "--nanny",
            "--memory-limit 0",
            "--no-dashboard",
        ],
        job_script_prologue=prologue(slurm, shape, {**environment, **environment_variables()}),
        job_directives_skip=[PREFIX],
        job_extra_directives=header_options(shape),
        scheduler_options={"dashboard_address": None},
    )


def start_block(cluster: SLURMCluster, name: str, directory: Path) -> tuple[str, str]:
    """Submit one block of a cluster; return the number of its job and the path of its log.

    Raises `QueueError` if Slurm does not take it.
    """
    script, log = directory / f"{name}.sh", directory / f"{name}.log"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        script.write_text(cluster.job_script())
    except OSError as error:
        raise QueueError(f"no job script could be written: {error}") from error
    return slurm_queue.submit(script, name, log), str(log)
