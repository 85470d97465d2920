"""Molecular dynamics without Python between steps."""

from __future__ import annotations

from typing import Any

from ..fields.planar import PlanarForce, acts
from ..neighbours import refresh
from ..verlet import Neighbourhood
from .step import (
    commit,
    complete,
    fill_all_forces,
    propose,
    record_end,
    record_energy,
    record_start,
)
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
    pending: bool,
) -> tuple[int, int, int]:
    """Do the steps first, ..., last - 1, sampling those from `sample_from` on; never raises.

    Returns
    -------
    status
        DONE, OVERFLOW (of a neighbour list: grow it and go on) or BLOWN_UP.
    step
        Steps done; a step that blew up has left no trace.
    detail
        Column of the particle that blew up; after an overflow, whether the second kick of the last
        step is `pending`.
    """
    positions, carried = trajectory.positions, (trajectory.velocities,)
    forces = scratch.total if acts(force.still) or constants.local.acts else scratch.internal
    step, waiting = first, pending
    while True:
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
            return OVERFLOW, step, int(waiting)
        fill_all_forces(potentials, force, constants, hood, trajectory, scratch, step)
        if waiting:
            complete(constants, trajectory, scratch, forces)
        if step == last:
            return DONE, step, 0
        particle, factor = propose(constants, trajectory, scratch, forces, step)
        if particle >= 0:
            return BLOWN_UP, step, particle
        since = step - sample_from
        sampled = since >= 0 and since % constants.interval == 0
        if since >= 0 and since % constants.energy_interval == 0:
            record_energy(potentials, constants, hood, trajectory, scratch, sums)
        if sampled:
            record_start(constants, hood, trajectory, scratch, sums)
        commit(constants, trajectory, scratch, forces, factor)
        if sampled:
            record_end(constants, hood, trajectory, scratch, sums)
        step, waiting = step + 1, True
