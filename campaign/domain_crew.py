"""The processes of an MPI group as one crew: each has a domain of the same replica."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import cast

from ..engines.domains.decomposed import Decomposed, dismiss, follow
from ..engines.domains.registry import DECOMPOSED
from ..engines.domains.transport import Communicator
from ..engines.engine import Engine
from ..engines.ensemble import ReplicaRecord
from ..engines.identity import Physics
from .segments import Segment, Segments, make_engine
from .tasks import Task


class DomainSegments(Segments):
    """Advances replicas of one task, with all processes of a group."""

    def __init__(self, task: Task, communicator: Communicator) -> None:
        super().__init__(task)
        self._communicator = communicator

    def make(self, name: str, physics: Physics) -> Engine:
        """Build the engine of a state point, and join it to the group."""
        engine = make_engine(physics, self._task.sampling, DECOMPOSED)
        cast("Decomposed", engine).join(self._communicator, name)
        return engine


class DomainLeader:
    """The first process: the others help it with every segment.

    Using
    -----
    ``dismiss`` ends the others, and has to be called once, at the end.
    """

    size = 1

    def __init__(self, segments: DomainSegments, communicator: Communicator) -> None:
        self._segments, self._communicator = segments, communicator

    def compute(self, records: list[ReplicaRecord]) -> list[Segment]:
        """Compute the next segment of one record; it takes the time of all processes."""
        (record,) = records
        segment, processes = self._segments.compute(record), self._communicator.size
        return [
            replace(
                segment,
                cpu_seconds=segment.cpu_seconds * processes,
                fingerprint=with_domains(segment.fingerprint, processes),
            )
        ]

    def dismiss(self) -> None:
        """Let the others leave."""
        dismiss(self._communicator)


def with_domains(fingerprint: str, domains: int) -> str:
    """Add what decides the last bits as well."""
    parts = {**json.loads(fingerprint), "domains": domains}
    return json.dumps(parts, sort_keys=True, separators=(",", ":"))


def help_with(segments: DomainSegments, communicator: Communicator) -> None:
    """Be one of the other processes."""
    follow(cast("dict[str, Decomposed]", segments.engines), communicator)
