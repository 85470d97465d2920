"""How many blocks each pool should have, and which it can do without."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ...site_configs.site import Site
from ...site_configs.slurm import Pool, Slurm
from .block import Block


def wanted_blocks(site: Site, slurm: Slurm, demand: Mapping[Pool, int]) -> dict[Pool, int]:
    """Blocks that each pool should have.

    Every pool with tasks gets one block before any gets a second; the rest goes, one by one, to the
    pool with the most tasks per block.

    Parameters
    ----------
    site, slurm
        The machine; its budget is `slurm.max_blocks`, and no more workers than `site.workers`.
    demand
        Tasks of each pool that wait or run.
    """
    useful = {
        pool: min(math.ceil(count / site.workers_per_block(pool)), most_blocks(site, slurm, pool))
        for pool, count in demand.items()
        if count > 0
    }
    wanted = dict.fromkeys(useful, 0)
    for _ in range(slurm.max_blocks):
        hungry = [pool for pool in useful if wanted[pool] < useful[pool]]
        if not hungry:
            break
        wanted[min(hungry, key=lambda pool: wanted[pool] / useful[pool])] += 1
    if wanted:
        others = sum(count for pool, count in wanted.items() if pool is not Pool.WORKERS)
        kept = min(slurm.min_blocks, slurm.max_blocks - others)
        wanted[Pool.WORKERS] = max(wanted.get(Pool.WORKERS, 0), kept)
    return wanted


def most_blocks(site: Site, slurm: Slurm, pool: Pool) -> int:
    """Blocks that a pool may have at the same time if it is alone."""
    if pool is not Pool.WORKERS:
        return slurm.max_blocks
    by_workers = math.ceil(site.workers / site.workers_per_block(pool))
    return max(1, min(slurm.max_blocks, by_workers))


def is_contended(slurm: Slurm, blocks: Sequence[Block], wanted: Mapping[Pool, int]) -> bool:
    """Whether a pool has nothing and waits for the blocks of another."""
    served = {block.pool for block in blocks}
    full = len(blocks) >= slurm.max_blocks
    return full and any(count and pool not in served for pool, count in wanted.items())


def surplus(blocks: Sequence[Block], count: int, *, patience: float, now: float) -> list[Block]:
    """At most `count` blocks of a pool to do without, the first to go first.

    Blocks that wait in the queue go first, the newest before all; then those that have been idle
    for longer than `patience`, in seconds.
    """
    queued = [block for block in reversed(blocks) if not block.runs and not block.workers]
    idle = [
        block
        for block in blocks
        if block.idle_since is not None and now - block.idle_since >= patience
    ]
    return [*queued, *idle][: max(0, count)]
