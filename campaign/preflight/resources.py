"""Whether the results fit on the disk, and segments into blocks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ...site_configs.slurm import Slurm
from ..cost import Cost
from ..plan import Plan
from .finding import Finding

FILES_PER_RUNNING_TASK = 4
"""Its checkpoint and its claim, and both again while they are replaced."""
LARGEST_SHARE_OF_A_BLOCK = 0.5
WASTEFUL_SHARE_OF_A_BLOCK = 0.1


def resource_findings(plan: Plan, cost: Cost, root: Path) -> Iterator[Finding]:
    """Compare what a campaign needs with what there is; `root` need not be there yet."""
    yield from _disk(plan, cost, root)
    if plan.site.slurm is not None:
        yield from _blocks(plan, plan.site.slurm, root)


def _disk(plan: Plan, cost: Cost, root: Path) -> Iterator[Finding]:
    place = next(path for path in (root, *root.parents) if path.exists())
    there = os.statvfs(place)
    running = min(cost.tasks, plan.site.workers)
    bundle = plan.replicas_per_task(plan.replica_count)
    checkpoint = bundle * max(map(plan.bytes_per_replica, plan.points))
    free, needed = there.f_bavail * there.f_frsize, cost.bytes + 2 * running * checkpoint
    if needed > free:
        yield Finding(
            f"disk: results and checkpoints take {needed / 1e9:.3g} GB, and {free / 1e9:.3g} GB "
            f"are free at {place}",
            is_error=True,
        )
    files = cost.files + FILES_PER_RUNNING_TASK * running
    if there.f_files and files > there.f_favail:
        yield Finding(
            f"disk: {files} files are needed, and {there.f_favail} more are allowed at {place}",
            is_error=True,
        )


def _blocks(plan: Plan, slurm: Slurm, root: Path) -> Iterator[Finding]:
    if not slurm.sees(root):
        yield Finding(
            f"{root} is outside of what all nodes of {plan.site.name} see: "
            f"{', '.join(slurm.shared)}",
            is_error=True,
        )
    for pool, shape in slurm.pools.items():
        share = plan.segment_seconds / shape.walltime_seconds
        if share <= WASTEFUL_SHARE_OF_A_BLOCK:
            continue
        text = (
            f"{pool} blocks live {shape.walltime}, and a segment takes about "
            f"{plan.segment_seconds:.0f} s"
        )
        if share > LARGEST_SHARE_OF_A_BLOCK:
            advice = "it may never end there; ask for a longer walltime"
            yield Finding(f"{text}: {advice}, or set resources.segment_steps", is_error=True)
        else:
            yield Finding(f"{text}: as much is lost at the end of each")
