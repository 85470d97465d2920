"""Brownian dynamics of a system that is cut into domains."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..brownian.engine import BrownianEngine
from ..brownian.kernels import prepare_step
from ..brownian.step import commit, record_start
from ..brownian.workspace import Constants, Scratch, Sums, Trajectory
from ..compiled import compiled_for
from ..fields.local_force import no_local_force
from ..fields.planar import PlanarForce, no_force
from ..phases import fill_phases
from ..verlet import Neighbourhood
from .decomposed import Decomposed, Stretch
from .energy import sample_energy


class DecomposedBrownian(Decomposed, BrownianEngine):
    """Brownian dynamics of one state point by the processes of a group."""

    def enter(self, stretch: Stretch, statistics: dict[str, NDArray[Any]]) -> None:
        """Prepare for a stretch."""
        local = self._local if stretch.stage.has_field else no_local_force()
        self._force = self._planar if stretch.stage.has_field else no_force()
        self._constants = self._make_constants(stretch.stage.temperature, local)
        self._sums = self._sums_of(statistics, 0)
        self._random = stretch.random
        self._kernel = compiled_for(step_in_domain, self._potentials)
        modes = self.sampling.modes > 0
        self._phased = self._force.still.cosine.shape[1] > 0 or modes

    def arrange(self) -> None:
        """Refer to the particles of the domain."""
        domain = self.domain
        self._trajectory = Trajectory(
            positions=domain.positions,
            images=domain.images,
            labels=domain.labels,
            reference=domain.reference,
            directions=np.zeros((0, domain.labels.size)),
            random=self._random,
        )
        self._scratch = self._make_scratch(self._force, domain.labels.size)

    def step(self, step: int) -> int:
        """Do a step."""
        since = step - self._sample_from
        if since >= 0 and since % self.sampling.energy_interval == 0:
            sample_energy(self.communicator, self._potentials, self.domain, self._sums)
        return self._kernel(
            self._potentials,
            self._force,
            self._constants,
            self.domain.hood,
            self._trajectory,
            self._scratch,
            self._sums,
            step,
            since >= 0 and since % self.sampling.interval == 0,
            self._phased,
        )

    def finish(self, step: int) -> None:
        """Nothing is left to do."""


def step_in_domain(
    potentials: Any,
    force: PlanarForce,
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    sums: Sums,
    step: int,
    sampled: bool,
    phased: bool,
) -> int:
    """Do a step; return a particle that blew up, or -1."""
    along = constants.last_axis
    if phased:
        fill_phases(trajectory.positions[along], constants.edges[along], scratch.before)
    particle = prepare_step(potentials, force, constants, hood, trajectory, scratch, step)
    if particle >= 0:
        return particle
    if sampled:
        record_start(constants, hood, trajectory, scratch, sums)
    commit(constants, hood, trajectory, scratch, sums, sampled, phased)
    return -1
