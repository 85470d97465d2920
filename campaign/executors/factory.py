"""From a site to a running pool."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...site_configs.site import Site
from .adaptor import ExecutorAdaptor


def start_executor(site: Site, directory: Path) -> ExecutorAdaptor:
    """Start the executor of `site`, with logs and scratch below `directory`."""
    os.environ.update(site.environment())
    with _children_ignore_interrupts():
        if site.executor == "parsl":
            from .parsl_adaptor import ParslAdaptor

            return ParslAdaptor(site, directory)
        from .dask_adaptor import DaskAdaptor

        return DaskAdaptor(site, directory)


@contextmanager
def _children_ignore_interrupts() -> Iterator[None]:
    """Leave Ctrl-C, which reaches the whole process group, to the manager."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
