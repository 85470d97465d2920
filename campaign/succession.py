"""How one manager that is a Slurm job is followed by the next.

Its successor is queued as soon as it has the campaign, to begin when its job has ended, however
that comes about: even if its node dies there is somebody to go on. A manager that leaves because
its walltime is over, or because Slurm does not answer, makes room; one that leaves for any other
reason cancels its successor, before it drains if it is told to leave: soon after its SIGTERM Slurm
kills what is left of a job.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from enum import Enum
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from ..site_configs import slurm_queue
from ..site_configs.slurm_queue import QueueError
from .drain_signals import WALLTIME_SIGNAL, Cause
from .logbook import Logbook

LOOK_SECONDS = 60.0
CANCEL_ATTEMPTS = 5
CANCEL_PAUSE_SECONDS = 5.0


class Order(Enum):
    """What the thread that watches the time is told; a signal handler may put it into its queue."""

    CANCEL = "cancel the successor"
    END = "end"


class Succession:
    """Queues the successor of the manager in this process, and tells the manager when to leave.

    Parameters
    ----------
    job
        Number of the job of this manager.
    walltime_seconds, leave_seconds
        How long it may live, and how long before the end it should leave.
    submit
        Submits a successor that waits for this job, and returns its number.
    log
        Where to say what becomes of it.

    Attributes
    ----------
    successor
        Number of the job that follows; None if there is none.
    goes_on
        Whether the manager was told to leave for want of time.
    """

    def __init__(
        self,
        job: str,
        walltime_seconds: float,
        leave_seconds: float,
        submit: Callable[[], str],
        log: Logbook,
    ) -> None:
        self._job, self._leave_seconds = job, leave_seconds
        self._submit, self._log = submit, log
        self._end = time.time() + walltime_seconds
        self._orders = SimpleQueue[Order]()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.successor: str | None = None
        self.goes_on = False

    def __enter__(self) -> Self:
        self.ensure_successor()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._orders.put(Order.END)
        self._thread.join()

    @property
    def seconds_left(self) -> float:
        """Time until it should leave; negative afterwards."""
        return self._end - self._leave_seconds - time.time()

    def asked_to_leave(self, cause: Cause) -> None:
        """Take note of a signal, in its handler; nobody follows a manager that is cancelled.

        At the end of a walltime a SIGTERM may be all that Slurm says.
        """
        late = cause is Cause.TERMINATION and self.seconds_left <= 0
        self.goes_on = late or cause is Cause.WALLTIME
        if not self.goes_on:
            self._orders.put(Order.CANCEL)

    def _watch(self) -> None:
        """Signal this process when it is time to leave; the limit of a job may be moved."""
        while True:
            self._look()
            order = self._next_order(max(0.0, min(self.seconds_left, LOOK_SECONDS)))
            if order is Order.CANCEL:
                self.cancel_successor()
            if order is not None:
                return
            if self.seconds_left <= 0:
                os.kill(os.getpid(), WALLTIME_SIGNAL)
                return

    def _next_order(self, seconds: float) -> Order | None:
        try:
            return self._orders.get(timeout=seconds)
        except Empty:
            return None

    def _look(self) -> None:
        try:
            self._end = slurm_queue.end_of(self._job) or self._end
        except QueueError:
            return

    def ensure_successor(self) -> None:
        """Queue the successor unless there is one; say so if Slurm does not take it."""
        if self.successor is not None:
            return
        try:
            self.successor = self._submit()
            self._log.write(f"job {self._job}; its successor is job {self.successor}")
        except QueueError as error:
            self._log.write(
                f"job {self._job} has no successor: {error}\n"
                "unless it gets one when it leaves, go on by `perrin run --as-job`"
            )

    def cancel_successor(self) -> None:
        """Nothing is left to do, or nobody wants it done."""
        successor = self.successor
        if successor is None:
            return
        for attempt in range(CANCEL_ATTEMPTS):
            try:
                slurm_queue.cancel([successor])
                self.successor = None
                return
            except QueueError as error:
                self._log.write(f"job {successor} cannot be cancelled: {error}")
            if attempt + 1 < CANCEL_ATTEMPTS:
                time.sleep(CANCEL_PAUSE_SECONDS)
