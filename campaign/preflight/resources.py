"""Whether the results fit on the disk, and segments into blocks."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from ...site_configs.slurm import Slurm
from ..cost import Cost
from ..layout import Layout
from ..plan import Plan
from .finding import Finding

FILES_PER_RUNNING_TASK = 4
"""Its checkpoint and its claim, and both again while they are replaced."""
LARGEST_SHARE_OF_A_BLOCK = 0.5
WASTEFUL_SHARE_OF_A_BLOCK = 0.1


def resource_findings(plan: Plan, cost: Cost, layout: Layout) -> Iterator[Finding]:
    """Compare what is left of a campaign with what there is; its folder need not be there yet."""
    yield from _disk(plan, cost, layout)
    if plan.site.slurm is not None:
        yield from _blocks(plan, plan.site.slurm, layout)


def _disk(plan: Plan, cost: Cost, layout: Layout) -> Iterator[Finding]:
    place = next(path for path in (layout.root, *layout.root.parents) if path.exists())
    there = os.statvfs(place)
    running = min(cost.tasks, plan.site.workers)
    bundle = plan.replicas_per_task(plan.replica_count)
    checkpoint = bundle * max(map(plan.bytes_per_replica, plan.points))
    free = there.f_bavail * there.f_frsize + _bytes_of_checkpoints(layout)
    needed = cost.bytes + 2 * running * checkpoint
    if needed > free:
        yield Finding(
            f"disk: results take {cost.bytes / 1e9:.3g} GB, checkpoints up to "
            f"{(needed - cost.bytes) / 1e9:.3g} GB meanwhile, and {free / 1e9:.3g} GB are free at "
            f"{place}",
            is_error=cost.bytes > free,
        )
    files = cost.files + FILES_PER_RUNNING_TASK * running
    if there.f_files and files > there.f_favail:
        yield Finding(
            f"disk: {files} files are needed, and {there.f_favail} more are allowed at {place}",
            is_error=True,
        )


def _bytes_of_checkpoints(layout: Layout) -> int:
    """Space that is free again when the replicas in checkpoints are published."""
    total = 0
    for path in layout.checkpoints.glob("*.h5"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def _blocks(plan: Plan, slurm: Slurm, layout: Layout) -> Iterator[Finding]:
    if not slurm.sees(layout.root):
        yield Finding(
            f"{layout.root} is outside of what all nodes of {plan.site.name} see: "
            f"{', '.join(slurm.shared)}",
            is_error=True,
        )
    shape = slurm.pools[plan.pool]
    share = plan.segment_seconds / shape.walltime_seconds
    text = (
        f"{plan.pool} blocks live {shape.walltime}, and a segment takes about "
        f"{plan.segment_seconds:.0f} s"
    )
    if share > LARGEST_SHARE_OF_A_BLOCK:
        advice = "it may never end there; ask for a longer walltime"
        yield Finding(f"{text}: {advice}, or set resources.segment_steps", is_error=True)
    elif share > WASTEFUL_SHARE_OF_A_BLOCK:
        yield Finding(f"{text}: as much is lost at the end of each")
