"""Pair forces, energy and virial over the narrow neighbour list."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import Floats, Indices
from .compiled import jit
from .copying import fill_rows
from .potentials.pair import pair
from .verlet import Neighbourhood


@jit(fastmath=True, inline=True)
def particle_sums(
    potential: Any, length: float, x: Floats, y: Floats, z: Floats, i: int, neighbours: Indices
) -> tuple[float, float, float, float, float]:
    """Force (x, y, z) on particle i, and twice its shares of energy and virial.

    What the caller does not use is compiled away. Unsigned indices, one array per coordinate and
    no branch let the loop run on vector gathers.
    """
    xi, yi, zi = x[i], y[i], z[i]
    inverse = 1.0 / length
    fx, fy, fz, energy, virial = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(neighbours.size):
        j = neighbours[k]
        dx, dy, dz = xi - x[j], yi - y[j], zi - z[j]
        dx -= length * np.rint(dx * inverse)
        dy -= length * np.rint(dy * inverse)
        dz -= length * np.rint(dz * inverse)
        r2 = dx * dx + dy * dy + dz * dz
        force_over_r, pair_energy = pair(potential, r2)
        fx += force_over_r * dx
        fy += force_over_r * dy
        fz += force_over_r * dz
        energy += pair_energy
        virial += force_over_r * r2
    return fx, fy, fz, energy, virial


@jit(fastmath=True)
def fill_forces(potential: Any, hood: Neighbourhood, positions: Floats, forces: Floats) -> None:
    """Write the pair forces at `positions` into `forces`, both (3, N)."""
    if hood.range == 0.0:
        fill_rows(forces, 0.0)
        return
    length, (_, start, stop, neighbours) = hood.length, hood.narrow
    x, y, z = positions[0], positions[1], positions[2]
    for i in range(x.size):
        near = neighbours[start[i] : stop[i]]
        fx, fy, fz, _, _ = particle_sums(potential, length, x, y, z, i, near)
        forces[0, i], forces[1, i], forces[2, i] = fx, fy, fz


@jit(fastmath=True)
def energy_and_virial(
    potential: Any, hood: Neighbourhood, positions: Floats
) -> tuple[float, float]:
    """Return the energy U and the virial W = sum_{i<j} r.F, epsilon."""
    energy, virial = 0.0, 0.0
    if hood.range == 0.0:
        return energy, virial
    length, (_, start, stop, neighbours) = hood.length, hood.narrow
    x, y, z = positions[0], positions[1], positions[2]
    for i in range(x.size):
        near = neighbours[start[i] : stop[i]]
        _, _, _, e, w = particle_sums(potential, length, x, y, z, i, near)
        energy += e
        virial += w
    return 0.5 * energy, 0.5 * virial
