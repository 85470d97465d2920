"""A block: a Slurm job that holds workers for many tasks."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from ...site_configs.slurm import Pool
from ...site_configs.slurm_queue import Job


@dataclass
class Block:
    """One block, from its submission to its end; times are Unix times.

    Attributes
    ----------
    job
        Number of the Slurm job.
    name
        Name of the Slurm job, which no other has.
    pool
        What kind of task it is for.
    log
        What its processes print.
    started, ends
        When it got its nodes, and when its walltime is over.
    reason
        Why it waits.
    workers, busy
        Registered workers, and those with something to do.
    registered
        Whether it ever had a worker.
    held
        Whether it gets no more tasks.
    idle_since
        Since when it has had nothing to do.
    silent_since
        Since when all its workers have been gone.
    """

    job: str
    name: str
    pool: Pool
    log: str
    submitted: float = field(default_factory=time.time)
    started: float | None = None
    ends: float | None = None
    reason: str = ""
    workers: int = 0
    busy: int = 0
    registered: bool = False
    held: bool = False
    idle_since: float | None = None
    silent_since: float | None = None

    @property
    def runs(self) -> bool:
        """Whether it has its nodes."""
        return self.started is not None

    @property
    def free_workers(self) -> int:
        """Workers that may be given tasks."""
        return 0 if self.held else self.workers

    def see(self, job: Job) -> None:
        """Take note of what the queue says."""
        self.reason = job.reason
        if job.runs:
            self.ends = job.ends
            if self.started is None:
                self.started = time.time()

    def note_load(self, workers: int, busy: int) -> None:
        """Take note of its workers."""
        now = time.time()
        self.workers, self.busy = workers, busy
        self.registered = self.registered or workers > 0
        self.idle_since = (self.idle_since or now) if workers and not busy else None
        self.silent_since = (self.silent_since or now) if self.registered and not workers else None

    def hold(self) -> None:
        """Give it no more tasks; whether it still has one is seen when its load is next."""
        self.held = True
        self.busy = max(self.busy, self.workers and 1)

    def as_document(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
