"""What a campaign spends, how fast it is, and how long it will take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from .executors.block import Block


@dataclass(frozen=True)
class BlockView:
    """A block as `perrin status` shows it.

    Attributes
    ----------
    since
        Unix time at which it was submitted, or began to run.
    ends
        Unix time at which its walltime is over.
    workers, busy
        Registered workers, and those with something to do.
    """

    job: str
    pool: str
    state: str
    since: float
    ends: float | None
    workers: int
    busy: int
    reason: str

    @classmethod
    def of(cls, block: Block) -> Self:
        """Sum up a block as its executor knows it."""
        state = "running" if block.runs else "queued"
        return cls(
            job=block.job,
            pool=block.pool.value,
            state="ending" if block.held else state,
            since=block.started or block.submitted,
            ends=block.ends,
            workers=block.workers,
            busy=block.busy,
            reason=block.reason if not block.runs else "",
        )


@dataclass(frozen=True)
class Outlook:
    """Speed, spending and prospects of a campaign.

    Attributes
    ----------
    blocks
        Blocks of the cluster, if it is one.
    queue_wait
        How long blocks waited in the queue so far, on average, in seconds.
    steps_per_second
        Speed of the last minutes.
    core_hours_spent, core_hours_left
        What was granted so far, whatever became of it, and what the rest will take at this speed.
    seconds_left
        Time until all that is planned is done, the wait for queued blocks included.
    trouble
        Why nothing runs, or not what should.
    """

    blocks: tuple[BlockView, ...] = ()
    queue_wait: float | None = None
    steps_per_second: float = 0.0
    core_hours_spent: float = 0.0
    core_hours_left: float | None = None
    seconds_left: float | None = None
    trouble: str | None = None

    @property
    def at_rest(self) -> Self:
        """What remains of it when no manager is left: what was spent, and what the rest takes."""
        return type(self)(
            core_hours_spent=self.core_hours_spent, core_hours_left=self.core_hours_left
        )

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Inverse of `dataclasses.asdict`, by way of JSON."""
        blocks = tuple(BlockView(**block) for block in document["blocks"])
        return cls(**{**document, "blocks": blocks})


def time_left(
    steps: float, rate: float, *, running: int, queued: int, until_they_run: float
) -> float | None:
    """Seconds until so many steps are done.

    Parameters
    ----------
    steps
        What is left.
    rate
        Steps per second of one worker.
    running, queued
        Workers that compute, and workers of blocks that wait in the queue.
    until_they_run
        How long those are expected to wait.
    """
    if steps <= 0:
        return 0.0
    now, then = running * rate, (running + queued) * rate
    if then <= 0:
        return None
    if now * until_they_run >= steps or not queued:
        return steps / now if now > 0 else None
    return until_they_run + (steps - now * until_they_run) / then
