"""Who computes the segments of a try: threads of one process, or the processes of a group."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from ..engines.ensemble import ReplicaRecord
from .segments import Segment, Segments


class Crew(Protocol):
    """Computes segments of several replicas at the same time.

    Using
    -----
    ``compute`` takes at most ``size`` records and returns one segment for each.

    Creating your own
    -----------------
    Records stay as they are. What a replica raises is part of its segment; `compute` raises only
    if the crew itself cannot go on.
    """

    @property
    def size(self) -> int:
        """Replicas that it computes at the same time."""

    def compute(self, records: list[ReplicaRecord]) -> list[Segment]:
        """Compute the next segment of each record."""


class Threads:
    """A replica on each thread of this process; one replica alone needs none."""

    def __init__(self, segments: Segments, size: int) -> None:
        self._segments, self._size = segments, size

    @property
    def size(self) -> int:
        """Number of threads."""
        return self._size

    def compute(self, records: list[ReplicaRecord]) -> list[Segment]:
        """Compute the next segment of each record."""
        if len(records) == 1:
            return [self._segments.compute(records[0])]
        with ThreadPoolExecutor(len(records)) as pool:
            return list(pool.map(self._segments.compute, records))
