"""Tasks: bundles of replicas that one worker runs and writes to one file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, ClassVar, Protocol, Self

from ..engines.canonical import digest
from ..engines.identity import Physics


class AnyTask(Protocol):
    """What one worker does in one go, and what it is known by."""

    @property
    def keys(self) -> list[str]:
        """Identities of what it makes."""

    @property
    def name(self) -> str:
        """Name of the task."""

    @property
    def title(self) -> str:
        """Stage of learning that it belongs to; empty for simulations."""

    @property
    def urgency(self) -> int:
        """Which tasks go first: those with a smaller number."""

    @property
    def processes(self) -> int:
        """How many processes compute at the same time."""

    @property
    def pool(self) -> str:
        """Kind of block that it is for, a `site_configs.slurm.Pool`."""


@dataclass(frozen=True)
class Task:
    """A bundle of replicas of one engine, dynamics and sampling; plain values throughout.

    Attributes
    ----------
    directory
        Root of the campaign's directory.
    physics
        Identity documents of the state points, by state-point hash.
    replicas
        (State-point hash, replica index) of each member.
    sampling
        Document of the sampling, its length included.
    sources
        Files to start from: per replica the furthest of them counts.
    segment_steps, segment_seconds
        Distance of checkpoints, and its nominal wall time; never affect a result.
    threads
        Replicas that one process runs at the same time.
    ranks
        Processes of the MPI group that runs it, one replica each; 1 for a plain worker.
    domains
        Whether these processes share each replica instead.
    launch
        Command that starts the processes of a program, which is to follow.
    """

    directory: str
    physics: dict[str, dict[str, Any]]
    replicas: list[tuple[str, int]]
    sampling: dict[str, Any]
    sources: list[str] = field(default_factory=list)
    segment_steps: int = 100_000
    threads: int = 1
    ranks: int = 1
    domains: bool = False
    launch: list[str] = field(default_factory=list)
    segment_seconds: float = 0.0
    title: ClassVar[str] = ""
    urgency: ClassVar[int] = 0

    @property
    def processes(self) -> int:
        """How many processes compute at the same time."""
        return self.ranks

    @property
    def pool(self) -> str:
        """Kind of block that it is for."""
        return "mpi" if self.ranks > 1 else "workers"

    def members(self) -> list[tuple[Physics, int]]:
        """Identity and index of each replica."""
        physics = {name: Physics(**document) for name, document in self.physics.items()}
        return [(physics[name], replica) for name, replica in self.replicas]

    @cached_property
    def keys(self) -> list[str]:
        """Keys of the replicas."""
        return [physics.replica_key(replica) for physics, replica in self.members()]

    @cached_property
    def name(self) -> str:
        """Name of the task and of its file: a hash of what is in it."""
        return digest({"replicas": sorted(self.keys), "sampling": self.sampling}, 16)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Inverse of `dataclasses.asdict`, by way of JSON."""
        replicas = [(name, replica) for name, replica in document["replicas"]]
        return cls(**{**document, "replicas": replicas})


@dataclass(frozen=True)
class Try:
    """One attempt at a task.

    Attributes
    ----------
    task
        What is tried.
    token
        Fencing token: part of every name that this try writes.
    generation
        Generation of the manager that ordered it; a newer one makes the try give up.
    deadline
        Unix time at which the block ends, None without a limit.
    """

    task: Any
    token: str
    generation: int
    deadline: float | None = None

    def to_json(self) -> str:
        """Serialise for the way to a worker."""
        document = {f.name: getattr(self, f.name) for f in fields(self)}
        document["task"] = {f.name: getattr(self.task, f.name) for f in fields(self.task)}
        return json.dumps(document)

    @classmethod
    def from_json(cls, text: str, kind: type[Any] = Task) -> Try:
        """Inverse of `to_json` for a task of this kind."""
        document = json.loads(text)
        return cls(task=kind.from_document(document.pop("task")), **document)


@dataclass(frozen=True)
class Pending:
    """A replica that has to be computed, or only published, and what is left of it."""

    physics: Physics
    replica: int
    steps_left: int
    source: str | None


def bundle(
    pending: Sequence[Pending],
    *,
    directory: str,
    sampling: dict[str, Any],
    replicas_per_task: int,
    segment_steps: int,
    threads: int,
    ranks: int = 1,
    domains: bool = False,
    segment_seconds: float = 0.0,
) -> list[Task]:
    """Cut the pending replicas into tasks of at most `replicas_per_task`, in the given order.

    A task of fewer replicas than `ranks` gets as few, unless these cut replicas into `domains`.
    """
    tasks = []
    for start in range(0, len(pending), replicas_per_task):
        members = pending[start : start + replicas_per_task]
        physics = {m.physics.state_point_hash: m.physics for m in members}
        task = Task(
            directory=directory,
            physics={name: one.as_document() for name, one in physics.items()},
            replicas=[(m.physics.state_point_hash, m.replica) for m in members],
            sampling=sampling,
            sources=sorted({m.source for m in members if m.source}),
            segment_steps=segment_steps,
            threads=threads,
            ranks=ranks if domains else min(ranks, len(members)),
            domains=domains,
            segment_seconds=segment_seconds,
        )
        vars(task)["keys"] = [m.physics.replica_key(m.replica) for m in members]
        tasks.append(task)
    return tasks
