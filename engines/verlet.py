"""Full Verlet lists: every pair twice, so that a particle's force needs its own list only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .arrays import Bytes, Floats, Indices, Integers
from .cells import Cells, gather_candidates, sort_into_cells
from .compiled import jit


class List(NamedTuple):
    """Neighbours of particle i: `neighbours[start[i]:stop[i]]`."""

    radius: float
    """Largest distance of a listed pair at the reference positions, sigma."""
    start: Integers
    """Where the neighbours of each particle begin, (N,)."""
    stop: Integers
    """Where they end, (N,)."""
    neighbours: Indices
    """Indices of neighbours; its length is the capacity."""


class Neighbourhood(NamedTuple):
    """Both lists, and the scratch space to build them."""

    length: float
    """Edge of the periodic cubic box, sigma."""
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
    cells, (radius, start, stop, neighbours) = hood.cells, hood.wide
    first, order, near, length = cells.first, cells.order, hood.near, hood.length
    x, y, z = cells.coordinates[0], cells.coordinates[1], cells.coordinates[2]
    sort_into_cells(cells, reference)
    end = 0
    for cell in range(cells.per_side**3):
        if first[cell] == first[cell + 1]:
            continue
        count = gather_candidates(cells, cell, reference)
        candidates = cells.candidates[:count]
        for i in order[first[cell] : first[cell + 1]]:
            if end + count > neighbours.size:
                return False
            xi, yi, zi = reference[0, i], reference[1, i], reference[2, i]
            for c in range(count):
                r2 = distance2(xi - x[c], yi - y[c], zi - z[c], length)
                near[c] = (r2 < radius * radius) & (candidates[c] != i)
            start[i] = end
            end = append(neighbours, end, candidates, near)
            stop[i] = end
    return True


@jit()
def build_narrow(hood: Neighbourhood, reference: Floats) -> bool:
    """Filter the pairs within the narrow radius from the wide list; false if they do not fit.

    A word of bits holds which candidates are near: a loop that stores nothing can use gathers.
    """
    (radius, start, stop, neighbours), length = hood.narrow, hood.length
    _, wide_start, wide_stop, wide_neighbours = hood.wide
    x, y, z = reference[0], reference[1], reference[2]
    end = 0
    for i in range(x.size):
        if end + wide_stop[i] - wide_start[i] > neighbours.size:
            return False
        xi, yi, zi = x[i], y[i], z[i]
        start[i] = end
        for block in range(wide_start[i], wide_stop[i], 64):
            candidates = wide_neighbours[block : min(block + 64, wide_stop[i])]
            near = np.uint64(0)
            for c in range(candidates.size):
                j = candidates[c]
                r2 = distance2(xi - x[j], yi - y[j], zi - z[j], length)
                near |= np.uint64(r2 < radius * radius) << np.uint64(c)
            for c in range(candidates.size):
                neighbours[end] = candidates[c]
                end += int((near >> np.uint64(c)) & np.uint64(1))
        stop[i] = end
    return True


@jit(inline=True)
def distance2(dx: float, dy: float, dz: float, length: float) -> float:
    """Squared distance to the nearest image."""
    inverse = 1.0 / length
    dx -= length * np.rint(dx * inverse)
    dy -= length * np.rint(dy * inverse)
    dz -= length * np.rint(dz * inverse)
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
