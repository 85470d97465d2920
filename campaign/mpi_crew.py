"""The processes of an MPI group as a crew: the first one leads, the others follow.

Nothing here imports MPI: whoever runs under MPI brings its communicator.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Protocol

from ..engines.domains.transport import Meeting, meet
from ..engines.ensemble import ReplicaRecord
from .segments import Segment, Segments


class Communicator(Meeting, Protocol):
    """What a group needs of `mpi4py.MPI.Comm`."""

    @property
    def size(self) -> int:
        """Number of processes."""

    def scatter(self, sendobj: Any, root: int = 0) -> Any:
        """Send one object of a list to each process."""

    def gather(self, sendobj: Any, root: int = 0) -> list[Any] | None:
        """Collect one object of each process."""


class Order(Enum):
    """What a process is told instead of a replica."""

    REST = "rest"
    LEAVE = "leave"


class Leader:
    """The first process: hands a replica to each process, itself included.

    Using
    -----
    ``dismiss`` ends the others, and has to be called once, at the end.
    """

    def __init__(self, segments: Segments, communicator: Communicator) -> None:
        self._segments, self._communicator = segments, communicator

    @property
    def size(self) -> int:
        """Number of processes."""
        return self._communicator.size

    def compute(self, records: list[ReplicaRecord]) -> list[Segment]:
        """Compute the next segment of each record, the first of them here."""
        idle = self.size - len(records)
        orders: list[ReplicaRecord | Order] = [*records, *[Order.REST] * idle]
        mine = _obey(self._segments, self._order(orders))
        segments = self._communicator.gather(mine) or []
        return segments[: len(records)]

    def dismiss(self) -> None:
        """Let the others leave."""
        self._order([Order.LEAVE] * self.size)

    def _order(self, orders: list[ReplicaRecord | Order]) -> Any:
        meet(self._communicator)
        return self._communicator.scatter(orders)


def follow(segments: Segments, communicator: Communicator) -> None:
    """Compute what the leader says, until it says to leave."""
    while True:
        meet(communicator)
        order = communicator.scatter(None)
        if order is Order.LEAVE:
            return
        communicator.gather(_obey(segments, order))


def _obey(segments: Segments, order: Any) -> Segment | None:
    return None if order is Order.REST else segments.compute(order)
