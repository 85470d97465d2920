"""An engine whose steps are done by all processes of a group, each in its own domain."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Words
from ..engine import BlowUpError, EngineError, ReplicaState
from ..protocol import Stage
from ..staged import StagedEngine
from .domain import Domain, wrap
from .limits import problem_of
from .transport import Communicator, meet

LEADER = 0
SAMPLED_BY_LEADER = ("steps",)
"""Numbers of samples: every process counts them."""


class BrokenGroup(BaseException):
    """The first process failed while others counted on it: the whole group has to end."""


@dataclass(frozen=True)
class Stretch:
    """Steps of one stage and block that all processes do together."""

    engine: str
    """Name of the engine, for processes that have several."""
    first: int
    until: int
    stage: Stage
    block: int
    sizes: list[int]
    """Particles of each process."""
    random: Words
    """State of the random generator, which does not change."""


class Decomposed(StagedEngine):
    """A mixin: one process has the state of a replica, and the others help it with every stretch.

    Using
    -----
    All processes make the same engine and ``join`` a communicator. The first one advances replicas
    as with any engine; the others receive each `Stretch` and ``take_part``.

    A stretch begins and ends with all particles in the first process, which leaves no trace but
    rounding: where stretches are cut decides the last bits. A blow-up leaves the state as it was
    before the stretch.

    Creating your own
    -----------------
    Implement `enter`, `arrange`, `step` and `finish`.
    """

    communicator: Communicator
    domain: Domain
    _scratch: Any

    def join(self, communicator: Communicator, name: str = "") -> None:
        """Cut the box among processes.

        Raises
        ------
        EngineError
            There are more of them than the box can be cut into, or it cannot be cut at all.
        """
        p = self.parameters
        if problem := problem_of(p, self.dynamics, communicator.size):
            raise EngineError(problem)
        self.communicator, self._name = communicator, name
        self.domain = Domain(communicator, self._box, p.counts, p.potential.range)

    @abstractmethod
    def enter(self, stretch: Stretch, statistics: dict[str, NDArray[Any]]) -> None:
        """Prepare for a stretch, whose sums go to the first block of `statistics`."""

    @abstractmethod
    def arrange(self) -> None:
        """Take note that the domain has other particles, or the same in another order."""

    @abstractmethod
    def step(self, step: int) -> int:
        """Do a step with lists and ghosts as they have to be.

        Returns the column of a particle that blew up, or -1.
        """

    @abstractmethod
    def finish(self, step: int) -> None:
        """Complete the last step, with ghosts at its end."""

    def run(self, state: ReplicaState, until: int, stage: Stage, block: int) -> None:
        """Do a stretch together; only the first process calls this."""
        rows = self._rows_of(state.dynamics)
        wrap(rows[0:3], rows[3:6], self._box.edges)
        owners = self.domain.partition.owners(rows)
        shares = [rows[:, owners == rank] for rank in range(self.communicator.size)]
        sizes = [share.shape[1] for share in shares]
        random = state.dynamics["random"]
        stretch = Stretch(self._name, state.step, until, stage, block, sizes, random)
        try:
            meet(self.communicator)
            self.communicator.bcast(stretch)
            for rank, share in enumerate(shares[1:], 1):
                self.communicator.Send(np.ascontiguousarray(share), rank)
            self._do(stretch, np.ascontiguousarray(shares[0]), state.statistics)
            self._collect(state.dynamics)
        except BlowUpError:
            raise
        except Exception as error:
            raise BrokenGroup from error
        state.step = until

    def take_part(self, stretch: Stretch) -> None:
        """Do a stretch as another process than the first says."""
        share = np.empty((7 + 3 * len(self.carried), stretch.sizes[self.communicator.rank]))
        self.communicator.Recv(share, LEADER)
        if self._do(stretch, share, {}):
            self.communicator.gather(self.domain.labels.size)
            self.communicator.Send(self.domain.rows, LEADER)

    def _rows_of(self, dynamics: dict[str, NDArray[Any]]) -> Floats:
        vectors = [dynamics[name] for name in ("positions", "images", *self.carried)]
        return np.concatenate([*vectors, dynamics["labels"][np.newaxis].astype(np.float64)])

    def _do(self, stretch: Stretch, share: Floats, statistics: dict[str, NDArray[Any]]) -> bool:
        """Do the steps; the first process adds all sums to those of the block.

        False if there was a blow-up, which the first process raises.
        """
        mine = self.empty_statistics(1)
        self.enter(stretch, mine)
        self.domain.enter(share)
        self.arrange()
        for step in range(stretch.first, stretch.until):
            particle = self.step(step)
            self.domain.follow()
            outdated, failed = self.domain.agree(self.domain.is_outdated, particle >= 0)
            if failed:
                self._fail(step, particle)
                return False
            if outdated:
                self.domain.rebuild()
                self.arrange()
        self.finish(stretch.until)
        self._add_up(mine, statistics, stretch.block)
        return True

    def _fail(self, step: int, particle: int) -> None:
        """Raise a blow-up in the first process, wherever it was."""
        found = None
        if particle >= 0:
            moved = float(np.linalg.norm(self._scratch.displacement[:, particle]))
            found = (int(self.domain.labels[particle]), moved)
        all_found = self.communicator.gather(found)
        if all_found is not None:
            label, moved = next(each for each in all_found if each is not None)
            raise BlowUpError(step, label, moved)

    def _add_up(
        self, mine: dict[str, NDArray[Any]], statistics: dict[str, NDArray[Any]], block: int
    ) -> None:
        """Add the sums of all processes to a block of the first one's statistics."""
        leads = self.communicator.rank == LEADER
        for name, values in mine.items():
            if not values.size:
                continue
            if name in SAMPLED_BY_LEADER and not leads:
                values[...] = 0
            total = np.zeros_like(values)
            self.communicator.Reduce(values, total)
            if leads:
                statistics[name][block] += total[0]

    def _collect(self, dynamics: dict[str, NDArray[Any]]) -> None:
        """Fill the trajectory with the particles of all processes, by label.

        Infinitely far from their references, they are sorted before lists are built of them.
        """
        sizes = self.communicator.gather(self.domain.labels.size) or []
        parts = [self.domain.rows]
        for rank, size in enumerate(sizes[1:], 1):
            parts.append(np.empty((self.domain.rows.shape[0], size)))
            self.communicator.Recv(parts[-1], rank)
        rows = np.concatenate(parts, axis=1)
        rows = rows[:, np.argsort(rows[-1])]
        for number, name in enumerate(("positions", "images", *self.carried)):
            dynamics[name] = rows[3 * number : 3 * number + 3].copy()
        dynamics["labels"] = rows[-1].astype(np.uint32)
        dynamics["reference"] = np.full_like(dynamics["positions"], math.inf)


def follow(engines: Mapping[str, Decomposed], communicator: Communicator) -> None:
    """Take part in whatever the first process does, until it dismisses the others."""
    while True:
        meet(communicator)
        stretch: Stretch | None = communicator.bcast(None)
        if stretch is None:
            return
        engines[stretch.engine].take_part(stretch)


def dismiss(communicator: Communicator) -> None:
    """Let the other processes go."""
    meet(communicator)
    communicator.bcast(None)
