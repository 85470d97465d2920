"""The program of every process of an MPI group: ``python -m perrin.campaign.mpi_group ORDER``.

mpiexec or srun starts it. The first process runs the try as a worker would; the others compute
what it hands them. Only programs like this one import MPI.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from ..engines.durable import write_text
from .domain_crew import DomainLeader, DomainSegments, help_with
from .group_try import GroupError, GroupOrder
from .mpi_crew import Leader, follow
from .outcome import Outcome
from .patience import when_space_allows
from .processes import ProcessName
from .segments import Segments
from .tasks import Task, Try
from .worker import SimulationTry


class LeadingTry(SimulationTry):
    """A try that the first process of a group leads, in the name of the worker that started it."""

    def __init__(
        self, order: GroupOrder, segments: Segments, leader: Leader | DomainLeader
    ) -> None:
        self._order = order
        attempt, worker = Try.from_json(order.attempt), ProcessName(**order.worker)
        super().__init__(attempt, segments, leader, worker)

    def lead(self, broken: type[Exception]) -> None:
        """Run it, and leave the outcome or the traceback of an error to the worker.

        An error of the type `broken` is not the try's own: another process died.
        """
        try:
            outcome = self.run()
        except broken:
            raise
        except Exception:
            with suppress(OSError):
                write_text(self._order.failure, traceback.format_exc(), "failure")
            raise
        when_space_allows(lambda: self._answer(outcome), self.must_leave)

    def _answer(self, outcome: Outcome) -> None:
        write_text(self._order.outcome, json.dumps(outcome.as_document()), "outcome")

    def must_leave(self, segment_seconds: float = 0.0) -> bool:
        """Whether to checkpoint and leave now: that nobody waits any more is a reason too."""
        return self._is_forsaken() or super().must_leave(segment_seconds)

    def _is_forsaken(self) -> bool:
        worker = self.claim.process
        return not self._order.path.exists() or (worker.is_local and not worker.is_alive())


def crew_of(
    task: Task, communicator: Any
) -> tuple[Segments, Leader | DomainLeader, Callable[[], None]]:
    """Engines of a task, the crew of the first process, and what the others do."""
    if task.domains:
        cut = DomainSegments(task, communicator)
        return cut, DomainLeader(cut, communicator), partial(help_with, cut, communicator)
    whole = Segments(task)
    return whole, Leader(whole, communicator), partial(follow, whole, communicator)


def main() -> None:
    """Take part in the group; an error of one process ends them all."""
    from mpi4py import MPI

    communicator = MPI.COMM_WORLD
    try:
        first = communicator.rank == 0
        order = communicator.bcast(GroupOrder.load(Path(sys.argv[1])) if first else None)
        task: Task = Try.from_json(order.attempt).task
        if communicator.size != task.ranks:
            raise GroupError(
                f"{communicator.size} of {task.ranks} processes have found each other; "
                "does the MPI library suit the launcher (slurm.pmi, slurm.launcher)?"
            )
        segments, leader, help_leader = crew_of(task, communicator)
        if not first:
            help_leader()
            return
        LeadingTry(order, segments, leader).lead(MPI.Exception)
        leader.dismiss()
    except BaseException:
        traceback.print_exc()
        communicator.Abort(1)


if __name__ == "__main__":
    main()
