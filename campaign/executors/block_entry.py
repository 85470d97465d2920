"""What a block runs first on each of its nodes: `python -m ...block_entry parsl|dask ARGUMENTS`.

It makes sure that tasks can be run here at all, so that a broken environment ends the block at
once, tells the workers when the block will end, and becomes the worker pool of the executor.
"""

from __future__ import annotations

import importlib
import os
import sys
import time

from ...site_configs import slurm_queue
from ...site_configs.job_script import WALLTIME
from ..deadline import BLOCK_END

PROGRAMS = {
    "parsl": "parsl.executors.high_throughput.process_worker_pool",
    "dask": "distributed.cli.dask_worker",
}
QUESTIONS = 3
STARTING_SECONDS = 30.0


def main() -> None:
    """Check, prepare, and become the worker pool."""
    kind, *arguments = sys.argv[1:]
    for module in ("perrin.campaign.worker", "perrin.campaign.learning.training_task"):
        importlib.import_module(module)
    os.environ[BLOCK_END] = str(block_end())
    for name in [name for name in os.environ if name.startswith(("PMI_", "PMI2_", "PMIX_"))]:
        del os.environ[name]
    if kind == "dask":
        arguments += ["--name", worker_name()]
    os.execv(sys.executable, [sys.executable, "-m", PROGRAMS[kind], *arguments])


def worker_name() -> str:
    """Name of the workers of this node: the block, a dot, the node."""
    return f"{os.environ['SLURM_JOB_ID']}.{os.environ.get('SLURM_NODEID', '0')}"


def block_end() -> float:
    """Unix time at which this block ends; a cautious guess if Slurm does not say."""
    for _ in range(QUESTIONS):
        try:
            end = slurm_queue.end_of(os.environ["SLURM_JOB_ID"])
        except slurm_queue.QueueError:
            end = None
        if end is not None:
            return end
        time.sleep(1.0)
    return time.time() + float(os.environ[WALLTIME]) - STARTING_SECONDS


if __name__ == "__main__":
    main()
