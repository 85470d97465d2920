"""The Nose-Hoover chain, split as in G. J. Martyna et al., Mol. Phys. 87, 1117 (1996)."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..arrays import Floats
from ..compiled import jit


class Bath(NamedTuple):
    """What the chain controls, and how heavy it is."""

    masses: Floats
    """Masses of the chain, (M,), epsilon tau^2; M = 0 without it."""
    freedom: int
    """Degrees of freedom of the particles."""
    temperature: float
    """k_B T, epsilon."""


@jit()
def turn_chain(bath: Bath, chain: Floats, twice_kinetic: float, time: float) -> float:
    """Advance the chain, (2, M), by `time`; return the factor by which velocities change.

    `twice_kinetic` is twice the kinetic energy before, epsilon.
    """
    position, velocity, last = chain[0], chain[1], bath.masses.size - 1
    _push(bath, velocity, last, twice_kinetic, time)
    for k in range(last - 1, -1, -1):
        _push_damped(bath, velocity, k, twice_kinetic, time)
    factor = math.exp(-velocity[0] * time)
    for k in range(last + 1):
        position[k] += velocity[k] * time
    twice_kinetic *= factor * factor
    for k in range(last):
        _push_damped(bath, velocity, k, twice_kinetic, time)
    _push(bath, velocity, last, twice_kinetic, time)
    return factor


@jit()
def _push_damped(bath: Bath, velocity: Floats, k: int, twice_kinetic: float, time: float) -> None:
    damping = math.exp(-0.25 * velocity[k + 1] * time)
    velocity[k] *= damping
    _push(bath, velocity, k, twice_kinetic, time)
    velocity[k] *= damping


@jit()
def _push(bath: Bath, velocity: Floats, k: int, twice_kinetic: float, time: float) -> None:
    """Push thermostat k for half of `time` by what it controls."""
    if k == 0:
        excess = twice_kinetic - bath.freedom * bath.temperature
    else:
        excess = bath.masses[k - 1] * velocity[k - 1] ** 2 - bath.temperature
    velocity[k] += 0.5 * time * excess / bath.masses[k]


@jit()
def chain_energy(bath: Bath, chain: Floats) -> float:
    """Energy of the chain, (2, M), which with that of the particles is conserved, epsilon."""
    energy = 0.0
    for k in range(bath.masses.size):
        weight = bath.freedom if k == 0 else 1
        energy += 0.5 * bath.masses[k] * chain[1, k] ** 2 + weight * bath.temperature * chain[0, k]
    return energy
