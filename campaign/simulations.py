"""Simulation tasks as the manager sees them: pending replicas, results, and what is left."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..engines.seal import DamagedFileError
from .index import IndexedFile
from .journal import Journal
from .layout import Layout
from .outcome import Outcome
from .plan import Plan
from .store import Store
from .tally import Tally
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
    tally: Tally = field(init=False)
    _bundled: tuple[Plan, int] | None = None

    def __post_init__(self) -> None:
        self.tally = Tally(self.store)

    @property
    def function(self) -> Callable[[str], dict[str, Any]]:
        """What an executor calls."""
        return run_try

    def has_grown(self) -> bool:
        """Whether replicas may be missing that were not when tasks were last made of all."""
        if self._bundled is None:
            return True
        plan, era = self._bundled
        return plan is not self.plan or era != self.store.index.era

    def pending_tasks(self, queued: Iterable[str] = ()) -> list[Task]:
        """Tasks for every replica that is neither published nor quarantined nor `queued`."""
        self._bundled = self.plan, self.store.index.era
        settled = self.journal.state.quarantined.keys() | set(queued)
        missing = self.tally.missing(self.plan)
        keys = [key for key in self.plan.wanted if key in missing and key not in settled]
        return self.plan.tasks(self.plan.pending(self.store, (), keys), str(self.layout.root))

    def progress(self, task: Task) -> dict[str, int]:
        """Durable steps of each replica."""
        sampling = self.plan.sampling_hash
        return {key: self.store.steps_done(key, sampling) for key in task.keys}

    def incomplete(self, task: Task) -> list[str]:
        """Replicas that are not durable at their full length."""
        self.store.read_checkpoints()
        return [key for key in task.keys if not self.plan.is_complete(key, self.store)]

    def settle(self, task: Task, outcome: Outcome) -> None:
        """Index what a try published, even one that could not say so any more."""
        published = self.layout.results / f"{task.name}.h5"
        if outcome.ending != "published":
            if published.name not in self.store.index.files and published.exists():
                self.journal.record("result-found", file=published.name)
                self._index_winner(task, published)
            if outcome.ending == "drained" and outcome.reason:
                self._forget_lost(task)
        elif outcome.digest:
            rows, sampling = tuple(outcome.rows), self.plan.sampling_hash
            entry = (outcome.file, outcome.size, outcome.digest, sampling, rows)
            self.store.index.add(IndexedFile(*entry))
        else:
            self._index_winner(task, self.layout.results / outcome.file)

    def _forget_lost(self, task: Task) -> None:
        """Have the replicas of results that were sources, and are gone, computed again."""
        names = {Path(source).name for source in task.sources} & self.store.index.files.keys()
        for name in sorted(names):
            if not (self.layout.results / name).exists():
                self.journal.record("result-missing", file=name)
                self.store.index.discard(name)

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
        if self.tally.missing(self.plan).isdisjoint(task.keys):
            return []
        self.store.read_checkpoints()
        pending = self.plan.pending(self.store, self.journal.state.quarantined, task.keys)
        keys = [p.physics.replica_key(p.replica) for p in pending]
        alone = [must_isolate(self.journal, key) for key in keys]
        together = [p for p, isolated in zip(pending, alone, strict=True) if not isolated]
        groups = [together, *([p] for p, isolated in zip(pending, alone, strict=True) if isolated)]
        directory = str(self.layout.root)
        return [rest for group in groups for rest in self.plan.tasks(group, directory)]

    def missing_bytes(self) -> float:
        """How much more space is needed to dispatch a task on each worker; 0 if there is enough."""
        needed = self.plan.bytes_in_flight
        return needed if shutil.disk_usage(self.layout.root).free < needed else 0.0
