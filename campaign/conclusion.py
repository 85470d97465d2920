"""What became of a campaign when its manager left: of simulations, learning and precision."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .drain_signals import Cause
from .journal import read_state
from .learning.ending import Ending, ending_of
from .learning.library import Library
from .open_plan import open_plan
from .precision.attainment import Attainment, attainment
from .runner import Departure
from .store import Store

FINISHED, FAILED, DRAINED, INTERRUPTED = 0, 1, 3, 130
"""Exit statuses of `perrin run`; 2 is for a wrong command line."""


@dataclass(frozen=True)
class Conclusion:
    """What is to be said when a manager has left.

    Attributes
    ----------
    departure
        Where the simulations stand, and who asked it to leave.
    quarantined
        Key -> why it is not tried again.
    learning, learns
        How learning ended, None if it has not; and whether it was asked for.
    precision
        How far a precision is attained; None if none is asked for.
    """

    departure: Departure
    quarantined: dict[str, str]
    learning: Ending | None
    learns: bool
    precision: Attainment | None

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do, be the outcome good or bad."""
        learned = self.learning is not None or not self.learns
        settled = self.precision is None or self.precision.is_settled
        return self.departure.standing.is_complete and learned and settled

    @property
    def is_success(self) -> bool:
        """Whether all that was asked for is there."""
        failed = self.learning is not None and self.learning.is_failure
        missed = self.precision is not None and not self.precision.is_met
        return self.is_complete and not failed and not missed

    @property
    def exit_status(self) -> int:
        """What `perrin run` tells the shell."""
        if self.is_success:
            return FINISHED
        if self.departure.cause is None or self.is_complete:
            return FAILED
        return INTERRUPTED if self.departure.cause is Cause.INTERRUPT else DRAINED


def conclude(file: Path, site: str | None, departure: Departure) -> Conclusion:
    """Read from the files of a campaign what became of it."""
    planned, layout = open_plan(file, site)
    state, learns = read_state(layout.journal), planned.campaign.learning is not None
    library = Library(planned, layout, Store.open(layout), state) if learns else None
    return Conclusion(
        departure,
        state.quarantined,
        ending_of(library) if library is not None else None,
        learns,
        attainment(planned, state.decisions),
    )
