"""Full Verlet lists: every pair twice, so that a particle's force needs its own list only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .arrays import Bytes, Floats, Indices, Integers
from .cells import Cells, gather_candidates, sort_into_cells
from .compiled import jit


class List(NamedTuple):
    """Neighbours of species s of particle i: `neighbours[start[s, i]:stop[s, i]]`."""

    radius: float
    """Largest distance of a listed pair at the reference positions, sigma."""
    start: Integers
    """Where the neighbours of each species of each particle begin, (S, N)."""
    stop: Integers
    """Where they end, (S, N)."""
    neighbours: Indices
    """Indices of neighbours; its length is the capacity."""


class Neighbourhood(NamedTuple):
    """Both lists, and the scratch space to build them."""

    edges: tuple[float, float, float]
    """Edges of the periodic box, sigma."""
    range: float
    """Largest distance at which particles interact, sigma; 0 needs no lists."""
    wide: List
    narrow: List
    cells: Cells
    near: Bytes
    """Scratch: 1 where a candidate is near, (N,)."""


@jit()
def build_wide(hood: Neighbourhood, reference: Floats) -> bool:
    """List the pairs within the wide radius; false if they do not fit."""
    cells = hood.cells
    species = cells.begin.size - 1
    number = (cells.first.size - 1) // species
    sort_into_cells(cells, reference)
    end = 0
    for cell in range(number):
        for other in range(species):
            count = gather_candidates(cells, other, cell, reference)
            for own in range(species):
                slots = own * number + cell
                members = cells.order[cells.first[slots] : cells.first[slots + 1]]
                end = _list_near(hood, reference, other, members, count, end)
                if end < 0:
                    return False
    return True


@jit()
def _list_near(
    hood: Neighbourhood, reference: Floats, species: int, members: Indices, count: int, end: int
) -> int:
    """List which of `count` candidates are near each of a cell's particles.

    Returns the new end of the list, or -1 if they do not fit.
    """
    (radius, start, stop, neighbours), near, edges = hood.wide, hood.near, hood.edges
    candidates, coordinates = hood.cells.candidates[:count], hood.cells.coordinates
    x, y, z = coordinates[0], coordinates[1], coordinates[2]
    for i in members:
        if end + count > neighbours.size:
            return -1
        xi, yi, zi = reference[0, i], reference[1, i], reference[2, i]
        for c in range(count):
            r2 = distance2(xi - x[c], yi - y[c], zi - z[c], edges)
            near[c] = (r2 < radius * radius) & (candidates[c] != i)
        start[species, i] = end
        end = append(neighbours, end, candidates, near)
        stop[species, i] = end
    return end


@jit()
def build_narrow(hood: Neighbourhood, reference: Floats) -> bool:
    """Filter the pairs within the narrow radius from the wide list; false if they do not fit."""
    end = 0
    for species in range(hood.narrow.start.shape[0]):
        end = _filter(hood, reference, species, end)
        if end < 0:
            return False
    return True


@jit()
def _filter(hood: Neighbourhood, reference: Floats, species: int, end: int) -> int:
    """Filter the neighbours of one species; return the new end, or -1 if they do not fit.

    A word of bits holds which candidates are near: a loop that stores nothing can use gathers.
    """
    radius, start, stop, neighbours = hood.narrow
    _, wide_start, wide_stop, wide_neighbours = hood.wide
    x, y, z = reference[0], reference[1], reference[2]
    for i in range(x.size):
        first, last = wide_start[species, i], wide_stop[species, i]
        if end + last - first > neighbours.size:
            return -1
        xi, yi, zi = x[i], y[i], z[i]
        start[species, i] = end
        for block in range(first, last, 64):
            candidates = wide_neighbours[block : min(block + 64, last)]
            near = np.uint64(0)
            for c in range(candidates.size):
                j = candidates[c]
                r2 = distance2(xi - x[j], yi - y[j], zi - z[j], hood.edges)
                near |= np.uint64(r2 < radius * radius) << np.uint64(c)
            for c in range(candidates.size):
                neighbours[end] = candidates[c]
                end += int((near >> np.uint64(c)) & np.uint64(1))
        stop[species, i] = end
    return end


@jit(inline=True)
def distance2(dx: float, dy: float, dz: float, edges: tuple[float, float, float]) -> float:
    """Squared distance to the nearest image."""
    dx -= edges[0] * np.rint(dx * (1.0 / edges[0]))
    dy -= edges[1] * np.rint(dy * (1.0 / edges[1]))
    dz -= edges[2] * np.rint(dz * (1.0 / edges[2]))
    return dx * dx + dy * dy + dz * dz


@jit(inline=True)
def append(neighbours: Indices, end: int, candidates: Indices, near: Bytes) -> int:
    """Append the near candidates; return the new end.

    Every candidate is written and the end advanced past the near ones only: no branch to miss.
    """
    for c in range(candidates.size):
        neighbours[end] = candidates[c]
        end += int(near[c])
    return end
