"""What the manager needs of an executor: submit, and tell a lost worker from an exception."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from enum import Enum
from typing import Any

from ... import PerrinError
from ...site_configs.slurm import Pool
from ..processes import ProcessName
from .block import Block

TRIES_PER_WORKER = 2


class ExecutorError(PerrinError, RuntimeError):
    """An executor that cannot run tasks."""


class Loss(Enum):
    """What died under a try."""

    WORKER = "worker"
    """One process, on a block that lives on: perhaps the fault of the task."""
    BLOCK = "block"
    """The node or block with all its workers: not the fault of the task."""


class ExecutorAdaptor(ABC):
    """Running pools of workers.

    Using
    -----
    ``submit`` returns a `concurrent.futures.Future`. ``loss`` tells an exception that stands for
    a dead worker from one that the function raised. ``tend`` is called often, with the work there
    is. ``shutdown`` ends the workers, whatever they do.

    Creating your own
    -----------------
    Switch the retries of the executor off: the manager owns them, so that every try is recorded.
    Report in ``processes`` and ``blocks`` what could outlive a manager that is killed.
    """

    @abstractmethod
    def submit(
        self, function: Callable[..., Any], *arguments: Any, pool: Pool = Pool.WORKERS
    ) -> Future[Any]:
        """Run ``function(*arguments)`` on a worker of a pool."""

    @abstractmethod
    def capacity(self, pool: Pool) -> int:
        """How many tries a pool should be given at the same time."""

    @abstractmethod
    def loss(self, error: BaseException) -> Loss | None:
        """Tell what was lost, or None for an exception that the function raised."""

    def is_crash(self, block: str | None, since: float) -> bool | None:
        """Whether a lost worker died on a machine that lives on; None if it is too early to tell.

        `block` is the Slurm job on which its try was seen last, `since` the monotonic time at which
        the loss was noticed.
        """
        del block, since
        return True

    def tend(self, demand: Mapping[Pool, int]) -> bool:
        """Start and end what the demand, in tasks of each pool, asks for.

        True if `processes` changed. Raises `ExecutorError` if nothing can run any more.
        """
        del demand
        return False

    def blocks(self) -> list[Block]:
        """Slurm jobs that are there for the workers."""
        return []

    @property
    def trouble(self) -> str | None:
        """Why blocks cannot be had at the moment, if they cannot."""
        return None

    @abstractmethod
    def processes(self) -> list[ProcessName]:
        """Roots of the process trees that may outlive the manager."""

    @abstractmethod
    def shutdown(self) -> None:
        """End the pools and all their processes."""
