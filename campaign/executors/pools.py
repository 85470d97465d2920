"""What Parsl and Dask have to offer so that perrin can run blocks of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple

from ...site_configs.slurm import Pool
from ..processes import ProcessName
from .adaptor import Loss
from .block import Block


class Load(NamedTuple):
    """Registered workers of a block, and how many of them have something to do."""

    workers: int
    busy: int


class Pools(ABC):
    """The pools of one executor, one for each shape of block.

    Using
    -----
    `SlurmAdaptor` decides when blocks begin and end, and asks here how.

    Creating your own
    -----------------
    ``start_block`` submits a job under the given name and returns it at once; workers register
    whenever they come. Nothing here may start, end or restart a block of its own accord.
    """

    tries_per_worker: int
    """How many tries to hand out for each registered worker; more than one only if those that wait
    are not tied to a worker."""

    @abstractmethod
    def submit(
        self, pool: Pool, function: Callable[..., Any], arguments: tuple[Any, ...]
    ) -> Future[Any]:
        """Run ``function(*arguments)`` on a worker of a pool."""

    @abstractmethod
    def start_block(self, pool: Pool, name: str) -> Block:
        """Submit a job; raises `QueueError` if Slurm does not take it."""

    @abstractmethod
    def loads(self) -> dict[str, Load]:
        """Load of every block with registered workers, by the number of its job."""

    @abstractmethod
    def hold(self, block: Block) -> None:
        """Give the workers of a block no more tasks."""

    @abstractmethod
    def loss(self, error: BaseException) -> Loss | None:
        """Tell what was lost, or None for an exception that the function raised."""

    @abstractmethod
    def came_back(self, block: Block, since: float) -> bool:
        """Whether a block has shown to be alive since it lost a worker, a monotonic time."""

    @abstractmethod
    def check(self) -> None:
        """Raise `ExecutorError` if the executor itself is broken."""

    @abstractmethod
    def processes(self) -> list[ProcessName]:
        """Processes beside the manager that the executor needs."""

    @abstractmethod
    def shutdown(self) -> None:
        """Close down; all blocks have been cancelled."""
