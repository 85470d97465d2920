"""Where a campaign stands, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Stage:
    """A stage of learning under way.

    Attributes
    ----------
    title
        Round and what is done.
    done, total
        Tasks; the one under way counts by how far it is.
    """

    title: str
    done: float
    total: int


@dataclass(frozen=True)
class Standing:
    """Counts of replicas and steps; what runs is known to the last checkpoint.

    Attributes
    ----------
    replicas_running
        Replicas of tasks that a worker has claimed, and has not published.
    steps_done
        Steps of published replicas, and of others as far as checkpoints or workers know.
    stages
        What learning does at the moment.
    """

    replicas_total: int
    replicas_done: int
    replicas_running: int
    replicas_quarantined: int
    steps_total: int
    steps_done: int
    stages: tuple[Stage, ...] = ()

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Inverse of `dataclasses.asdict`, by way of JSON."""
        stages = tuple(Stage(**stage) for stage in document["stages"])
        return cls(**{**document, "stages": stages})

    @property
    def replicas_waiting(self) -> int:
        """Replicas that nobody works on yet."""
        settled = self.replicas_done + self.replicas_running + self.replicas_quarantined
        return max(0, self.replicas_total - settled)

    @property
    def is_complete(self) -> bool:
        """Whether every replica is published."""
        return self.replicas_done == self.replicas_total
