"""Watching how fast a campaign is, what it spends, and why nothing runs if nothing does."""

from __future__ import annotations

import time
from collections import deque

from .executors.adaptor import ExecutorAdaptor
from .executors.block import Block
from .idleness import why_idle
from .ledger import Ledger
from .outlook import BlockView, Outlook, time_left
from .plan import Plan
from .standing import Standing

MEMORY_SECONDS = 300.0


class Monitor:
    """Follows one manager.

    Parameters
    ----------
    plan
        The campaign; until a speed is observed, it says how fast workers will be.
    ledger
        What the journal says of blocks, those of earlier managers included.
    """

    def __init__(self, plan: Plan, ledger: Ledger) -> None:
        self._site, self._ledger, self._pool = plan.site, ledger, plan.pool
        self._expected, self._cores = plan.steps_per_second, plan.cores_per_worker
        self._began: float | None = None
        self._seen: deque[tuple[float, int]] = deque()

    def look(self, standing: Standing, executor: ExecutorAdaptor | None, hindrance: str) -> Outlook:
        """Sum up; `hindrance` is why the manager itself starts nothing, if so."""
        blocks = executor.blocks() if executor is not None else []
        if executor is not None and self._began is None:
            self._began = time.time()
        rate = self._rate(standing.steps_done)
        working = self._working(standing, blocks)
        per_worker = rate / working if rate and working else self._expected
        left = standing.steps_total - standing.steps_done
        return Outlook(
            blocks=tuple(map(BlockView.of, blocks)),
            queue_wait=self._ledger.mean_wait,
            steps_per_second=rate,
            core_hours_spent=self.core_seconds / 3600,
            core_hours_left=left / per_worker * self._cores / 3600,
            seconds_left=self._seconds_left(left, per_worker, working, blocks),
            trouble=self._trouble(standing, executor, blocks, hindrance),
        )

    def end(self) -> float:
        """Stop counting; return the core time of this machine, to be entered in the ledger."""
        mine = self._mine_since_start() if self._site.slurm is None else 0.0
        self._began = None
        return mine

    @property
    def core_seconds(self) -> float:
        """Core time that was granted so far."""
        if self._site.slurm is not None:
            return self._ledger.granted(time.time())
        return self._ledger.core_seconds + self._mine_since_start()

    def _mine_since_start(self) -> float:
        if self._began is None:
            return 0.0
        cores = self._site.workers * self._site.threads_per_worker
        return cores * (time.time() - self._began)

    def _rate(self, steps: int) -> float:
        """Steps per second of the last minutes; 0 if nothing is known yet."""
        now = time.monotonic()
        if self._seen and steps < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, steps))
        while now - self._seen[0][0] > MEMORY_SECONDS:
            self._seen.popleft()
        began, first = self._seen[0]
        return (steps - first) / (now - began) if now > began else 0.0

    def _working(self, standing: Standing, blocks: list[Block]) -> int:
        if self._site.slurm is not None:
            return sum(block.busy for block in blocks if block.pool is self._pool)
        return min(self._site.workers, standing.replicas_running)

    def _seconds_left(
        self, left: int, per_worker: float, working: int, blocks: list[Block]
    ) -> float | None:
        queued = [block for block in blocks if not block.runs and block.pool is self._pool]
        waited = max((time.time() - block.submitted for block in queued), default=0.0)
        return time_left(
            left,
            per_worker,
            running=working,
            queued=len(queued) * self._site.workers_per_block(self._pool) if queued else 0,
            until_they_run=max(0.0, (self._ledger.mean_wait or 0.0) - waited),
        )

    def _trouble(
        self,
        standing: Standing,
        executor: ExecutorAdaptor | None,
        blocks: list[Block],
        hindrance: str,
    ) -> str | None:
        if hindrance:
            return hindrance
        if executor is not None and executor.trouble:
            return executor.trouble
        if standing.replicas_running or not standing.replicas_waiting or self._site.slurm is None:
            return None
        return why_idle(blocks)
