"""Molecular dynamics without Python between steps."""

from __future__ import annotations

from typing import Any

from ..fields.planar import PlanarForce, acts
from ..neighbours import build, refresh
from ..samplers.one_body import sample_end, sample_start
from ..verlet import Neighbourhood
from .step import commit, complete, fill_all_forces, propose, record_energy
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
    positions, along = trajectory.positions, trajectory.positions[constants.last_axis]
    carried = (trajectory.velocities,)
    inverse_width, begin = constants.inverse_width, hood.cells.begin
    forces = scratch.total if acts(force.still) else scratch.internal
    if not build(hood, trajectory.reference):
        return OVERFLOW, first, int(pending)
    step, waiting = first, pending
    while True:
        fill_all_forces(potentials, force, constants, hood, trajectory, scratch, step)
        if waiting:
            complete(constants, trajectory, scratch, forces)
        if step == last:
            return DONE, step, 0
        particle, factor = propose(constants, trajectory, scratch, forces)
        if particle >= 0:
            return BLOWN_UP, step, particle
        sampled = step >= sample_from
        if sampled:
            if (step - sample_from) % constants.energy_interval == 0:
                record_energy(potentials, constants, hood, trajectory, scratch, sums)
            sample_start(
                sums.profiles,
                inverse_width,
                begin,
                along,
                scratch.internal,
                scratch.external,
                scratch.displacement,
            )
        commit(constants, trajectory, scratch, forces, factor)
        if sampled:
            sample_end(sums.profiles, inverse_width, begin, along, scratch.displacement)
        step, waiting = step + 1, True
        if not refresh(
            hood, positions, trajectory.images, trajectory.reference, trajectory.labels, carried
        ):
            return OVERFLOW, step, 1
