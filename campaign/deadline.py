"""When a try must have left: its own deadline, and the end of the block that it runs on."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

BLOCK_END = "PERRIN_BLOCK_END"
"""Environment variable with the Unix time at which the block of this process ends."""
MARGIN_SECONDS = 5.0
PAUSE_SECONDS = 5.0
LONGEST_ESTIMATE_SECONDS = 60.0


def effective_deadline(own: float | None) -> float | None:
    """Unix time of the earlier of the two, None without a limit."""
    block = os.environ.get(BLOCK_END)
    limits = [limit for limit in (own, float(block) if block else None) if limit is not None]
    return min(limits, default=None)


def estimated_need(segment_seconds: float) -> float:
    """Time to ask for before a first segment, of which only a nominal time is known, in seconds.

    An estimate that is far too long must not keep a block from ever beginning.
    """
    return 1.5 * min(segment_seconds, LONGEST_ESTIMATE_SECONDS)


@dataclass(frozen=True)
class Deadline:
    """A Unix time, None without a limit, and what can still be done before it."""

    at: float | None

    @classmethod
    def of(cls, own: float | None) -> Deadline:
        """Deadline of a try, which its block may bring forward."""
        return cls(effective_deadline(own))

    def forbids(self, seconds: float) -> bool:
        """Whether something of so many seconds, and a margin, would not end in time."""
        return self.at is not None and time.time() + seconds + MARGIN_SECONDS > self.at

    def turns_away(self, seconds: float) -> bool:
        """Whether there is no time to begin, after a pause if so.

        Without the pause a dying block could be given the same task hundreds of times a second.
        To be called without a claim: the block may end meanwhile, and that is no crash.
        """
        if self.at is None or not self.forbids(seconds):
            return False
        pause()
        return True


def pause() -> None:
    """Keep a worker that is of no use now from asking for the next task at once."""
    time.sleep(PAUSE_SECONDS)
