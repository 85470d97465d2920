"""Molecular dynamics of a system that is cut into domains."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..compiled import compiled_for, jit
from ..fields.local_force import no_local_force
from ..fields.planar import PlanarForce, acts, no_force
from ..molecular.engine import MolecularEngine
from ..molecular.step import commit, complete, fill_all_forces, propose, record_end, record_start
from ..molecular.workspace import Constants, Scratch, Sums, Trajectory
from ..samplers.kinetic import kinetic_energy, sample_kinetic_energy, sample_momentum_flux
from ..verlet import Neighbourhood
from .decomposed import LEADER, Decomposed, Stretch
from .energy import sample_energy


class DecomposedMolecular(Decomposed, MolecularEngine):
    """Molecular dynamics of one state point by the processes of a group."""

    def enter(self, stretch: Stretch, statistics: dict[str, NDArray[Any]]) -> None:
        """Prepare for a stretch."""
        local = self._local if stretch.stage.has_field else no_local_force()
        self._force = self._planar if stretch.stage.has_field else no_force()
        self._constants = self._make_constants(stretch.stage, local)
        self._sums = self._sums_of(statistics, 0)
        self._random = stretch.random
        self._fill = compiled_for(fill_and_complete, self._potentials)
        self._waiting = False

    def arrange(self) -> None:
        """Refer to the particles of the domain."""
        domain, n = self.domain, self.domain.labels.size
        self._trajectory = Trajectory(
            positions=domain.positions,
            images=domain.images,
            velocities=domain.carried,
            labels=domain.labels,
            reference=domain.reference,
            random=self._random,
            chain=np.zeros((2, 0)),
        )
        self._scratch = self._make_scratch(self._force, n, self._trajectory.chain)

    def step(self, step: int) -> int:
        """Complete the last step and do the next one up to its second kick."""
        self._complete(step)
        since = step - self._sample_from
        if since >= 0 and since % self.sampling.energy_interval == 0:
            energy = sample_energy(self.communicator, self._potentials, self.domain, self._sums)
            self._sample_kinetic(energy)
        self._waiting = True
        return move_in_domain(
            self._force,
            self._constants,
            self.domain.hood,
            self._trajectory,
            self._scratch,
            self._sums,
            step,
            since >= 0 and since % self.sampling.interval == 0,
        )

    def finish(self, step: int) -> None:
        """Kick velocities by the forces at the end."""
        self._complete(step)

    def _complete(self, step: int) -> None:
        self._fill(
            self._potentials,
            self._force,
            self._constants,
            self.domain.hood,
            self._trajectory,
            self._scratch,
            step,
            self._waiting,
        )

    def _sample_kinetic(self, energy: float) -> None:
        """Sample kinetic and total energy, and each process the flux of its own momenta."""
        total = np.zeros(1)
        self.communicator.Reduce(momentum_flux(self._trajectory.velocities, self._sums), total)
        if self.communicator.rank == LEADER:
            add_energies(self._sums, total[0], energy + total[0])


def fill_and_complete(
    potentials: Any,
    force: PlanarForce,
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    step: int,
    waiting: bool,
) -> None:
    """Compute all forces; kick velocities by them if the last step is `waiting` for that."""
    fill_all_forces(potentials, force, constants, hood, trajectory, scratch, step)
    if waiting:
        complete(constants, trajectory, scratch, _forces(force, constants, scratch))


@jit(inline=True)
def _forces(force: PlanarForce, constants: Constants, scratch: Scratch) -> Floats:
    return scratch.total if acts(force.still) or constants.local.acts else scratch.internal


@jit(entry=True)
def move_in_domain(
    force: PlanarForce,
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    sums: Sums,
    step: int,
    sampled: bool,
) -> int:
    """Move particles; return one that blew up, or -1."""
    forces = _forces(force, constants, scratch)
    particle, factor = propose(constants, trajectory, scratch, forces, step)
    if particle >= 0:
        return particle
    if sampled:
        record_start(constants, hood, trajectory, scratch, sums)
    commit(constants, trajectory, scratch, forces, factor)
    if sampled:
        record_end(constants, hood, trajectory, scratch, sums)
    return -1


@jit(entry=True)
def momentum_flux(velocities: Floats, sums: Sums) -> Floats:
    """Sample the flux of momenta, and return the kinetic energy, (1,), epsilon."""
    sample_momentum_flux(sums.kinetic, velocities)
    energy = np.empty(1)
    energy[0] = kinetic_energy(velocities)
    return energy


@jit(entry=True)
def add_energies(sums: Sums, kinetic: float, total: float) -> None:
    """Sample the energies of the whole system."""
    sample_kinetic_energy(sums.kinetic, kinetic, total)
