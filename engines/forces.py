"""Pair forces, energy and virial over the neighbour lists, at the positions of `verlet.extend`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import ROW, Floats, Indices
from .compiled import jit
from .copying import fill, fill_rows
from .lanes import LANES, gather_rows, spread, total
from .outside import outside_energy, outside_forces, outside_shares
from .potentials.pair import pair_of_lanes
from .prefetch import AHEAD, SOON, prefetch
from .verlet import Neighbourhood, extend


@jit(fastmath=True, inline=True)
def force_on(
    potential: Any, rows: Floats, i: int, neighbours: Indices, first: int, last: int
) -> tuple[float, float, float]:
    """Force (x, y, z) of neighbours first, ..., last - 1, a multiple of lanes, on particle i."""
    xi, yi, zi = spread(rows[i, 0]), spread(rows[i, 1]), spread(rows[i, 2])
    fx, fy, fz = spread(0.0), spread(0.0), spread(0.0)
    for k in range(first, last, LANES):
        prefetch(neighbours, k + AHEAD)
        for later in (neighbours[k + SOON], neighbours[k + SOON + LANES // 2]):
            prefetch(rows, ROW * np.int64(later))
        x, y, z = gather_rows(rows, neighbours, k)
        dx, dy, dz = xi - x, yi - y, zi - z
        force_over_r, _ = pair_of_lanes(potential, dx * dx + dy * dy + dz * dz)
        fx += force_over_r * dx
        fy += force_over_r * dy
        fz += force_over_r * dz
    return total(fx), total(fy), total(fz)


@jit(fastmath=True)
def fill_forces(potentials: Any, hood: Neighbourhood, forces: Floats) -> None:
    """Write the pair forces into `forces`, (3, N).

    `potentials` holds the numbers of the pair function of species a and b at a S + b.
    """
    if hood.range == 0.0:
        outside_forces(potentials[0], hood, forces)
        return
    begin, start, stop, neighbours = hood.cells.begin, hood.start, hood.stop, hood.neighbours
    species = begin.size - 1
    for own in range(species):
        for other in range(species):
            potential = potentials[own * species + other]
            for i in range(begin[own], begin[own + 1]):
                first, last = start[other, i], stop[other, i]
                fx, fy, fz = force_on(potential, hood.extended, i, neighbours, first, last)
                if other > 0:
                    fx, fy, fz = fx + forces[0, i], fy + forces[1, i], fz + forces[2, i]
                forces[0, i], forces[1, i], forces[2, i] = fx, fy, fz


@jit(fastmath=True)
def energy_and_virial(potentials: Any, hood: Neighbourhood, virial: Floats) -> float:
    """Return the energy U; write sum_{i<j} r F into `virial`: xx, yy, zz, yz, xz, xy, epsilon."""
    if hood.range == 0.0:
        return outside_energy(potentials[0], hood, virial)
    energy = 0.0
    fill(virial, 0.0)
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
def _add_virial(potential: Any, rows: Floats, i: int, neighbours: Indices, virial: Floats) -> float:
    """Add particle i's share of the virial by components; return twice that of the energy."""
    xi, yi, zi = spread(rows[i, 0]), spread(rows[i, 1]), spread(rows[i, 2])
    energy = spread(0.0)
    xx, yy, zz = spread(0.0), spread(0.0), spread(0.0)
    yz, xz, xy = spread(0.0), spread(0.0), spread(0.0)
    for k in range(0, neighbours.size, LANES):
        x, y, z = gather_rows(rows, neighbours, k)
        dx, dy, dz = xi - x, yi - y, zi - z
        force_over_r, pair_energy = pair_of_lanes(potential, dx * dx + dy * dy + dz * dz)
        energy += pair_energy
        fx, fy, fz = force_over_r * dx, force_over_r * dy, force_over_r * dz
        xx += fx * dx
        yy += fy * dy
        zz += fz * dz
        yz += fy * dz
        xz += fx * dz
        xy += fx * dy
    for component, share in enumerate((xx, yy, zz, yz, xz, xy)):
        virial[component] += 0.5 * total(share)
    return float(total(energy))


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
    if hood.range == 0.0:
        outside_shares(potentials[0], hood, energies, virials)
        return
    fill_rows(virials, 0.0)
    begin, start, stop = hood.cells.begin, hood.start, hood.stop
    species = begin.size - 1
    for own in range(species):
        for i in range(begin[own], begin[own + 1]):
            energies[i] = 0.0
            for other in range(species):
                potential = potentials[own * species + other]
                near = hood.neighbours[start[other, i] : stop[other, i]]
                energy = _add_virial(potential, hood.extended, i, near, virials[:, i])
                energies[i] += 0.5 * energy
