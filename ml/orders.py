"""When the processes of a training look up from their work, and what they do then.

They look up together, after a number of steps that all of them know, and the first of them
decides. The number follows from the time that steps take; results do not depend on it.
"""

from __future__ import annotations

import time
from enum import IntEnum
from pathlib import Path

from .ranks import Ranks
from .training_job import STOP_FILE, TrainingJob

SECONDS_BETWEEN_POLLS = 1.0
MOST_STEPS_BETWEEN_POLLS = 20
DEADLINE_MARGIN_SECONDS = 5.0


class Order(IntEnum):
    """What all processes do next."""

    CONTINUE = 0
    CHECKPOINT = 1
    LEAVE = 2


class Orders:
    """Tells each process when to look up, and what the first of them decided."""

    def __init__(self, job: TrainingJob, ranks: Ranks) -> None:
        self._job, self._ranks = job, ranks
        self._taken, self._steps = 0, 1
        self._longest = self._checkpoint_seconds = 0.0
        self._polled = self._saved = time.monotonic()

    def start(self) -> None:
        """Start the clock: the first step comes next."""
        self._polled = time.monotonic()

    def count_step(self) -> None:
        """Note that a step was taken."""
        self._taken += 1

    @property
    def are_due(self) -> bool:
        """Whether this is a step before which all processes look up."""
        return self._taken >= self._steps

    def next(self) -> Order:
        """Look up; all processes must do so at the same step."""
        order = self._decide() if self._ranks.is_first else Order.CONTINUE
        order_number, self._steps = self._ranks.numbers_from_first(order, self._steps)
        self._taken = 0
        return Order(order_number)

    def note_checkpoint(self, began: float) -> None:
        """Note that a checkpoint was written, from the monotonic time `began` until now."""
        self._polled = self._saved = time.monotonic()
        self._checkpoint_seconds = self._saved - began

    @property
    def are_to_leave(self) -> bool:
        """Whether there is a deadline that another poll and a checkpoint could miss, or a stop."""
        deadline = self._job.deadline
        if deadline is not None:
            needed = 1.5 * (self._longest + self._checkpoint_seconds) + DEADLINE_MARGIN_SECONDS
            if time.time() + needed > deadline:
                return True
        return (Path(self._job.scratch) / STOP_FILE).exists()

    def _decide(self) -> Order:
        now = time.monotonic()
        elapsed, self._polled = now - self._polled, now
        self._longest = max(self._longest, elapsed)
        if elapsed > 0:
            affordable = int(self._taken * SECONDS_BETWEEN_POLLS / elapsed)
            self._steps = max(1, min(affordable, MOST_STEPS_BETWEEN_POLLS))
        if self.are_to_leave:
            return Order.LEAVE
        late = now - self._saved > self._job.checkpoint_seconds
        return Order.CHECKPOINT if late else Order.CONTINUE
