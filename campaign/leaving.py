"""Asking the managers of a campaign to leave, wherever they are, and waiting until they have."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from .. import PerrinError
from ..site_configs import slurm_queue
from ..site_configs.slurm_queue import QueueError
from .claims import read_claims
from .drain import request_drain
from .layout import Layout
from .lease import EXPIRY_SECONDS, last_renewal, newest_generation, possible_holder
from .manager_job import manager_jobs
from .processes import ProcessName

POLL_SECONDS = 0.2
QUEUE_SECONDS = 1.0
SAY_SECONDS = 5.0
PATIENCE_SECONDS = 15.0
"""How long a job may take to begin to manage the campaign, or to end after that."""


class SilentManagerError(PerrinError, TimeoutError):
    """A manager on another host that does not leave, and does not renew its lease either."""


class SilentQueueError(PerrinError, RuntimeError):
    """Slurm does not say whether a manager is queued."""


class Leaving:
    """The way out of all managers of a campaign.

    Attributes
    ----------
    manager
        Who managed it at first, None if nobody did.
    cancelled
        Numbers of Slurm jobs of managers that were cancelled.
    """

    def __init__(self, layout: Layout, say: Callable[[str], None]) -> None:
        self._layout, self._say = layout, say
        self.manager = possible_holder(layout.lease)
        self.cancelled: list[str] = []

    def wait(self) -> None:
        """Return once no manager has the campaign and none is queued to take it.

        Raises `SilentManagerError` if one gives no sign of life, and `SilentQueueError` if Slurm
        does not say whether one is queued.
        """
        if self.manager is not None:
            request_drain(self._layout.lease, newest_generation(self._layout.lease))
        with contextlib.suppress(QueueError):
            self._clear_queue(patient=True)
        since = time.monotonic()
        while True:
            manager = possible_holder(self._layout.lease)
            if manager is not None:
                self._wait_for(manager)
                since = time.monotonic()
                continue
            patient = time.monotonic() - since < PATIENCE_SECONDS
            try:
                if self._clear_queue(patient=patient):
                    return
            except QueueError as error:
                if not patient:
                    raise SilentQueueError(
                        "no manager runs, but one may still be queued to follow, and go on when "
                        f"Slurm is there again: {error}; then use `perrin stop` again"
                    ) from error
            time.sleep(QUEUE_SECONDS)

    def _clear_queue(self, *, patient: bool) -> bool:
        """Cancel jobs that wait, without patience all of them; True if there was none."""
        jobs = manager_jobs(self._layout)
        numbers = [job.id for job in jobs if job.waits or not patient]
        slurm_queue.cancel(numbers)
        self.cancelled += [number for number in numbers if number not in self.cancelled]
        return not jobs

    def _wait_for(self, manager: ProcessName) -> None:
        generation = newest_generation(self._layout.lease)
        request_drain(self._layout.lease, generation)
        renewed, heard = last_renewal(self._layout.lease, generation), time.monotonic()
        began, said = heard, 0.0
        while possible_holder(self._layout.lease) == manager:
            now = time.monotonic()
            latest = last_renewal(self._layout.lease, generation)
            if latest != renewed:
                renewed, heard = latest, now
            if not manager.is_local and now - heard > EXPIRY_SECONDS:
                raise SilentManagerError(
                    f"process {manager.pid} on {manager.host} has given no sign of life for "
                    f"{EXPIRY_SECONDS:.0f} s: it seems to be gone, and the next `perrin run` "
                    "takes its place"
                )
            if now - said > SAY_SECONDS:
                said = now
                self._say(self._words(generation, now - began))
            time.sleep(POLL_SECONDS)

    def _words(self, generation: int, seconds: float) -> str:
        claims = read_claims(self._layout.claims)
        left = sum(claim.generation == generation for claim in claims)
        what = f"{left} tasks to write their checkpoints" if left else "the manager to leave"
        return f"waiting for {what}, since {seconds:.0f} s"
