"""The segments of a task's replicas: from one checkpoint to the next."""

from __future__ import annotations

import copy
import socket
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from numpy.random import SeedSequence

from ..engines.engine import Engine, ReplicaState
from ..engines.ensemble import ReplicaRecord
from ..engines.fingerprint import fingerprint
from ..engines.identity import Physics
from ..engines.randomness import replica_seed
from ..engines.registry import ENGINES
from .tasks import Task


@dataclass(frozen=True)
class Segment:
    """What became of a replica in one segment.

    Attributes
    ----------
    state
        Where it is now; where it was before if it failed.
    failure
        Traceback, or nothing.
    fingerprint, host
        Where it was computed.
    """

    state: ReplicaState
    failure: str
    fingerprint: str
    host: str
    wall_seconds: float
    cpu_seconds: float


def make_engine(
    physics: Physics, sampling: dict[str, Any], engines: Mapping[str, type[Engine]] = ENGINES
) -> Engine:
    """Build the engine of a state point from its documents."""
    kind = engines[physics.engine]
    settings = {name: value for name, value in sampling.items() if name != "statistics_version"}
    return kind(
        kind.Parameters.model_validate(physics.state_point),
        kind.Dynamics.model_validate(physics.dynamics),
        kind.Sampling.model_validate(settings),
    )


class Segments:
    """Advances replicas of one task, each from its step to the next checkpoint."""

    def __init__(self, task: Task) -> None:
        self._task = task

    @cached_property
    def engines(self) -> dict[str, Engine]:
        """One engine per state point, by its hash."""
        return {
            name: self.make(name, Physics(**document))
            for name, document in self._task.physics.items()
        }

    def make(self, name: str, physics: Physics) -> Engine:
        """Build the engine of a state point, by its hash and its identity."""
        del name
        return make_engine(physics, self._task.sampling)

    def engine(self, record: ReplicaRecord) -> Engine:
        """Engine of a replica."""
        return self.engines[record.physics.state_point_hash]

    def compute(self, record: ReplicaRecord) -> Segment:
        """Advance a copy of a replica's state; an exception is its failure."""
        state, failure = copy.deepcopy(record.state), ""
        wall, cpu = time.monotonic(), time.thread_time()
        try:
            state = self._advanced(record, state)
        except Exception:
            state, failure = record.state, traceback.format_exc()
        wall, cpu = time.monotonic() - wall, time.thread_time() - cpu
        return Segment(state, failure, fingerprint(), socket.gethostname(), wall, cpu)

    def _advanced(self, record: ReplicaRecord, state: ReplicaState) -> ReplicaState:
        engine, length = self.engine(record), self._task.segment_steps
        until = min((state.step // length + 1) * length, engine.total_steps)
        if not state.dynamics:
            state = engine.start(_seed(record))
        engine.advance(state, until)
        return state


def _seed(record: ReplicaRecord) -> SeedSequence:
    return replica_seed(record.physics.seed, record.physics.state_point_hash, record.replica)
