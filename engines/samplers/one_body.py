"""One-body fields in planar geometry: density, current and force profiles along one axis.

The sums obey the force balance of Zimmermann et al., Mach. Learn.: Sci. Technol. 5, 035062
(2024), eq. (4), gamma v = -kT grad ln rho + f_int + f_ext, because the displacement of a sampled
step is shared between the positions before and after it, and all forces are taken at the positions
of the particles.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ..arrays import Floats, Integers
from ..compiled import jit
from ..engine import Statistic


class ProfileSums(NamedTuple):
    """Sums over the sampled steps of one block, in the order of `PROFILE_STATISTICS`."""

    steps: Integers
    density: Integers
    displacement: Floats
    internal_force: Floats
    external_force: Floats


PROFILE_STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        "steps": Statistic(("block",), "1", "sampled steps"),
        "density": Statistic(
            ("block", "species", "bin"), "1", "particles found in each bin, over all steps"
        ),
        "displacement": Statistic(
            ("block", "species", "bin", "component"),
            "sigma",
            "displacements, half at their start, half at their end",
        ),
        "internal_force": Statistic(
            ("block", "species", "bin", "component"), "epsilon/sigma", "forces between particles"
        ),
        "external_force": Statistic(
            ("block", "species", "bin", "component"),
            "epsilon/sigma",
            "forces of the external field",
        ),
    }
)


def empty_profiles(blocks: int, species: int, bins: int) -> ProfileSums:
    """Allocate what a replica accumulates, with an axis of blocks before all others."""
    return ProfileSums(
        steps=np.zeros(blocks, dtype=np.int64),
        density=np.zeros((blocks, species, bins), dtype=np.int64),
        displacement=np.zeros((blocks, species, bins, 3)),
        internal_force=np.zeros((blocks, species, bins, 3)),
        external_force=np.zeros((blocks, species, bins, 3)),
    )


@jit(inline=True)
def bin_of(z: float, inverse_width: float, bins: int) -> int:
    """Bin of a coordinate that is outside of [0, L) by less than L."""
    b = math.floor(z * inverse_width)
    b += bins if b < 0 else 0
    return b - bins if b >= bins else b


@jit()
def sample_start(
    sums: ProfileSums,
    inverse_width: float,
    begin: Integers,
    z: Floats,
    internal: Floats,
    external: Floats,
    displacement: Floats,
) -> None:
    """Add density, forces and half the displacement, (3, N), at the start of a step.

    The particles of species s are begin[s], ..., begin[s + 1] - 1, at coordinates z, (N,).
    """
    for s in range(begin.size - 1):
        density, moved = sums.density[s], sums.displacement[s]
        internal_force, external_force = sums.internal_force[s], sums.external_force[s]
        for i in range(begin[s], begin[s + 1]):
            b = bin_of(z[i], inverse_width, density.size)
            density[b] += 1
            for axis in range(3):
                moved[b, axis] += 0.5 * displacement[axis, i]
                internal_force[b, axis] += internal[axis, i]
                external_force[b, axis] += external[axis, i]
    sums.steps[()] += 1


@jit()
def sample_end(
    sums: ProfileSums, inverse_width: float, begin: Integers, z: Floats, displacement: Floats
) -> None:
    """Add the other half of the displacement at the end of a step."""
    for s in range(begin.size - 1):
        moved = sums.displacement[s]
        for i in range(begin[s], begin[s + 1]):
            b = bin_of(z[i], inverse_width, moved.shape[0])
            for axis in range(3):
                moved[b, axis] += 0.5 * displacement[axis, i]
