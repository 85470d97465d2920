"""Learning tasks as the manager sees them: one file each, there or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from ..journal import Journal
from ..outcome import Outcome
from ..store import Store
from .damage import set_aside
from .exploration_task import ExplorationTask
from .training_task import TrainingTask

LearningTask: TypeAlias = TrainingTask | ExplorationTask


@dataclass(frozen=True)
class LearningWork:
    """Tasks that publish one file, and start again from their own checkpoints if they have any."""

    store: Store
    journal: Journal
    function: Callable[[str], dict[str, Any]]

    def progress(self, task: LearningTask) -> dict[str, int]:
        """Nothing is durable that another task could use."""
        return dict.fromkeys(task.keys, 0)

    def incomplete(self, task: LearningTask) -> list[str]:
        """The one member, unless its file is there."""
        return [] if task.output.exists() else task.keys

    def settle(self, task: LearningTask, outcome: Outcome) -> None:
        """Set aside what a worker found damaged; what was published says it all by itself."""
        if outcome.ending == "damaged":
            set_aside(self.store, Path(outcome.file), f"found damaged by task {task.name}")

    def rest(self, task: LearningTask) -> list[LearningTask]:
        """The same task again, unless it is done, or hopeless, or lacks what it starts from."""
        hopeless = task.key in self.journal.state.quarantined
        return [] if hopeless or task.output.exists() or not task.has_inputs else [task]
