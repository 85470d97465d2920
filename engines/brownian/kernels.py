"""Brownian dynamics without Python between steps."""

from __future__ import annotations

from typing import Any

from ..compiled import jit
from ..fields.external import fill_local
from ..fields.planar import PlanarForce, coefficients_at
from ..neighbours import refresh
from ..phases import fill_phases
from ..verlet import Neighbourhood
from .step import commit, propose, record_energy, record_start
from .workspace import Constants, Scratch, Sums, Trajectory

DONE, OVERFLOW, BLOWN_UP = 0, 1, 2


def advance(
    potentials: Any,
    force: PlanarForce,
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    sums: Sums,
    first: int,
    last: int,
    sample_from: int,
    resumed: bool,
) -> tuple[int, int, int]:
    """Do the steps first, ..., last - 1, sampling those from `sample_from` on; never raises.

    `resumed` says that the last call ended with OVERFLOW: then it left phases in `scratch`, from
    before particles were wrapped.

    Returns
    -------
    status
        DONE, OVERFLOW (of a neighbour list: grow it and go on) or BLOWN_UP.
    step
        Steps done; a step that failed has left no trace.
    particle
        The particle that blew up.
    """
    positions, along = trajectory.positions, constants.last_axis
    carried = (scratch.before, trajectory.directions)
    modes = sums.balance.balance_modes.shape[0]
    phased = force.still.cosine.shape[1] > 0 or (modes > 0 and last > sample_from)
    if phased and not resumed:
        fill_phases(positions[along], constants.edges[along], scratch.before)
    for step in range(first, last):
        fresh = step == first
        if not refresh(
            hood,
            positions,
            trajectory.images,
            trajectory.reference,
            trajectory.labels,
            carried,
            fresh,
        ):
            return OVERFLOW, step, 0
        particle = prepare_step(potentials, force, constants, hood, trajectory, scratch, step)
        if particle >= 0:
            return BLOWN_UP, step, particle
        since = step - sample_from
        sampled = since >= 0 and since % constants.interval == 0
        if since >= 0 and since % constants.energy_interval == 0:
            record_energy(potentials, hood, scratch.virial, sums)
        if sampled:
            record_start(constants, hood, trajectory, scratch, sums)
        commit(constants, hood, trajectory, scratch, sums, sampled, phased)
    return DONE, last, 0


@jit()
def prepare_step(
    potentials: Any,
    force: PlanarForce,
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    step: int,
) -> int:
    """Compute forces and displacements; return a particle that moves too far, or -1."""
    time = (step - constants.field_from) * constants.time_step
    coefficients_at(force, time, scratch.force)
    edges, along, positions = constants.edges, constants.last_axis, trajectory.positions
    fill_local(constants.local, time, edges, along, positions, scratch.local)
    return propose(potentials, constants, hood, trajectory, scratch, step)
