"""Blocks on a Slurm cluster, the same for Parsl and Dask: when they begin, are held, and end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from ...site_configs import slurm_queue
from ...site_configs.site import Site
from ...site_configs.slurm import Pool, Slurm
from ...site_configs.slurm_queue import Job, QueueError
from ..processes import ProcessName
from .adaptor import ExecutorAdaptor, ExecutorError, Loss
from .block import Block
from .block_policy import is_contended, surplus, wanted_blocks
from .ending import RETRY_SECONDS, end_jobs, has_run, last_words, was_cancelled
from .pools import Load, Pools
from .purpose import Purpose
from .refusals import Refusals

MOST_FRUITLESS_BLOCKS = 3
LOAD_SECONDS = 1.0
SILENT_HEARTBEATS = 24
PATIENCE_SECONDS = 60.0
ENDING_SECONDS = 120.0


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
        self._submitted = self._fruitless = 0
        self._refusals = Refusals(site.name)
        self._looked = self._loaded = self._retry = 0.0
        self._trouble: str | None = None

    def submit(
        self, function: Callable[..., Any], *arguments: Any, pool: Pool = Pool.WORKERS
    ) -> Future[Any]:
        """Run ``function(*arguments)`` on a worker of a pool."""
        return self._pools.submit(pool, function, arguments)

    def capacity(self, pool: Pool) -> int:
        """Tries for the workers of blocks that get tasks, and those that held blocks still have."""
        blocks = [block for block in self._blocks.values() if block.pool is pool]
        free = sum(block.free_workers for block in blocks)
        return self._pools.tries_per_worker * free + sum(b.busy for b in blocks if b.held)

    def loss(self, error: BaseException) -> Loss | None:
        """Tell what was lost, as far as the executor knows."""
        return self._pools.loss(error)

    def is_crash(self, block: str | None, since: float) -> bool | None:
        """Tell a worker that died on a healthy block from one that went with its node."""
        if block is None or block not in self._blocks or not self._blocks[block].runs:
            return False
        if self._looked <= since:
            return None
        if self._pools.came_back(self._blocks[block], since):
            return True
        return None if time.monotonic() - since < PATIENCE_SECONDS else False

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
        if now > self._retry:
            self._ask_slurm(demand)
        return False

    def _ask_slurm(self, demand: Mapping[Pool, int]) -> None:
        try:
            if time.monotonic() - self._looked > self._slurm.poll_seconds:
                self._look()
            self._resize(demand)
            self._trouble = None
        except QueueError as error:
            self._retry = time.monotonic() + RETRY_SECONDS
            self._trouble = f"no blocks to be had, trying again: {error}"
            self._say(self._trouble)

    def _look(self) -> None:
        """Compare the blocks with the queue."""
        queued = {job.id: job for job in slurm_queue.jobs() if job.runs or job.waits}
        self._looked = time.monotonic()
        for block in self.blocks():
            if block.job in queued:
                self._see(block, queued[block.job])
            else:
                self._note_end(block)
        self._cancel_strays(queued)

    def _see(self, block: Block, job: Job) -> None:
        waited = not block.runs
        block.see(job)
        if waited and block.runs:
            self._record("block-started", job=block.job, nodes=job.nodes, ends=block.ends)

    def _cancel_strays(self, queued: Mapping[str, Job]) -> None:
        """Cancel jobs of this name that nobody knows: accepted, and all answers lost."""
        known = self._blocks.keys()
        strays = [j.id for j in queued.values() if j.name.startswith(self._name)]
        slurm_queue.cancel([job for job in strays if job not in known])

    def _note_end(self, block: Block) -> None:
        self._forget(block)
        if block.registered or was_cancelled(block) or not has_run(block):
            return
        self._fruitless += 1
        if self._fruitless >= MOST_FRUITLESS_BLOCKS:
            raise ExecutorError(
                f"{self._fruitless} blocks in a row ended without a worker; {last_words(block)}"
            )

    def _forget(self, block: Block) -> None:
        del self._blocks[block.job]
        self._record("block-ended", job=block.job, registered=block.registered)

    def _load(self) -> None:
        """Ask the executor which blocks have workers."""
        loads = self._pools.loads()
        for block in self.blocks():
            first = not block.registered
            block.note_load(*loads.get(block.job, Load(0, 0)))
            if first and block.registered:
                self._fruitless = 0
                self._record("block-registered", job=block.job, workers=block.workers)
            reason = self._reason_to_hold(block)
            if reason and not block.held:
                self._hold(block, reason)

    def _reason_to_hold(self, block: Block) -> str:
        needed = min(self._segment_seconds, self._site.pools[block.pool].walltime_seconds / 2)
        if block.ends is not None and time.time() + needed > block.ends:
            return "its walltime is nearly over"
        silent = SILENT_HEARTBEATS * self._site.heartbeat_seconds
        if block.silent_since is not None and time.time() - block.silent_since > silent:
            return "its workers are gone"
        return ""

    def _hold(self, block: Block, reason: str) -> None:
        block.hold()
        if block.workers:
            self._pools.hold(block)
        self._record("block-held", job=block.job, reason=reason)

    def _resize(self, demand: Mapping[Pool, int]) -> None:
        self._cancel([block for block in self.blocks() if block.held and not block.busy])
        wanted = wanted_blocks(self._site, self._slurm, demand)
        contended = is_contended(self._slurm, self.blocks(), wanted)
        for pool in self._site.pools:
            open_blocks = [b for b in self.blocks() if b.pool is pool and not b.held]
            missing = wanted.get(pool, 0) - len(open_blocks)
            self._release(open_blocks, -missing, contended)
            for _ in range(missing):
                if len(self._blocks) < self._slurm.max_blocks:
                    self._start_block(pool)

    def _release(self, blocks: list[Block], count: int, contended: bool) -> None:
        """Hold blocks that are not needed; one that works too, if another pool has none."""
        patience = 0.0 if contended else self._slurm.idle_seconds
        chosen = surplus(blocks, count, patience=patience, now=time.time())
        for block in chosen:
            self._hold(block, "there is no work for it")
        if contended and count > 0 and not chosen and not any(b.held for b in self.blocks()):
            self._hold(blocks[0], "another pool has no block")

    def _start_block(self, pool: Pool) -> None:
        self._submitted += 1
        try:
            block = self._pools.start_block(pool, f"{self._name}{pool.value}-{self._submitted}")
        except QueueError as error:
            self._refusals.note(error)
            raise
        self._refusals.forget()
        self._blocks[block.job] = block
        cores = self._site.pools[pool].cores
        self._record(
            "block-submitted", job=block.job, name=block.name, pool=pool.value, cores=cores
        )

    def _cancel(self, blocks: Iterable[Block]) -> None:
        doomed = list(blocks)
        slurm_queue.cancel([block.job for block in doomed])
        for block in doomed:
            self._forget(block)

    def shutdown(self) -> None:
        """Cancel all blocks, wait until Slurm has forgotten them, and close the executor."""
        try:
            end_jobs(self._name, self._blocks, self._say, patience=ENDING_SECONDS)
            for block in self.blocks():
                self._forget(block)
        except QueueError as error:
            self._say(f"blocks could not be cancelled, and end by themselves: {error}")
        finally:
            self._pools.shutdown()
