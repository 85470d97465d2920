"""A Slurm site as a Parsl configuration."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

from parsl.addresses import address_by_interface
from parsl.config import Config
from parsl.errors import ParslError
from parsl.executors import HighThroughputExecutor
from parsl.jobs.states import JobState, JobStatus
from parsl.launchers.base import Launcher
from parsl.providers import SlurmProvider

from . import slurm_queue
from .job_script import header, prologue
from .site import Site
from .slurm import BlockShape, Pool, Slurm
from .slurm_queue import QueueError

_POOL_OPTIONS = (
    "{debug} {max_workers_per_node} -a {addresses} -p {prefetch_capacity} -c {cores_per_worker} "
    "-m {mem_per_worker} --poll {poll_period} --port={worker_port} --cert_dir {cert_dir} "
    "--logdir={logdir} --logconf={logconf} --block_id={{block_id}} --hb_period={heartbeat_period} "
    "{address_probe_timeout_string} --hb_threshold={heartbeat_threshold} "
    "--drain_period={drain_period} --cpu-affinity {cpu_affinity} {enable_mpi_mode} "
    "--mpi-launcher={mpi_launcher} --available-accelerators {accelerators}"
)


def parsl_slurm_config(
    site: Site,
    slurm: Slurm,
    directory: Path,
    *,
    interchange: Sequence[str],
    entry: Sequence[str],
    environment: Mapping[str, str],
) -> Config:
    """Configure one executor for each pool of the site, without blocks and without retries.

    Parameters
    ----------
    site, slurm
        The cluster.
    directory
        Where Parsl keeps its logs and scripts; nodes must see it.
    interchange
        Command that runs an interchange.
    entry
        Command that becomes the worker pool on a node.
    environment
        Variables of every worker.
    """
    executors = [
        _executor(site, slurm, pool, shape, interchange=interchange, entry=entry)
        for pool, shape in slurm.pools.items()
    ]
    for executor, shape in zip(executors, slurm.pools.values(), strict=True):
        lines = prologue(slurm, shape, environment)
        executor.provider.worker_init = "\n".join(lines) + "\n"
    return Config(
        executors=executors,
        retries=0,
        strategy="none",
        run_dir=str(directory / "parsl"),
        initialize_logging=False,
        usage_tracking=0,
    )


def _executor(
    site: Site,
    slurm: Slurm,
    pool: Pool,
    shape: BlockShape,
    *,
    interchange: Sequence[str],
    entry: Sequence[str],
) -> HighThroughputExecutor:
    address = address_by_interface(slurm.interface) if slurm.interface else None
    return HighThroughputExecutor(
        label=pool.value,
        address=address,
        max_workers_per_node=site.workers_per_node(pool),
        cores_per_worker=1e-3,
        launch_cmd=f"{shlex.join(entry)} {_POOL_OPTIONS}",
        interchange_launch_cmd=list(interchange),
        heartbeat_period=site.heartbeat_seconds,
        heartbeat_threshold=6 * site.heartbeat_seconds,
        poll_period=100,
        block_error_handler=False,
        provider=_Provider(
            nodes_per_block=shape.nodes_per_block,
            walltime=f"00:{shape.walltime_minutes}:00",
            exclusive=False,
            scheduler_options="\n".join(header(shape)),
            init_blocks=0,
            max_blocks=slurm.max_blocks,
            cmd_timeout=int(slurm_queue.COMMAND_SECONDS),
            launcher=_NodeLauncher(every_node=pool is Pool.WORKERS and shape.nodes_per_block > 1),
        ),
    )


class _NodeLauncher(Launcher):  # type: ignore[misc]
    """Becomes the worker pool of the first node, or starts one on every node."""

    def __init__(self, every_node: bool) -> None:
        super().__init__(debug=False)
        self._prefix = "srun --mpi=none --ntasks-per-node=1" if every_node else ""

    def __call__(
        self, command: str, tasks_per_node: int, nodes_per_block: int, script_dir: str = ""
    ) -> str:
        del tasks_per_node, nodes_per_block, script_dir
        return f"exec {self._prefix} {command}"


class _Provider(SlurmProvider):  # type: ignore[misc]
    """Gives jobs the names it is told, and finds a job that was accepted although sbatch failed."""

    next_name = ""
    refusal: QueueError | None = None

    def submit(self, command: str, tasks_per_node: int, job_name: str = "") -> str:
        """Submit a block under `next_name`; why it failed is kept in `refusal`."""
        del job_name
        self.refusal = None
        try:
            Path(self.script_dir).mkdir(parents=True, exist_ok=True)
            return str(super().submit(command, tasks_per_node, self.next_name))
        except (OSError, ParslError, SubprocessError) as error:
            return self._found(QueueError(getattr(error, "stderr", None) or str(error)))

    def _found(self, error: QueueError) -> str:
        """Find the job all the same: Slurm may have taken it and its answer was lost."""
        try:
            job = slurm_queue.find(self.next_name, error)
        except QueueError as refusal:
            self.refusal = refusal
            raise
        path = str(Path(self.script_dir) / job.name)
        self.resources[job.id] = {
            "job_id": job.id,
            "status": JobStatus(JobState.PENDING),
            "job_stdout_path": f"{path}.stdout",
            "job_stderr_path": f"{path}.stderr",
        }
        return job.id


def start_block(executor: Any, name: str) -> tuple[str, str]:
    """Submit one block of an executor; return the number of its job and the path of its log.

    Raises `QueueError` if Slurm does not take it.
    """
    provider: _Provider = executor.provider
    provider.next_name = name
    blocks = executor.scale_out_facade(1)
    if not blocks:
        raise provider.refusal or QueueError("Parsl could not submit a block")
    job = str(executor.blocks_to_job_id[blocks[0]])
    return job, str(provider.resources[job]["job_stderr_path"])
