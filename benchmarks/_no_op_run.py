"""Processor time of a process that has 2,000 tasks done which do nothing, with perrin or without.

Usage: ``python _no_op_run.py perrin|bare parsl|dask FOLDER``; prints milliseconds per task. A task
is a bundle of 50 replicas, with the payload and the result of a real one. What counts is user and
system time of this process with all its threads, workers left out, from the first submission to
the last result. The bare executors are those of perrin's own site, and get all tasks at once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from _no_op import no_op

from perrin.campaign.executors.adaptor import ExecutorAdaptor
from perrin.campaign.lease import Lease
from perrin.campaign.manager import Manager
from perrin.campaign.open_plan import open_plan
from perrin.campaign.processes import ProcessName
from perrin.campaign.simulations import Simulations
from perrin.campaign.store import Store
from perrin.campaign.tasks import Task, Try
from perrin.site_configs.site import Site
from perrin.site_configs.slurm import Pool

TASKS = 2000
REPLICAS_PER_TASK = 50
WORKERS = 2
CAMPAIGN = """
name = "no-op"
[problem]
engine = "brownian"
seed = 1
replicas = {replicas}
[problem.parameters]
particles = 1
box_length = 1.0
temperature = 1.0
potential = {{ kind = "ideal" }}
[problem.dynamics]
bulk_time = 0.0
[sampling]
transient_time = 0.0
time = 1e-4
[resources]
executor = "{executor}"
workers = {workers}
replicas_per_task = {replicas_per_task}
"""


class Silent:
    """A watcher that shows nothing."""

    def update(self, standing: object) -> None:
        """Ignore it."""

    def say(self, message: str) -> None:
        """Ignore it."""

    def note(self, event: object) -> None:
        """Ignore it."""


class NoOps(Simulations):
    """Simulations whose tasks do nothing."""

    @property
    def function(self) -> Callable[[str], dict[str, Any]]:
        """What an executor calls."""
        return no_op


class NoOpManager(Manager):
    """A manager that takes the time."""

    began: float | None = None
    spent = 0.0

    def _set_up_work(self) -> None:
        super()._set_up_work()
        real = self.simulations
        self.simulations = NoOps(real.plan, real.layout, real.store, real.journal)
        self.works[Task] = self.simulations

    def _dispatch(self, executor: ExecutorAdaptor, room: dict[Pool, int]) -> None:
        if self.began is None:
            self.began = time.process_time()
        super()._dispatch(executor, room)

    def _settle(self, executor: ExecutorAdaptor, future: Future[Any]) -> None:
        super()._settle(executor, future)
        self.spent = time.process_time() - (self.began or 0.0)


def with_perrin(path: Path) -> float:
    """Seconds for all tasks through a manager."""
    plan, layout = open_plan(path)
    layout.create()
    (layout.root / "campaign.toml").write_text(path.read_text())
    manager = NoOpManager(plan, layout, Lease.acquire(layout.lease), Silent())
    if not manager.run().is_complete:
        raise RuntimeError("the manager left something undone")
    return manager.spent


def without_perrin(path: Path) -> float:
    """Seconds for the same tasks through the executor alone."""
    plan, layout = open_plan(path)
    layout.create()
    pending = plan.pending(Store.open(layout), ())
    texts = [Try(t, "0" * 16, 1).to_json() for t in plan.tasks(pending, str(layout.root))]
    start = bare_parsl if plan.site.executor == "parsl" else bare_dask
    with start(plan.site, layout.executor) as pool:
        began = time.process_time()
        for future in [pool.submit(no_op, text) for text in texts]:
            future.result()
        return time.process_time() - began


@contextmanager
def bare_parsl(site: Site, folder: Path) -> Iterator[Executor]:
    """Parsl as the site configures it."""
    from parsl.concurrent import ParslPoolExecutor
    from parsl.dataflow.dflow import DataFlowKernel

    from perrin.campaign.executors.parsl_adaptor import INTERCHANGE
    from perrin.site_configs.parsl_config import POOL, parsl_config

    kernel = DataFlowKernel(parsl_config(site, folder, INTERCHANGE))
    workers = kernel.executors[POOL]
    workers.scale_out_facade(1)
    (block,) = workers.blocks_to_job_id.values()
    yield ParslPoolExecutor(dfk=kernel, executors=[POOL])
    ProcessName.of(int(block)).kill_tree()
    kernel.cleanup()


@contextmanager
def bare_dask(site: Site, folder: Path) -> Iterator[Executor]:
    """Dask as the site configures it."""
    from distributed import Client

    from perrin.campaign.executors.dask_adaptor import log_to
    from perrin.site_configs.dask_cluster import dask_cluster

    log_to(folder / "dask.log")
    with dask_cluster(site, folder) as cluster, Client(cluster) as client:
        yield client.get_executor(pure=False, retries=0)


def main() -> None:
    """Measure one side with one executor."""
    side, executor, folder = sys.argv[1:]
    path = Path(folder) / f"{side}-{executor}.toml"
    replicas = TASKS * REPLICAS_PER_TASK
    path.write_text(
        CAMPAIGN.format(
            replicas=replicas,
            executor=executor,
            workers=WORKERS,
            replicas_per_task=REPLICAS_PER_TASK,
        )
    )
    seconds = with_perrin(path) if side == "perrin" else without_perrin(path)
    print(1e3 * seconds / TASKS)


if __name__ == "__main__":
    main()
