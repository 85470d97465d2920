"""How many blocks each pool should have: enough for its tasks, within one budget."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ...site_configs.site import Site
from ...site_configs.slurm import Pool, Slurm


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
        wanted[Pool.WORKERS] = max(wanted.get(Pool.WORKERS, 0), slurm.min_blocks)
    return wanted


def most_blocks(site: Site, slurm: Slurm, pool: Pool) -> int:
    """Blocks that a pool may have at the same time if it is alone."""
    if pool is not Pool.WORKERS:
        return slurm.max_blocks
    by_workers = math.ceil(site.workers / site.workers_per_block(pool))
    return max(1, min(slurm.max_blocks, by_workers))
