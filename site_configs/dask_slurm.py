"""A Slurm site as Dask clusters."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import dask
from dask_jobqueue import SLURMCluster

from . import slurm_queue
from .site import Site
from .slurm import Pool, Slurm

_PREFIX = "#SBATCH"


def dask_slurm_cluster(
    site: Site,
    slurm: Slurm,
    pool: Pool,
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
    entry
        Module, and its arguments, that becomes the worker on a node.
    environment
        Variables of every worker.
    """
    shape, workers = slurm.pools[pool], site.workers_per_node(pool)
    dask.config.set(
        {
            "distributed.scheduler.allowed-failures": 0,
            "distributed.scheduler.worker-ttl": f"{12 * site.heartbeat_seconds}s",
            "distributed.scheduler.work-stealing": False,
        }
    )
    every_node = pool is Pool.WORKERS and shape.nodes_per_block > 1
    launcher = "srun --mpi=none --ntasks-per-node=1" if every_node else ""
    directives = [
        f"--nodes={shape.nodes_per_block}",
        "--ntasks-per-node=1",
        "--no-requeue",
        *([f"--qos={shape.qos}"] if shape.qos else []),
        *([f"--constraint={shape.constraint}"] if shape.constraint else []),
        *([f"--gpus-per-node={shape.gpus_per_node}"] if shape.gpus_per_node else []),
        *(["--exclusive"] if shape.exclusive else []),
        *(line.removeprefix(_PREFIX).strip() for line in shape.scheduler_lines),
    ]
    return SLURMCluster(
        n_workers=0,
        queue=shape.partition,
        account=shape.account,
        walltime=str(shape.walltime_minutes),
        cores=shape.cores_per_node,
        processes=workers,
        memory=f"{shape.memory_per_node or workers}GB",
        interface=slurm.interface,
        local_directory=slurm.scratch,
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
        job_script_prologue=[
            *slurm.setup,
            *(f"export {name}={shlex.quote(value)}" for name, value in environment.items()),
        ],
        job_directives_skip=["-n 1", "-J ", *([] if shape.memory_per_node else ["--mem="])],
        job_extra_directives=directives,
        scheduler_options={"dashboard_address": None},
    )


def start_block(cluster: SLURMCluster, name: str, directory: Path) -> tuple[str, str]:
    """Submit one block of a cluster; return the number of its job and the path of its log.

    Raises `QueueError` if Slurm does not take it.
    """
    script, log = directory / f"{name}.sh", directory / f"{name}.log"
    script.write_text(cluster.job_script())
    return slurm_queue.submit(script, name, log), str(log)
