"""Pair forces, energy and virial over the neighbour lists, at the positions of `verlet.extend`."""

from __future__ import annotations

from typing import Any

from .arrays import Floats, Indices
from .compiled import jit
from .copying import fill_rows
from .potentials.pair import pair
from .prefetch import prefetch
from .verlet import Neighbourhood, extend

AHEAD = 1024
"""How many neighbours in advance lists are loaded: those of some ten particles."""

LINE = 16
"""Neighbours in a cache line."""

CACHED = 2**20
"""Neighbours that second-level caches hold anyway."""


@jit(fastmath=True, inline=True)
def force_on(
    potential: Any, positions: Floats, i: int, neighbours: Indices
) -> tuple[float, float, float]:
    """Force (x, y, z) of `neighbours` on particle i.

    Unsigned indices, one array per coordinate and no branch let the loop run on vector gathers.
    """
    x, y, z = positions[0], positions[1], positions[2]
    xi, yi, zi = x[i], y[i], z[i]
    fx, fy, fz = 0.0, 0.0, 0.0
    for k in range(neighbours.size):
        j = neighbours[k]
        dx, dy, dz = xi - x[j], yi - y[j], zi - z[j]
        force_over_r, _ = pair(potential, dx * dx + dy * dy + dz * dz)
        fx += force_over_r * dx
        fy += force_over_r * dy
        fz += force_over_r * dz
    return fx, fy, fz


@jit(fastmath=True)
def fill_forces(potentials: Any, hood: Neighbourhood, forces: Floats) -> None:
    """Write the pair forces into `forces`, (3, N).

    `potentials` holds the numbers of the pair function of species a and b at a S + b.
    """
    if hood.range == 0.0:
        fill_rows(forces, 0.0)
        return
    begin, start, stop, neighbours = hood.cells.begin, hood.start, hood.stop, hood.neighbours
    species, is_long = begin.size - 1, neighbours.size > CACHED
    for own in range(species):
        for other in range(species):
            potential = potentials[own * species + other]
            for i in range(begin[own], begin[own + 1]):
                first, last = start[other, i], stop[other, i]
                for k in range(first + AHEAD, last + AHEAD if is_long else 0, LINE):
                    prefetch(neighbours, k)
                near = neighbours[first:last]
                fx, fy, fz = force_on(potential, hood.extended, i, near)
                if other > 0:
                    fx, fy, fz = fx + forces[0, i], fy + forces[1, i], fz + forces[2, i]
                forces[0, i], forces[1, i], forces[2, i] = fx, fy, fz


@jit(fastmath=True)
def energy_and_virial(potentials: Any, hood: Neighbourhood, virial: Floats) -> float:
    """Return the energy U; write sum_{i<j} r F into `virial`: xx, yy, zz, yz, xz, xy, epsilon."""
    energy = 0.0
    for component in range(6):
        virial[component] = 0.0
    if hood.range == 0.0:
        return energy
    begin, start, stop, neighbours = hood.cells.begin, hood.start, hood.stop, hood.neighbours
    species = begin.size - 1
    for own in range(species):
        for other in range(species):
            potential = potentials[own * species + other]
            for i in range(begin[own], begin[own + 1]):
                near = neighbours[start[other, i] : stop[other, i]]
                energy += _add_virial(potential, hood.extended, i, near, virial)
    return 0.5 * energy


@jit(fastmath=True)
def _add_virial(
    potential: Any, positions: Floats, i: int, neighbours: Indices, virial: Floats
) -> float:
    """Add particle i's share of the virial by components; return twice that of the energy."""
    x, y, z = positions[0], positions[1], positions[2]
    xi, yi, zi = x[i], y[i], z[i]
    energy, xx, yy, zz, yz, xz, xy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(neighbours.size):
        j = neighbours[k]
        dx, dy, dz = xi - x[j], yi - y[j], zi - z[j]
        force_over_r, pair_energy = pair(potential, dx * dx + dy * dy + dz * dz)
        energy += pair_energy
        xx += force_over_r * dx * dx
        yy += force_over_r * dy * dy
        zz += force_over_r * dz * dz
        yz += force_over_r * dy * dz
        xz += force_over_r * dx * dz
        xy += force_over_r * dx * dy
    for component, share in enumerate((xx, yy, zz, yz, xz, xy)):
        virial[component] += 0.5 * share
    return energy


def fill_particles(
    potentials: Any,
    hood: Neighbourhood,
    positions: Floats,
    forces: Floats,
    energies: Floats,
    virials: Floats,
) -> None:
    """Write what every particle has from its pairs, at `positions`, (3, N).

    Forces, (3, N); halves of the energies, (N,); halves of the virial by components, (6, N).
    """
    extend(hood, positions)
    fill_forces(potentials, hood, forces)
    fill_rows(virials, 0.0)
    begin, start, stop = hood.cells.begin, hood.start, hood.stop
    species = begin.size - 1
    for own in range(species):
        for i in range(begin[own], begin[own + 1]):
            energies[i] = 0.0
            for other in range(species if hood.range > 0.0 else 0):
                potential = potentials[own * species + other]
                near = hood.neighbours[start[other, i] : stop[other, i]]
                energy = _add_virial(potential, hood.extended, i, near, virials[:, i])
                energies[i] += 0.5 * energy
