"""How fast tries end, and how many should wait inside the executor so that no worker is idle."""

from __future__ import annotations

import time
from collections import deque

MEMORY_SECONDS = 1.0
SUPPLY_SECONDS = 1.0


class Pace:
    """Ends of tries in one pool.

    Two tries per worker are enough unless they are over in less time than it takes the manager and
    the executor to bring the next ones.
    """

    def __init__(self) -> None:
        self._ends: deque[float] = deque()

    def note_end(self) -> None:
        """Count the end of a try."""
        self._ends.append(time.monotonic())

    def room(self, capacity: int, busy: int) -> int:
        """Tries to add to the `busy` ones of a pool of this capacity.

        It gets at least a moment's worth of tries, and these in few, large helpings.
        """
        if not capacity:
            return 0
        oldest = time.monotonic() - MEMORY_SECONDS
        while self._ends and self._ends[0] < oldest:
            self._ends.popleft()
        moment = int(len(self._ends) * SUPPLY_SECONDS / MEMORY_SECONDS)
        if moment <= capacity:
            return capacity - busy
        return moment - busy if busy <= max(capacity, moment // 2) else 0
