"""One try: Heun's step with the error of Euler's step inside it.

U. Sammueller and M. Schmidt, J. Chem. Phys. 155, 134107 (2021): with displacements of both steps
that differ by e_i, a try is accepted if E = max_i e_i / (absolute + relative |dr_i|) is 1/2 at
most, and the next one is (2 E)^-2 times as long, within bounds.
"""

from __future__ import annotations

import math
from typing import Any

from ..arrays import Floats
from ..compiled import jit
from ..copying import add_rows, copy_rows
from ..fields.external import fill_external, fill_local
from ..fields.planar import coefficients_at
from ..forces import energy_and_virial, fill_forces
from ..motion import move
from ..phases import fill_phases
from ..samplers.one_body import sample_end, sample_start
from ..samplers.thermodynamics import sample_thermodynamics
from ..verlet import Neighbourhood, extend
from .workspace import Constants, Forces, Scratch, Sums, Trajectory

SHORTEST, LONGEST = 1e-3, 1.2
"""By how much the length of the next try may change."""
LARGEST_DRIFT = 0.2
"""Displacement by forces that is worth a try, sigma."""


@jit()
def fill_all_forces(
    potentials: Any,
    constants: Constants,
    hood: Neighbourhood,
    positions: Floats,
    time: float,
    forces: Forces,
) -> None:
    """Compute forces at positions, (3, N), and at a time since the field was switched on."""
    extend(hood, positions)
    fill_forces(potentials, hood, forces.internal)
    coefficients_at(constants.planar, time, forces.planar)
    fill_local(constants.local, time, constants.edges, constants.last_axis, positions, forces.local)
    axis = constants.last_axis
    if forces.planar.cosine.shape[1] > 0:
        fill_phases(positions[axis], constants.edges[axis], forces.phases)
    phases, harmonics, external = forces.phases, forces.harmonics, forces.external
    if fill_external(forces.planar, phases, harmonics, constants.local, forces.local, external):
        add_rows(forces.internal, external, forces.total)
    else:
        copy_rows(forces.internal, forces.total)


@jit()
def longest_try(constants: Constants, forces: Floats) -> float:
    """Time in which forces, (3, N), move no particle by more than LARGEST_DRIFT, tau.

    That is known before any noise is drawn. Overlapping particles would be tried, and refused, with
    a step half as long again and again.
    """
    largest2 = 0.0
    for i in range(forces.shape[1]):
        f2 = forces[0, i] ** 2 + forces[1, i] ** 2 + forces[2, i] ** 2
        largest2 = max(largest2, f2 if f2 < math.inf else math.inf)
    return LARGEST_DRIFT / (constants.mobility * math.sqrt(largest2)) if largest2 > 0 else math.inf


@jit()
def predict(constants: Constants, trajectory: Trajectory, scratch: Scratch, time: float) -> float:
    """Write where Euler's step leads; return the largest distance from the reference positions."""
    drift, force, positions = constants.mobility * time, scratch.now.total, trajectory.positions
    largest2 = 0.0
    for i in range(positions.shape[1]):
        d2 = 0.0
        for axis in range(3):
            moved = drift * force[axis, i] + constants.spread * scratch.wiener[axis, i]
            scratch.predicted[axis, i] = positions[axis, i] + moved
            d2 += (scratch.predicted[axis, i] - trajectory.reference[axis, i]) ** 2
        largest2 = max(largest2, d2 if d2 < math.inf else math.inf)
    return math.sqrt(largest2)


@jit()
def correct(constants: Constants, scratch: Scratch, time: float) -> float:
    """Write the displacements of Heun's step; return the error E, infinite if it is no number."""
    half = 0.5 * constants.mobility * time
    before, after, displacement = scratch.now.total, scratch.then.total, scratch.displacement
    error = 0.0
    for i in range(displacement.shape[1]):
        e2, d2 = 0.0, 0.0
        for axis in range(3):
            change = half * (after[axis, i] - before[axis, i])
            moved = half * (after[axis, i] + before[axis, i])
            moved += constants.spread * scratch.wiener[axis, i]
            displacement[axis, i] = moved
            e2 += change * change
            d2 += moved * moved
        own = math.sqrt(e2) / (constants.absolute + constants.relative * math.sqrt(d2))
        error = max(error, own if own < math.inf else math.inf)
    return error


@jit()
def factor(error: float) -> float:
    """How much longer the next try should be."""
    if error <= 0.0:
        return LONGEST
    return min(max(1.0 / (4.0 * error * error), SHORTEST), LONGEST)


@jit()
def record_configuration(
    potentials: Any,
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    sums: Sums,
    since: int,
) -> None:
    """Sample density, forces and energy, where they are due, `since` steps after the first."""
    if since % constants.energy_interval == 0:
        extend(hood, trajectory.positions)
        energy = energy_and_virial(potentials, hood, scratch.virial)
        sample_thermodynamics(sums.thermodynamics, energy, scratch.virial)
    if since % constants.interval == 0:
        sample_start(
            sums.profiles,
            constants.inverse_width,
            hood.cells.begin,
            trajectory.positions[constants.last_axis],
            scratch.now.internal,
            scratch.now.external,
            scratch.nothing,
        )


@jit()
def move_and_record(
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    sums: Sums,
    sampled: bool,
) -> None:
    """Move particles; sample half of the displacement where they were, half where they are then."""
    along = trajectory.positions[constants.last_axis]
    width, begin = constants.inverse_width, hood.cells.begin
    if sampled:
        sample_end(sums.profiles, width, begin, along, scratch.displacement)
    move(trajectory.positions, scratch.displacement)
    if sampled:
        sample_end(sums.profiles, width, begin, along, scratch.displacement)
