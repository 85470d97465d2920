"""Tasks that wait to be dispatched."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..site_configs.slurm import Pool
from .tasks import AnyTask


class Lane(NamedTuple):
    """What tasks that wait in one line have in common."""

    urgency: int
    pool: Pool
    processes: int


class Backlog:
    """Tasks in lanes: a look at the first of each lane tells what can be dispatched.

    Parameters
    ----------
    pool_of
        Pool that takes a task.
    """

    def __init__(self, pool_of: Callable[[AnyTask], Pool]) -> None:
        self._pool_of = pool_of
        self._lanes: dict[Lane, deque[AnyTask]] = {}

    def __iter__(self) -> Iterator[AnyTask]:
        for tasks in self._lanes.values():
            yield from tasks

    def __bool__(self) -> bool:
        return any(self._lanes.values())

    def add(self, task: AnyTask) -> None:
        """Put a task at the end of its lane."""
        lane = Lane(task.urgency, self._pool_of(task), task.processes)
        self._lanes.setdefault(lane, deque()).append(task)

    def demand(self) -> Counter[Pool]:
        """Tasks of each pool."""
        counts: Counter[Pool] = Counter()
        for lane, tasks in self._lanes.items():
            if tasks:
                counts[lane.pool] += len(tasks)
        return counts

    def take(self, may_run: Callable[[AnyTask, Pool], bool]) -> Iterator[AnyTask]:
        """Remove and yield tasks, the most urgent first; a lane stops at one that may not run."""
        for lane in sorted(self._lanes):
            tasks = self._lanes[lane]
            while tasks and may_run(tasks[0], lane.pool):
                yield tasks.popleft()
