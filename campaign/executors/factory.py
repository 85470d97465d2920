"""From a site to a running pool."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...site_configs.site import Site
from ...site_configs.slurm import Slurm
from .adaptor import ExecutorAdaptor
from .pools import Pools
from .purpose import Purpose


def start_executor(site: Site, directory: Path, purpose: Purpose) -> ExecutorAdaptor:
    """Start the executor of `site`, with logs and scratch below `directory`."""
    os.environ.update(site.environment())
    with _children_ignore_interrupts():
        if site.slurm is not None:
            return _start_on_slurm(site, site.slurm, directory, purpose)
        if site.executor == "parsl":
            from .parsl_adaptor import ParslAdaptor

            return ParslAdaptor(site, directory)
        from .dask_adaptor import DaskAdaptor

        return DaskAdaptor(site, directory)


def _start_on_slurm(site: Site, slurm: Slurm, directory: Path, purpose: Purpose) -> ExecutorAdaptor:
    from .slurm_adaptor import SlurmAdaptor

    pools: Pools
    if site.executor == "parsl":
        from .parsl_pools import ParslPools

        pools = ParslPools(site, slurm, directory)
    else:
        from .dask_pools import DaskPools

        pools = DaskPools(site, slurm, directory)
    return SlurmAdaptor(site, slurm, pools, purpose)


@contextmanager
def _children_ignore_interrupts() -> Iterator[None]:
    """Leave Ctrl-C, which reaches the whole process group, to the manager."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
