"""Simulation tasks as the manager sees them: pending replicas, results, and what is left."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engines.seal import DamagedFileError
from .index import IndexedFile
from .journal import Journal
from .layout import Layout
from .outcome import Outcome
from .plan import Plan
from .store import Store
from .tasks import Task
from .verdict import must_isolate
from .worker import run_try


@dataclass
class Simulations:
    """The replicas of a plan, and the files that they go to."""

    plan: Plan
    layout: Layout
    store: Store
    journal: Journal

    @property
    def function(self) -> Callable[[str], dict[str, Any]]:
        """What an executor calls."""
        return run_try

    def pending_tasks(self, queued: Iterable[str] = ()) -> list[Task]:
        """Tasks for every replica that is neither published nor quarantined nor `queued`."""
        settled = self.journal.state.quarantined.keys() | set(queued)
        return self.plan.tasks(self.plan.pending(self.store, settled), str(self.layout.root))

    def progress(self, task: Task) -> dict[str, int]:
        """Durable steps of each replica."""
        sampling = self.plan.sampling_hash
        return {key: self.store.steps_done(key, sampling) for key in task.keys}

    def incomplete(self, task: Task) -> list[str]:
        """Replicas that are not durable at their full length."""
        self.store.read_checkpoints()
        return [key for key in task.keys if not self.plan.is_complete(key, self.store)]

    def settle(self, task: Task, outcome: Outcome) -> None:
        """Index what a try published."""
        if outcome.ending != "published":
            return
        if outcome.digest:
            rows, sampling = tuple(outcome.rows), self.plan.sampling_hash
            entry = (outcome.file, outcome.size, outcome.digest, sampling, rows)
            self.store.index.add(IndexedFile(*entry))
        else:
            self._index_winner(task, self.layout.results / outcome.file)

    def _index_winner(self, task: Task, path: Path) -> None:
        """Index the file that had the name already, if it holds what the task was to publish."""
        try:
            winner = IndexedFile.of(path)
            wanted = set(task.keys) - self.journal.state.failures.keys()
            if not wanted <= {row.key for row in winner.rows}:
                raise DamagedFileError(path, "has the name of a task and other replicas")
            self.store.index.add(winner)
        except DamagedFileError as error:
            self.store.set_aside(path, error.reason)

    def rest(self, task: Task) -> list[Task]:
        """Tasks for what a try left unpublished; what keeps crashing goes alone."""
        if all(self.plan.is_published(key, self.store) for key in task.keys):
            return []
        self.store.read_checkpoints()
        pending = self.plan.pending(self.store, self.journal.state.quarantined, task.keys)
        keys = [p.physics.replica_key(p.replica) for p in pending]
        alone = [p for p, key in zip(pending, keys, strict=True) if must_isolate(self.journal, key)]
        groups = [[p for p in pending if p not in alone], *([p] for p in alone)]
        directory = str(self.layout.root)
        return [rest for group in groups for rest in self.plan.tasks(group, directory)]

    def missing_bytes(self) -> float:
        """How much more space is needed to dispatch a task on each worker; 0 if there is enough."""
        replica = max(self.plan.bytes_per_replica(point) for point in self.plan.points)
        bundle = self.plan.replicas_per_task(self.plan.replica_count)
        needed = 2 * replica * bundle * self.plan.site.workers
        return needed if shutil.disk_usage(self.layout.root).free < needed else 0.0
