"""A site as a Parsl configuration."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.providers import LocalProvider

from .site import Site

POOL = "workers"


def parsl_config(site: Site, directory: Path, interchange: Sequence[str]) -> Config:
    """Configure one pool of single-task workers on this machine, with no block yet and no retries.

    Parameters
    ----------
    site
        The machine.
    directory
        Where Parsl keeps its logs and scripts.
    interchange
        Command that runs the interchange.
    """
    exports = [
        f"export {name}={shlex.quote(value)}"
        for name, value in {
            **site.environment(),
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        }.items()
    ]
    pool = HighThroughputExecutor(
        label=POOL,
        address="127.0.0.1",
        encrypted=False,
        max_workers_per_node=site.workers,
        cores_per_worker=1e-3,
        interchange_launch_cmd=list(interchange),
        heartbeat_period=site.heartbeat_seconds,
        heartbeat_threshold=6 * site.heartbeat_seconds,
        poll_period=100,
        block_error_handler=False,
        provider=LocalProvider(init_blocks=0, max_blocks=1, worker_init="\n".join(exports)),
    )
    return Config(
        executors=[pool],
        retries=0,
        strategy="none",
        run_dir=str(directory / "parsl"),
        initialize_logging=False,
        usage_tracking=0,
    )
