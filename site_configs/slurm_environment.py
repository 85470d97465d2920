"""What Slurm tells the processes of a job by environment variables."""

from __future__ import annotations

import os

_KEPT = ("SLURM_CONF", "SLURM_CLUSTERS")
_BINDINGS = ("SBATCH_CPU_BIND", "SBATCH_MEM_BIND")


def forget_own_job() -> None:
    """Let this process submit jobs as a login node would, if it is itself part of a job.

    Otherwise its jobs would take over what it was given: numbers of tasks and cores, bindings, and
    for their own number that of this job.
    """
    if "SLURM_JOB_ID" not in os.environ:
        return
    for name in list(os.environ):
        of_the_job = name.startswith(("SLURM_", "SLURMD_")) and name not in _KEPT
        if of_the_job or name.startswith(_BINDINGS):
            del os.environ[name]
