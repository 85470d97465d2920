"""The Euler-Maruyama step of eq. (1): dr = F dt / gamma + sqrt(2 T dt / gamma) xi.

T. Zimmermann et al., Mach. Learn.: Sci. Technol. 5, 035062 (2024).
"""

from __future__ import annotations

from typing import Any

from ..arrays import Floats
from ..compiled import jit
from ..copying import add_rows, add_scaled, copy_rows, copy_words
from ..fields.external import fill_external
from ..fields.planar import acts
from ..forces import energy_and_virial, fill_forces
from ..label_noise import draw_noise
from ..motion import first_too_far, move
from ..normals import fill_normals
from ..phases import fill_phases
from ..samplers.activity import sample_active_force
from ..samplers.force_balance import sample_balance
from ..samplers.one_body import sample_end, sample_start
from ..samplers.thermodynamics import sample_thermodynamics
from ..verlet import Neighbourhood
from .activity import NONE, Propulsion, active_work, turn
from .workspace import Constants, Scratch, Sums, Trajectory


@jit()
def propose(
    potentials: Any,
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    step: int,
) -> int:
    """Compute forces and displacements; return a particle that moves too far, or -1."""
    fill_forces(potentials, hood, scratch.internal)
    force = fill_total(constants, trajectory, scratch)
    copy_words(trajectory.random, scratch.random)
    draw_noise(scratch.random, constants.noise_particles, step, trajectory.labels, scratch.noise)
    fill_normals(scratch.random, scratch.turning)
    if displace(constants, force, scratch.displacement):
        return -1
    return first_too_far(scratch.displacement, constants.limit)


@jit()
def fill_total(constants: Constants, trajectory: Trajectory, scratch: Scratch) -> Floats:
    """Add external forces and self-propulsion, if there are any; return all forces, (3, N)."""
    force, local = scratch.internal, scratch.local
    before, after, external = scratch.before, scratch.after, scratch.external
    if fill_external(scratch.force, before, after, constants.local, local, external):
        add_rows(force, external, scratch.total)
        force = scratch.total
    if constants.propulsion.kind != NONE:
        add_scaled(force, constants.propulsion.force, trajectory.directions, scratch.total)
        force = scratch.total
    return force


@jit()
def displace(constants: Constants, force: Floats, displacement: Floats) -> bool:
    """Turn noise into displacements, both (3, N); false if a particle moves too far."""
    limit2 = constants.limit * constants.limit
    bad = 0
    for i in range(displacement.shape[1]):
        d2 = 0.0
        for axis in range(3):
            d = constants.drift * force[axis, i] + constants.noise * displacement[axis, i]
            displacement[axis, i] = d
            d2 += d * d
        bad += int(not d2 < limit2)
    return bad == 0


@jit()
def record_start(
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    sums: Sums,
) -> None:
    """Sample what belongs to the positions before the step."""
    sample_start(
        sums.profiles,
        constants.inverse_width,
        hood.cells.begin,
        trajectory.positions[constants.last_axis],
        scratch.internal,
        scratch.external,
        scratch.displacement,
    )
    if constants.propulsion.kind != NONE:
        sample_active_force(
            sums.activity,
            constants.inverse_width,
            hood.cells.begin,
            trajectory.positions[constants.last_axis],
            trajectory.directions,
            constants.propulsion.force,
        )


@jit()
def record_energy(potentials: Any, hood: Neighbourhood, virial: Floats, sums: Sums) -> None:
    """Sample energy and virial at the start of a step."""
    energy = energy_and_virial(potentials, hood, virial)
    sample_thermodynamics(sums.thermodynamics, energy, virial)


@jit()
def commit(
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    sums: Sums,
    sampled: bool,
    phased: bool,
) -> None:
    """Take the step that was proposed; `phased` says whether phases are needed."""
    positions, along = trajectory.positions, constants.last_axis
    swim(constants.propulsion, trajectory, scratch, sums, sampled)
    move(positions, scratch.displacement)
    copy_words(scratch.random, trajectory.random)
    if phased:
        fill_phases(positions[along], constants.edges[along], scratch.after)
    if sampled:
        record_end(constants, hood, trajectory, scratch, sums)
    if phased:
        copy_rows(scratch.after, scratch.before)


@jit()
def swim(
    propulsion: Propulsion, trajectory: Trajectory, scratch: Scratch, sums: Sums, sampled: bool
) -> None:
    """Turn the directions of self-propulsion, if there is any; sample its work."""
    if propulsion.kind == NONE:
        return
    before, after = trajectory.directions, scratch.directions
    turn(propulsion, before, scratch.turning, after)
    if sampled:
        sums.activity.active_work[()] += active_work(
            propulsion, before, after, scratch.displacement
        )
    copy_rows(after, before)


@jit()
def record_end(
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
    sums: Sums,
) -> None:
    """Sample what belongs to the positions after the step, or to both."""
    along = trajectory.positions[constants.last_axis]
    sample_end(
        sums.profiles, constants.inverse_width, hood.cells.begin, along, scratch.displacement
    )
    is_pushed = acts(scratch.force) or constants.local.acts or constants.propulsion.kind != NONE
    sample_balance(
        sums.balance,
        scratch.balance,
        scratch.before,
        scratch.after,
        scratch.total if is_pushed else scratch.internal,
        scratch.displacement,
    )
