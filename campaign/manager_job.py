"""The manager as a small Slurm job: the job's script, and the jobs of a campaign's managers."""

from __future__ import annotations

import shlex
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

from ..site_configs import slurm_queue
from ..site_configs.job_script import header
from ..site_configs.slurm import Slurm
from ..site_configs.slurm_queue import Job
from . import job_names
from .layout import Layout

PROGRAM = (sys.executable, "-P", "-m", "perrin.campaign.manager_job_entry")
LEAVING_SECONDS = 120.0
LEAVING_SEGMENTS = 2.0
LARGEST_SHARE = 1 / 3
EARLY_WARNING_SECONDS = 60.0
"""How much earlier than asked for Slurm may send a signal."""


def time_to_leave(walltime_seconds: float, segment_seconds: float) -> float:
    """How long before its walltime a manager begins to leave, in seconds.

    Long enough for a segment of every worker, and for Slurm to end the blocks.
    """
    needed = LEAVING_SECONDS + LEAVING_SEGMENTS * segment_seconds
    return min(needed, LARGEST_SHARE * walltime_seconds)


def submit_manager(
    file: Path,
    slurm: Slurm,
    layout: Layout,
    leave_seconds: float,
    arguments: Sequence[str],
    *,
    after: str | None = None,
) -> str:
    """Submit a manager; return the number of its job.

    Parameters
    ----------
    file
        The campaign file.
    slurm
        The cluster.
    layout
        Directories of the campaign.
    leave_seconds
        How long before its walltime it should leave.
    arguments
        Further arguments of `manager_job_entry`.
    after
        Number of the job that it has to wait for.
    """
    name = f"{job_names.manager(layout)}-{uuid.uuid4().hex[:8]}"
    script = layout.executor / f"{name}.sh"
    lines = [
        "#!/bin/bash",
        *header(slurm.manager_shape),
        *_warning(leave_seconds),
        *([f"#SBATCH --dependency=afterany:{after}"] if after else []),
        *slurm.setup,
        "trap '' USR1",
        f"exec {shlex.join([*PROGRAM, str(file.resolve()), *arguments])}",
    ]
    script.write_text("\n".join(lines) + "\n")
    return slurm_queue.submit(script, name, layout.executor / "manager-%j.out")


def _warning(leave_seconds: float) -> list[str]:
    """Let Slurm warn the manager as well, but not before it leaves of its own accord."""
    seconds = round(leave_seconds - EARLY_WARNING_SECONDS)
    return [f"#SBATCH --signal=B:USR1@{seconds}"] if seconds > 0 else []


def manager_jobs(layout: Layout) -> list[Job]:
    """Jobs of this campaign's managers that wait or run; Slurm is asked if there ever was one."""
    name = job_names.manager(layout)
    if not any(layout.executor.glob(f"{name}-*.sh")):
        return []
    return [
        job for job in slurm_queue.jobs() if job.name.startswith(name) and (job.waits or job.runs)
    ]
