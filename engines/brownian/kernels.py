"""Brownian dynamics without Python between steps."""

from __future__ import annotations

from typing import Any

from ..copying import copy_rows, copy_words
from ..fields.planar import PlanarForce, coefficients_at
from ..forces import energy_and_virial
from ..motion import move
from ..neighbours import build, refresh
from ..phases import fill_phases
from ..samplers.thermodynamics import sample_thermodynamics
from ..verlet import Neighbourhood
from .activity import NONE, active_work, turn
from .step import propose, record_end, record_start
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
) -> tuple[int, int, int]:
    """Do the steps first, ..., last - 1, sampling those from `sample_from` on; never raises.

    Returns
    -------
    status
        DONE, OVERFLOW (of a neighbour list: grow it and go on) or BLOWN_UP.
    step
        Steps done; a step that failed has left no trace.
    particle
        The particle that blew up.
    """
    if not build(hood, trajectory.reference):
        return OVERFLOW, first, 0
    positions, along = trajectory.positions, constants.last_axis
    carried = (scratch.before, trajectory.directions)
    is_active = constants.propulsion.kind != NONE
    modes = sums.balance.balance_modes.shape[0]
    phased = force.still.cosine.shape[1] > 0 or (modes > 0 and last > sample_from)
    if phased:
        fill_phases(positions[along], constants.edges[along], scratch.before)
    for step in range(first, last):
        if not refresh(
            hood, positions, trajectory.images, trajectory.reference, trajectory.labels, carried
        ):
            return OVERFLOW, step, 0
        time = (step - constants.field_from) * constants.time_step
        coefficients_at(force, time, scratch.force)
        particle = propose(potentials, constants, hood, trajectory, scratch)
        if particle >= 0:
            return BLOWN_UP, step, particle
        sampled = step >= sample_from
        if sampled:
            if (step - sample_from) % constants.energy_interval == 0:
                energy, virial = energy_and_virial(potentials, hood)
                sample_thermodynamics(sums.thermodynamics, energy, virial)
            record_start(constants, hood, trajectory, scratch, sums)
        if is_active:
            turn(constants.propulsion, trajectory.directions, scratch.turning, scratch.directions)
        if is_active and sampled:
            sums.activity.active_work[()] += active_work(
                constants.propulsion,
                trajectory.directions,
                scratch.directions,
                scratch.displacement,
            )
        copy_rows(scratch.directions, trajectory.directions)
        move(positions, scratch.displacement)
        copy_words(scratch.random, trajectory.random)
        if phased:
            fill_phases(positions[along], constants.edges[along], scratch.after)
        if sampled:
            record_end(constants, hood, trajectory, scratch, sums)
        if phased:
            copy_rows(scratch.after, scratch.before)
    return DONE, last, 0
