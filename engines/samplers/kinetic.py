"""Kinetic energy, total energy and momentum flux of particles that have velocities."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ..arrays import Floats
from ..compiled import jit
from ..engine import Statistic


class KineticSums(NamedTuple):
    """Sums over the samples of one block, as many as of the energy."""

    kinetic_energy: Floats
    total_energy: Floats
    kinetic_stress: Floats


KINETIC_STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        "kinetic_energy": Statistic(
            ("block", "power"), "epsilon", "kinetic energy K, and its square"
        ),
        "total_energy": Statistic(
            ("block", "power"),
            "epsilon",
            "U + K, with that of a Nose-Hoover chain, and its square",
        ),
        "kinetic_stress": Statistic(
            ("block", "voigt"), "epsilon", "sum over particles of m v v: xx, yy, zz, yz, xz, xy"
        ),
    }
)


def empty_kinetic(blocks: int) -> KineticSums:
    """Allocate what a replica accumulates, with an axis of blocks before all others."""
    return KineticSums(np.zeros((blocks, 2)), np.zeros((blocks, 2)), np.zeros((blocks, 6)))


@jit()
def sample_kinetic(sums: KineticSums, kinetic: float, total: float, velocities: Floats) -> None:
    """Add one sample, given velocities, (3, N)."""
    sample_kinetic_energy(sums, kinetic, total)
    sample_momentum_flux(sums, velocities)


@jit()
def sample_kinetic_energy(sums: KineticSums, kinetic: float, total: float) -> None:
    """Add one sample of the energies of all particles."""
    sums.kinetic_energy[0] += kinetic
    sums.kinetic_energy[1] += kinetic * kinetic
    sums.total_energy[0] += total
    sums.total_energy[1] += total * total


@jit()
def sample_momentum_flux(sums: KineticSums, velocities: Floats) -> None:
    """Add one sample of particles with velocities, (3, N)."""
    for component in range(3):
        after, before = (component + 1) % 3, (component + 2) % 3
        own = velocities[component]
        sums.kinetic_stress[component] += _product(own, own)
        sums.kinetic_stress[3 + component] += _product(velocities[after], velocities[before])


@jit(fastmath=True)
def _product(first: Floats, second: Floats) -> float:
    total = 0.0
    for i in range(first.size):
        total += first[i] * second[i]
    return total


@jit(fastmath=True)
def kinetic_energy(velocities: Floats) -> float:
    """Kinetic energy of particles of mass one, epsilon."""
    total = 0.0
    for axis in range(3):
        total += _product(velocities[axis], velocities[axis])
    return 0.5 * total
