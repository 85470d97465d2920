"""One step of velocity Verlet, with a thermostat in its middle or around it.

In the middle (BAOAB): kick, half a drift, velocities that decay and are kicked at random, half a
drift, kick. Around it: half a step of the Nose-Hoover chain, kick, drift, kick, half a step of the
chain. Without a thermostat the middle changes nothing.
"""

from __future__ import annotations

from typing import Any

from ..arrays import Floats
from ..compiled import jit
from ..copying import add_rows, copy_rows, copy_words
from ..fields.external import fill_external, fill_local
from ..fields.planar import coefficients_at
from ..forces import energy_and_virial, fill_forces
from ..label_noise import draw_noise
from ..motion import first_too_far
from ..phases import fill_phases
from ..samplers.kinetic import kinetic_energy, sample_kinetic
from ..samplers.one_body import sample_end, sample_start
from ..samplers.thermodynamics import sample_thermodynamics
from ..verlet import Neighbourhood
from .nose_hoover import chain_energy, turn_chain
from .workspace import Constants, Scratch, Sums, Trajectory


@jit()
def fill_all_forces(
    potentials: Any,
    force: Any,
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    step: int,
) -> None:
    """Compute pair and external forces at the positions of a step."""
    fill_forces(potentials, hood, scratch.internal)
    time = (step - constants.field_from) * constants.time_step
    coefficients_at(force, time, scratch.force)
    positions, axis, edges = trajectory.positions, constants.last_axis, constants.edges
    fill_local(constants.local, time, edges, axis, positions, scratch.local)
    if scratch.force.cosine.shape[1] > 0:
        fill_phases(positions[axis], edges[axis], scratch.phases)
    phases, harmonics, external = scratch.phases, scratch.harmonics, scratch.external
    if fill_external(scratch.force, phases, harmonics, constants.local, scratch.local, external):
        add_rows(scratch.internal, external, scratch.total)


@jit()
def propose(
    constants: Constants, trajectory: Trajectory, scratch: Scratch, forces: Floats, step: int
) -> tuple[int, float]:
    """Compute displacements under `forces`, (3, N).

    Returns
    -------
    particle
        Column of one that moves too far, or -1.
    factor
        By which the Nose-Hoover chain changes velocities first.
    """
    factor = 1.0
    copy_rows(trajectory.chain, scratch.chain)
    if constants.bath.masses.size > 0:
        factor = _turn(constants, scratch, trajectory.velocities)
    copy_words(trajectory.random, scratch.random)
    if constants.noise > 0.0:
        draw_noise(
            scratch.random, constants.noise_particles, step, trajectory.labels, scratch.noise
        )
    if _drift(constants, trajectory.velocities, scratch, forces, factor):
        return -1, factor
    return first_too_far(scratch.displacement, constants.limit), factor


@jit(inline=True)
def _turn(constants: Constants, scratch: Scratch, velocities: Floats) -> float:
    """Half a step of the chain."""
    twice_kinetic = 2.0 * kinetic_energy(velocities)
    return turn_chain(constants.bath, scratch.chain, twice_kinetic, 0.5 * constants.time_step)


@jit()
def _drift(
    constants: Constants, velocities: Floats, scratch: Scratch, forces: Floats, factor: float
) -> bool:
    """Compute displacements; false if a particle moves too far."""
    half, limit2 = 0.5 * constants.time_step, constants.limit * constants.limit
    displacement, bad = scratch.displacement, 0
    for i in range(displacement.shape[1]):
        d2 = 0.0
        for axis in range(3):
            before = factor * velocities[axis, i] + half * forces[axis, i]
            after = constants.decay * before + constants.noise * scratch.spread[axis, i]
            d = half * (before + after)
            displacement[axis, i] = d
            d2 += d * d
        bad += int(not d2 < limit2)
    return bad == 0


@jit()
def commit(
    constants: Constants, trajectory: Trajectory, scratch: Scratch, forces: Floats, factor: float
) -> None:
    """Move particles as proposed, and change their velocities."""
    half, positions, velocities = (
        0.5 * constants.time_step,
        trajectory.positions,
        trajectory.velocities,
    )
    for axis in range(3):
        for i in range(velocities.shape[1]):
            before = factor * velocities[axis, i] + half * forces[axis, i]
            after = constants.decay * before + constants.noise * scratch.spread[axis, i]
            velocities[axis, i] = after
            positions[axis, i] += scratch.displacement[axis, i]
    copy_rows(scratch.chain, trajectory.chain)
    copy_words(scratch.random, trajectory.random)


@jit()
def complete(
    constants: Constants, trajectory: Trajectory, scratch: Scratch, forces: Floats
) -> None:
    """Kick by the forces at the new positions, and turn the chain."""
    half, velocities = 0.5 * constants.time_step, trajectory.velocities
    for axis in range(3):
        for i in range(velocities.shape[1]):
            velocities[axis, i] += half * forces[axis, i]
    if constants.bath.masses.size > 0:
        copy_rows(trajectory.chain, scratch.chain)
        factor = _turn(constants, scratch, velocities)
        copy_rows(scratch.chain, trajectory.chain)
        for axis in range(3):
            for i in range(velocities.shape[1]):
                velocities[axis, i] *= factor


@jit()
def record_energy(
    potentials: Any,
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    sums: Sums,
) -> None:
    """Sample energies and stresses at the start of a step."""
    virial = scratch.virial
    energy = energy_and_virial(potentials, hood, virial)
    sample_thermodynamics(sums.thermodynamics, energy, virial)
    kinetic = kinetic_energy(trajectory.velocities)
    total = energy + kinetic + chain_energy(constants.bath, trajectory.chain)
    sample_kinetic(sums.kinetic, kinetic, total, trajectory.velocities)


@jit()
def record_start(
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    sums: Sums,
) -> None:
    """Sample profiles of what belongs to the positions before the step."""
    sample_start(
        sums.profiles,
        constants.inverse_width,
        hood.cells.begin,
        trajectory.positions[constants.last_axis],
        scratch.internal,
        scratch.external,
        scratch.displacement,
    )


@jit()
def record_end(
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    sums: Sums,
) -> None:
    """Sample profiles of what belongs to the positions after the step."""
    sample_end(
        sums.profiles,
        constants.inverse_width,
        hood.cells.begin,
        trajectory.positions[constants.last_axis],
        scratch.displacement,
    )
