"""The Nose-Hoover chain, split as in G. J. Martyna et al., Mol. Phys. 87, 1117 (1996)."""

from __future__ import annotations

import math

from ..arrays import Floats
from ..compiled import jit


@jit()
def turn_chain(
    chain: Floats,
    masses: Floats,
    twice_kinetic: float,
    freedom: int,
    temperature: float,
    time: float,
) -> float:
    """Advance the chain, (2, M), by `time`; return the factor by which velocities change.

    `twice_kinetic` is twice the kinetic energy before, epsilon.
    """
    position, velocity, last = chain[0], chain[1], masses.size - 1
    _push(velocity, masses, last, twice_kinetic, freedom, temperature, time)
    for k in range(last - 1, -1, -1):
        _push_damped(velocity, masses, k, twice_kinetic, freedom, temperature, time)
    factor = math.exp(-velocity[0] * time)
    for k in range(masses.size):
        position[k] += velocity[k] * time
    for k in range(last):
        twice = twice_kinetic * factor * factor
        _push_damped(velocity, masses, k, twice, freedom, temperature, time)
    _push(velocity, masses, last, twice_kinetic * factor * factor, freedom, temperature, time)
    return factor


@jit()
def _push_damped(
    velocity: Floats,
    masses: Floats,
    k: int,
    twice_kinetic: float,
    freedom: int,
    temperature: float,
    time: float,
) -> None:
    damping = math.exp(-0.25 * velocity[k + 1] * time)
    velocity[k] *= damping
    _push(velocity, masses, k, twice_kinetic, freedom, temperature, time)
    velocity[k] *= damping


@jit()
def _push(
    velocity: Floats,
    masses: Floats,
    k: int,
    twice_kinetic: float,
    freedom: int,
    temperature: float,
    time: float,
) -> None:
    """Push thermostat k for half of `time` by what it controls."""
    if k == 0:
        excess = twice_kinetic - freedom * temperature
    else:
        excess = masses[k - 1] * velocity[k - 1] ** 2 - temperature
    velocity[k] += 0.5 * time * excess / masses[k]


@jit()
def chain_energy(chain: Floats, masses: Floats, freedom: int, temperature: float) -> float:
    """Energy of the chain, which with that of the particles is conserved, epsilon."""
    energy = 0.0
    for k in range(masses.size):
        weight = freedom if k == 0 else 1
        energy += 0.5 * masses[k] * chain[1, k] ** 2 + weight * temperature * chain[0, k]
    return energy
