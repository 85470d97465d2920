"""What the manager has to know of a kind of task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from .outcome import Outcome

T = TypeVar("T", contravariant=True)


class Work(Protocol):
    """One kind of task: how it is run, and what became of it.

    Using
    -----
    The manager submits `function` with a serialised try, hands the outcome to `settle`, and asks
    `rest` what of the task is to be queued again.

    Creating your own
    -----------------
    Keep all state in files: the manager may die between any two of these calls.
    """

    @property
    def function(self) -> Callable[[str], dict[str, Any]]:
        """What an executor calls with a serialised try; returns an `Outcome` as a document."""

    def progress(self, task: Any) -> dict[str, int]:
        """Durable steps of each member of the task."""

    def incomplete(self, task: Any) -> list[str]:
        """Keys of the members that are not durable in full, after looking at the files again."""

    def settle(self, task: Any, outcome: Outcome) -> None:
        """Take note of what a try published."""

    def rest(self, task: Any) -> list[Any]:
        """Tasks for what is still to be done of this one."""
