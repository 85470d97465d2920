"""MPI groups that never began: nobody's fault at first, the site's after a few in a row."""

from __future__ import annotations

from .executors.adaptor import ExecutorError

MOST_FALSE_STARTS = 3


class FalseStarts:
    """Counts false starts between which no group got going."""

    def __init__(self) -> None:
        self._count = 0

    def note_success(self) -> None:
        """A group has begun to compute."""
        self._count = 0

    def note_failure(self, words: str) -> None:
        """A group has not; raises `ExecutorError` when that has happened too often."""
        self._count += 1
        if self._count >= MOST_FALSE_STARTS:
            raise ExecutorError(
                f"{self._count} MPI groups in a row did not begin; the last one: {words}"
            )
