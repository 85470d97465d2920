"""Blocks on a Slurm cluster, the same for Parsl and Dask: when they begin, are held, and end."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from ...site_configs import slurm_queue
from ...site_configs.site import Site
from ...site_configs.slurm import Pool, Slurm
from ...site_configs.slurm_queue import QueueError
from ..processes import ProcessName
from .adaptor import ExecutorAdaptor, ExecutorError, Loss
from .block import Block
from .block_policy import wanted_blocks
from .pools import Load, Pools
from .purpose import Purpose

MOST_FRUITLESS_BLOCKS = 3
MOST_REFUSALS = 3
LOAD_SECONDS = 1.0
RETRY_SECONDS = 5.0
ENDING_SECONDS = 120.0
_PASSES = re.compile(
    r"contact|connect|timed out|no answer|unavailable|temporar|limit|space", re.IGNORECASE
)
"""What Slurm says when asking again later may help."""


class SlurmAdaptor(ExecutorAdaptor):
    """One budget of blocks, shared by the pools of an executor.

    Parameters
    ----------
    site, slurm
        The cluster.
    pools
        Parsl or Dask.
    purpose
        Names of the jobs, and who is told of them.
    """

    def __init__(self, site: Site, slurm: Slurm, pools: Pools, purpose: Purpose) -> None:
        self._site, self._slurm, self._pools = site, slurm, pools
        self._name, self._segment_seconds = purpose.name, purpose.segment_seconds
        self._record, self._say = purpose.record, purpose.say
        self._blocks: dict[str, Block] = {}
        self._submitted = self._fruitless = self._refusals = 0
        self._looked = self._loaded = self._retry = 0.0
        self._trouble: str | None = None

    def submit(
        self, function: Callable[..., Any], *arguments: Any, pool: Pool = Pool.WORKERS
    ) -> Future[Any]:
        """Run ``function(*arguments)`` on a worker of a pool."""
        return self._pools.submit(pool, function, arguments)

    def capacity(self, pool: Pool) -> int:
        """Tries for the registered workers of blocks that are not about to end."""
        free = sum(block.free_workers for block in self._blocks.values() if block.pool is pool)
        return self._pools.tries_per_worker * free

    def loss(self, error: BaseException, block: str | None = None) -> Loss | None:
        """Tell a worker that died on a healthy block from one that went with its block."""
        lost = self._pools.loss(error)
        if lost is Loss.WORKER and block is not None and not self._is_healthy(block):
            return Loss.BLOCK
        return lost

    def _is_healthy(self, job: str) -> bool:
        try:
            self._look()
        except QueueError:
            return False
        return job in self._blocks and self._blocks[job].runs

    def blocks(self) -> list[Block]:
        """Blocks that are queued or running."""
        return list(self._blocks.values())

    @property
    def trouble(self) -> str | None:
        """What Slurm said when it failed last, unless it has answered since."""
        return self._trouble

    def processes(self) -> list[ProcessName]:
        """Processes of the executor beside the manager."""
        return self._pools.processes()

    def tend(self, demand: Mapping[Pool, int]) -> bool:
        """Look at the queue, and grow or shrink."""
        self._pools.check()
        now = time.monotonic()
        if now - self._loaded > LOAD_SECONDS:
            self._load()
            self._loaded = now
        try:
            if now - self._looked > self._slurm.poll_seconds:
                self._look()
            if now > self._retry:
                self._resize(demand)
                self._trouble = None
        except QueueError as error:
            self._retry = time.monotonic() + RETRY_SECONDS
            self._trouble = f"Slurm does not answer, trying again: {error}"
            self._say(self._trouble)
        return False

    def _look(self) -> None:
        """Compare the blocks with the queue."""
        queued = {job.id: job for job in slurm_queue.jobs()}
        self._looked = time.monotonic()
        for block in self.blocks():
            job = queued.get(block.job)
            if job is None or not (job.runs or job.waits):
                self._note_end(block)
                continue
            waited = not block.runs
            block.see(job)
            if waited and block.runs:
                self._record("block-started", job=block.job, nodes=job.nodes, ends=block.ends)

    def _note_end(self, block: Block) -> None:
        del self._blocks[block.job]
        self._record("block-ended", job=block.job, registered=block.registered)
        if block.registered:
            return
        self._fruitless += 1
        if self._fruitless >= MOST_FRUITLESS_BLOCKS:
            raise ExecutorError(
                f"{self._fruitless} blocks in a row ended without a worker; {last_words(block)}"
            )

    def _load(self) -> None:
        """Ask the executor which blocks have workers."""
        loads = self._pools.loads()
        for block in self.blocks():
            first = not block.registered
            block.load(*loads.get(block.job, Load(0, 0)))
            if first and block.registered:
                self._fruitless = 0
                self._record("block-registered", job=block.job, workers=block.workers)
            if self._ends_soon(block) and not block.held:
                self._hold(block, "its walltime is nearly over")

    def _ends_soon(self, block: Block) -> bool:
        return block.ends is not None and time.time() + self._segment_seconds > block.ends

    def _hold(self, block: Block, reason: str) -> None:
        block.hold()
        if block.workers:
            self._pools.hold(block)
        self._record("block-held", job=block.job, reason=reason)

    def _resize(self, demand: Mapping[Pool, int]) -> None:
        wanted = wanted_blocks(self._site, self._slurm, demand)
        for pool in self._site.pools:
            open_blocks = [b for b in self.blocks() if b.pool is pool and not b.held]
            missing = wanted.get(pool, 0) - len(open_blocks)
            for _ in range(missing):
                if len(self._blocks) < self._slurm.max_blocks:
                    self._start_block(pool)
            self._release(self._surplus(open_blocks, -missing, self._is_contended(wanted)))
        self._cancel([block for block in self.blocks() if block.held and not block.busy])

    def _is_contended(self, wanted: Mapping[Pool, int]) -> bool:
        """Whether a pool has nothing and waits for the blocks of another."""
        served = {block.pool for block in self.blocks()}
        full = len(self._blocks) >= self._slurm.max_blocks
        return full and any(count and pool not in served for pool, count in wanted.items())

    def _surplus(self, blocks: list[Block], count: int, contended: bool) -> list[Block]:
        """At most `count` blocks to do without: queued ones, then those that have been idle."""
        patience = 0.0 if contended else self._slurm.idle_seconds
        idle = [
            block
            for block in reversed(blocks)
            if not block.runs
            or (block.idle_since is not None and time.time() - block.idle_since >= patience)
        ]
        return sorted(idle, key=lambda block: block.runs)[: max(0, count)]

    def _release(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            self._hold(block, "there is no work for it")

    def _start_block(self, pool: Pool) -> None:
        self._submitted += 1
        name = f"{self._name}-{pool.value}-{self._submitted}"
        try:
            block = self._pools.start_block(pool, name)
        except QueueError as error:
            self._note_refusal(error)
            raise
        self._refusals = 0
        self._blocks[block.job] = block
        cores = self._site.pools[pool].cores
        self._record(
            "block-submitted", job=block.job, name=block.name, pool=pool.value, cores=cores
        )

    def _note_refusal(self, error: QueueError) -> None:
        if _PASSES.search(str(error)):
            return
        self._refusals += 1
        if self._refusals >= MOST_REFUSALS:
            raise ExecutorError(f"Slurm refuses the blocks of site {self._site.name}: {error}")

    def _cancel(self, blocks: list[Block]) -> None:
        slurm_queue.cancel([block.job for block in blocks])
        for block in blocks:
            del self._blocks[block.job]
            self._record("block-ended", job=block.job, registered=block.registered)

    def shutdown(self) -> None:
        """Cancel all blocks, wait until Slurm has forgotten them, and close the executor."""
        try:
            end_jobs(self._name, [block.job for block in self.blocks()], self._say)
        finally:
            self._pools.shutdown()
        for job in list(self._blocks):
            self._record("block-ended", job=job, registered=self._blocks.pop(job).registered)


def end_jobs(name: str, jobs: Iterable[str], say: Callable[[str], None]) -> None:
    """Cancel these jobs and all whose names begin with `name`; return once none is in the queue.

    Raises `QueueError` if Slurm does not answer for long, or does not get rid of them.
    """
    known = set(jobs)
    deadline = time.monotonic() + ENDING_SECONDS
    while True:
        try:
            mine = [j for j in slurm_queue.jobs() if j.id in known or j.name.startswith(name)]
            if not mine:
                return
            slurm_queue.cancel([job.id for job in mine])
            error = QueueError(f"jobs {', '.join(job.id for job in mine)} do not end")
            pause = 0.5
        except QueueError as failure:
            say(f"waiting for Slurm to end old blocks: {failure}")
            error, pause = failure, RETRY_SECONDS
        if time.monotonic() > deadline:
            raise error
        time.sleep(pause)


def last_words(block: Block) -> str:
    """What the processes of a block said last."""
    try:
        words = Path(block.log).read_text(errors="replace")[-2000:].strip()
    except OSError:
        words = ""
    return f"block {block.job} said: {words}" if words else f"block {block.job} said nothing"
