"""What groups of processes need of `mpi4py.MPI.Comm`; nothing here imports MPI."""

from __future__ import annotations

import time
from typing import Any, Protocol

POLL_SECONDS = 0.001


class Request(Protocol):
    """A communication under way."""

    def Test(self) -> bool:  # noqa: N802
        """Whether it is over."""


class Meeting(Protocol):
    """Processes that wait for one another."""

    def Ibarrier(self) -> Request:  # noqa: N802
        """Begin to wait for all processes."""


class Communicator(Meeting, Protocol):
    """Processes that send each other arrays (capital letters) and objects."""

    @property
    def rank(self) -> int:
        """Number of this process."""

    @property
    def size(self) -> int:
        """Number of processes."""

    def Sendrecv(  # noqa: N802
        self, sendbuf: Any, dest: int, sendtag: int, recvbuf: Any, source: int, recvtag: int
    ) -> None:
        """Send an array to one process while receiving one from another."""

    def Allreduce(self, sendbuf: Any, recvbuf: Any) -> None:  # noqa: N802
        """Sum arrays over all processes."""

    def Reduce(self, sendbuf: Any, recvbuf: Any, root: int = 0) -> None:  # noqa: N802
        """Sum arrays over all processes, for the first one."""

    def Send(self, buf: Any, dest: int, tag: int = 0) -> None:  # noqa: N802
        """Send an array."""

    def Recv(self, buf: Any, source: int, tag: int = 0) -> None:  # noqa: N802
        """Receive an array."""

    def bcast(self, obj: Any, root: int = 0) -> Any:
        """Send an object of the first process to all others."""

    def gather(self, sendobj: Any, root: int = 0) -> list[Any] | None:
        """Collect one object of each process."""


def meet(communicator: Meeting) -> None:
    """Wait for all processes without keeping a core busy: MPI itself would."""
    request = communicator.Ibarrier()
    while not request.Test():
        time.sleep(POLL_SECONDS)
