"""Slurm blocks that are not known to have ended, and the core time that all were granted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self


@dataclass
class OpenBlock:
    """A block in the queue or on its nodes; times are Unix times.

    Attributes
    ----------
    ends
        When its walltime is over, if it runs and Slurm says so.
    """

    cores: int
    submitted: float
    started: float | None = None
    ends: float | None = None


@dataclass
class Ledger:
    """The books of a campaign; kept by the journal, from the events of blocks.

    Attributes
    ----------
    open
        Number of the job -> block.
    core_seconds
        Core time of what has ended: of blocks, or of workers of this machine.
    waits, waited
        How many blocks began to run, and how long all of them together waited in the queue.
    """

    open: dict[str, OpenBlock] = field(default_factory=dict)
    core_seconds: float = 0.0
    waits: int = 0
    waited: float = 0.0

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Inverse of `dataclasses.asdict`, by way of JSON."""
        open_blocks = {job: OpenBlock(**block) for job, block in document["open"].items()}
        return cls(
            open=open_blocks,
            core_seconds=float(document["core_seconds"]),
            waits=int(document["waits"]),
            waited=float(document["waited"]),
        )

    def apply(self, record: dict[str, Any]) -> None:
        """Enter one event."""
        match record.get("event"):
            case "block-submitted":
                self.open[record["job"]] = OpenBlock(record["cores"], record["time"])
            case "block-started":
                block = self.open[record["job"]]
                block.started, block.ends = record["time"], record.get("ends")
                self.waits += 1
                self.waited += record["time"] - block.submitted
            case "block-ended":
                self.core_seconds += _granted(self.open.pop(record["job"]), record["time"])
            case "ended-processes":
                self.core_seconds += record.get("core_seconds", 0.0)

    @property
    def mean_wait(self) -> float | None:
        """How long a block waited in the queue, on average, in seconds."""
        return self.waited / self.waits if self.waits else None

    def granted(self, now: float) -> float:
        """Core time granted until now, in seconds."""
        return self.core_seconds + sum(_granted(block, now) for block in self.open.values())


def _granted(block: OpenBlock, until: float) -> float:
    """Core time until then, but not beyond the walltime: its end may be noticed days later."""
    if block.started is None:
        return 0.0
    until = until if block.ends is None else min(until, block.ends)
    return block.cores * max(0.0, until - block.started)
