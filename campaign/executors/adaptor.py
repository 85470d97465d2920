"""What the manager needs of an executor: submit, and tell a lost worker from an exception."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from enum import Enum
from typing import Any

from ... import PerrinError
from ..processes import ProcessName


class ExecutorError(PerrinError, RuntimeError):
    """An executor that cannot run tasks."""


class Loss(Enum):
    """What died under a try."""

    WORKER = "worker"
    """One process, on a block that lives on: perhaps the fault of the task."""
    BLOCK = "block"
    """The node or block with all its workers: not the fault of the task."""


class ExecutorAdaptor(ABC):
    """A running pool of workers.

    Using
    -----
    ``submit`` returns a `concurrent.futures.Future`. ``loss`` tells an exception that stands for
    a dead worker from one that the function raised. ``shutdown`` ends the workers, whatever they
    do.

    Creating your own
    -----------------
    Switch the retries of the executor off: the manager owns them, so that every try is recorded.
    Report in ``processes`` what could outlive a manager that is killed.
    """

    @abstractmethod
    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run ``function(*arguments)`` on a worker."""

    @abstractmethod
    def loss(self, error: BaseException) -> Loss | None:
        """Tell what was lost, or None for an exception that the function raised."""

    def tend(self) -> bool:
        """Start again what died without a task; called often. True if `processes` changed.

        Raises `ExecutorError` if that is of no use.
        """
        return False

    @abstractmethod
    def processes(self) -> list[ProcessName]:
        """Roots of the process trees that may outlive the manager."""

    @abstractmethod
    def shutdown(self) -> None:
        """End the pool and all its processes."""
