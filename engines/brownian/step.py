"""The Euler-Maruyama step of eq. (1): dr = F dt / gamma + sqrt(2 T dt / gamma) xi.

T. Zimmermann et al., Mach. Learn.: Sci. Technol. 5, 035062 (2024).
"""

from __future__ import annotations

from typing import Any

from ..arrays import Floats
from ..compiled import jit
from ..copying import copy_words
from ..fields.planar import planar_force
from ..forces import fill_forces
from ..normals import fill_normals
from ..periodic import wrap
from ..samplers.force_balance import sample_balance
from ..samplers.one_body import OneBodySums, sample_end, sample_start
from ..verlet import Neighbourhood
from .workspace import Constants, Scratch, Trajectory


@jit()
def propose(
    potential: Any,
    constants: Constants,
    hood: Neighbourhood,
    trajectory: Trajectory,
    scratch: Scratch,
) -> int:
    """Compute forces and displacements; return a particle that moves too far, or -1."""
    fill_forces(potential, hood, trajectory.positions, scratch.internal)
    planar_force(scratch.force, scratch.before, scratch.after, scratch.external)
    copy_words(trajectory.random, scratch.random)
    fill_normals(scratch.random, scratch.noise)
    return displace(constants, scratch)


@jit()
def displace(constants: Constants, scratch: Scratch) -> int:
    """Turn the noise into displacements; return a particle that moves too far, or -1."""
    internal, external, displacement = scratch.internal, scratch.external, scratch.displacement
    limit2 = constants.limit * constants.limit
    bad = 0
    for i in range(displacement.shape[1]):
        d2 = 0.0
        for axis in range(3):
            force = internal[axis, i] + external[axis, i]
            d = constants.drift * force + constants.noise * displacement[axis, i]
            displacement[axis, i] = d
            d2 += d * d
        bad += int(not d2 < limit2)
    return first_too_far(displacement, limit2) if bad > 0 else -1


@jit()
def first_too_far(displacement: Floats, limit2: float) -> int:
    """First particle that moves too far, or not to any number."""
    for i in range(displacement.shape[1]):
        d2 = displacement[0, i] ** 2 + displacement[1, i] ** 2 + displacement[2, i] ** 2
        if not d2 < limit2:
            return i
    return -1


@jit()
def move(positions: Floats, displacement: Floats, length: float) -> None:
    """Add displacements to positions, both (3, N), and wrap."""
    for axis in range(3):
        for i in range(positions.shape[1]):
            positions[axis, i] = wrap(positions[axis, i] + displacement[axis, i], length)


@jit()
def record_start(
    constants: Constants, trajectory: Trajectory, scratch: Scratch, sums: OneBodySums
) -> None:
    """Sample what belongs to the positions before the step."""
    sample_start(
        sums,
        constants.inverse_width,
        trajectory.positions[2],
        scratch.internal,
        scratch.external,
        scratch.displacement,
    )


@jit()
def record_end(
    constants: Constants, trajectory: Trajectory, scratch: Scratch, sums: OneBodySums
) -> None:
    """Sample what belongs to the positions after the step, or to both."""
    sample_end(sums, constants.inverse_width, trajectory.positions[2], scratch.displacement)
    sample_balance(
        sums,
        scratch.balance,
        scratch.before,
        scratch.after,
        scratch.internal,
        scratch.external,
        scratch.displacement,
    )
