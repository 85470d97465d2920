"""Cells and ghosts: who may be near whom, in which image.

Particles are sorted into cells of the periodic box. Around it lie layers of more cells: they hold
ghosts, the images of particles at the other end of the box. With ghosts, neither lists nor forces
ask for nearest images.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np

from .arrays import Floats, Indices, Integers
from .box import Box
from .compiled import jit
from .lanes import LANES


class Cells(NamedTuple):
    """Particles and ghosts by species and cell, and one cell's candidates for being a neighbour.

    The box is the periodic one, or a domain of it.
    """

    origin: tuple[float, float, float]
    """Lowest corner of the box, sigma."""
    edges: tuple[float, float, float]
    """Edges of the box, sigma."""
    per_edge: tuple[int, int, int]
    """Cells of the box along each axis."""
    reach: tuple[int, int, int]
    """Cells that a list radius reaches across, on each axis."""
    halo: float
    """How far ghosts are from the box at most, sigma: no less than the list radius."""
    layers: tuple[int, int, int]
    """Cells that this reaches across: those of ghosts at either end of each axis."""
    begin: Integers
    """Where the particles of each species begin, (S + 1,)."""
    cell_of: Integers
    """Species times the number of cells plus cell of each particle, (N,)."""
    first: Integers
    """Where the particles of each species and cell of the box begin, (S cells + 1,)."""
    order: Indices
    """Particles sorted by species, by cell, and by index within a cell, (N,)."""
    low: Integers
    """Where particles or ghosts of each species and cell begin, ghosts' cells included."""
    high: Integers
    """Where they end."""
    moves: Floats
    """Largest squared move of the particles of each species and cell of the box, sigma^2."""
    candidates: Indices
    """Particles and ghosts in the cells around one cell."""
    coordinates: Floats
    """Their positions, (3, ...)."""


class Ghosts(NamedTuple):
    """Images of particles beyond the faces of the box."""

    number: Integers
    """Number of ghosts, (1,)."""
    source: Indices
    """Which particle each one is an image of."""
    shift: Floats
    """By how much it is moved, (3, ...), sigma."""


def make_cells(counts: tuple[int, ...], box: Box, radius: float, halo: float, room: int) -> Cells:
    """Allocate cells for so many particles of each species and `room` particles and ghosts."""
    particles, species = sum(counts), len(counts)
    per_edge, reach = _best_cells(particles, box, radius)
    layers = [
        math.ceil(halo * n / edge) if axis < box.dimensions else 0
        for axis, (n, edge) in enumerate(zip(per_edge, box.edges, strict=True))
    ]
    number = math.prod(per_edge)
    extended = math.prod(n + 2 * r for n, r in zip(per_edge, layers, strict=True))
    cells = Cells(
        origin=(0.0, 0.0, 0.0),
        edges=box.edges,
        per_edge=per_edge,
        reach=reach,
        halo=halo,
        layers=(layers[0], layers[1], layers[2]),
        begin=np.cumsum([0, *counts], dtype=np.int64),
        cell_of=np.zeros(particles, dtype=np.int64),
        first=np.zeros(species * number + 1, dtype=np.int64),
        order=np.zeros(particles, dtype=np.uint32),
        low=np.zeros(species * extended, dtype=np.int64),
        high=np.zeros(species * extended, dtype=np.int64),
        moves=np.zeros(species * number),
        candidates=np.zeros(0, dtype=np.uint32),
        coordinates=np.zeros((3, 0)),
    )
    return with_room(cells, room)


def with_room(cells: Cells, room: int) -> Cells:
    """Return cells with space for so many candidates, and for as many as are compared at once."""
    return cells._replace(
        candidates=np.zeros(room + LANES, dtype=np.uint32),
        coordinates=np.zeros((3, room + LANES)),
    )


def _best_cells(
    particles: int, box: Box, radius: float
) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Cells along each edge and how many the radius reaches across, for the least work."""
    if radius <= 0:
        return (1, 1, 1), (0, 0, 0)
    spacing = (box.volume / particles) ** (1 / box.dimensions)
    axes = [
        [_cells_along(edge, radius, spacing, parts) for parts in (1, 2, 3)]
        for edge in box.edges[: box.dimensions]
    ]
    axes += [[(1, 0)]] * (3 - box.dimensions)
    choices = [tuple(zip(*choice, strict=True)) for choice in itertools.product(*axes)]
    per_edge, reach = min(choices, key=lambda choice: _work(particles, *choice))
    return (per_edge[0], per_edge[1], per_edge[2]), (reach[0], reach[1], reach[2])


def _cells_along(edge: float, radius: float, spacing: float, parts: int) -> tuple[int, int]:
    """Cells along an edge, no smaller than a part of the radius, and their reach.

    However dilute, there are about as many cells as particles, `spacing` apart.
    """
    number = max(1, min(math.floor(parts * edge / radius), math.ceil(edge / spacing)))
    return number, math.ceil(radius * number / edge)


def _work(particles: int, per_edge: tuple[int, ...], reach: tuple[int, ...]) -> float:
    """Nanoseconds of a list for each particle: to compare candidates, and to gather them."""
    members = particles / math.prod(per_edge)
    widths = [2 * r + 1 for r in reach]
    candidates = members * math.prod(widths)
    gathering = 15.0 * widths[0] * widths[1] + 1.6 * candidates
    return 0.37 * candidates + gathering / max(members, 1.0)


@jit()
def sort_into_cells(cells: Cells, positions: Floats) -> None:
    """Sort particles at `positions` (3, N), wrapped into the box, by counting."""
    begin, number = cells.begin, cells.per_edge[0] * cells.per_edge[1] * cells.per_edge[2]
    for species in range(begin.size - 1):
        for i in range(begin[species], begin[species + 1]):
            cells.cell_of[i] = species * number + _cell_at(cells, positions, i)
    _sort_by_count(cells)


@jit()
def sort_scattered(cells: Cells, positions: Floats, species: Integers) -> None:
    """Sort particles whose species, (N,), are in any order."""
    number = cells.per_edge[0] * cells.per_edge[1] * cells.per_edge[2]
    for i in range(species.size):
        cells.cell_of[i] = species[i] * number + _cell_at(cells, positions, i)
    _sort_by_count(cells)


@jit()
def _sort_by_count(cells: Cells) -> None:
    first = cells.first
    for cell in range(first.size):
        first[cell] = 0
    for i in range(cells.cell_of.size):
        first[cells.cell_of[i] + 1] += 1
    for cell in range(first.size - 1):
        first[cell + 1] += first[cell]
    for i in range(cells.cell_of.size):
        cell = cells.cell_of[i]
        cells.order[first[cell]] = i
        first[cell] += 1
    for cell in range(first.size - 1, 0, -1):
        first[cell] = first[cell - 1]
    first[0] = 0


@jit(inline=True)
def _cell_at(cells: Cells, positions: Floats, i: int) -> int:
    x, y = _along(cells, positions, 0, i), _along(cells, positions, 1, i)
    return (x * cells.per_edge[1] + y) * cells.per_edge[2] + _along(cells, positions, 2, i)


@jit(inline=True)
def _along(cells: Cells, positions: Floats, axis: int, i: int) -> int:
    n = cells.per_edge[axis]
    inside = positions[axis, i] - cells.origin[axis]
    return max(0, min(int(inside / cells.edges[axis] * n), n - 1))


@jit()
def place_ghosts(cells: Cells, positions: Floats, ghosts: Ghosts) -> bool:
    """Fill all cells, those of the box by sorted particles, (3, N); false if ghosts do not fit."""
    nx, ny, nz = cells.per_edge
    rx, ry, rz = cells.layers
    particles, cell = cells.cell_of.size, 0
    ghosts.number[0] = 0
    for species in range(cells.begin.size - 1):
        for a in range(-rx, nx + rx):
            for b in range(-ry, ny + ry):
                for c in range(-rz, nz + rz):
                    x, y, z = math.floor(a / nx), math.floor(b / ny), math.floor(c / nz)
                    row = (species * nx + a - nx * x) * ny + b - ny * y
                    source = row * nz + c - nz * z
                    low, high = cells.first[source], cells.first[source + 1]
                    if x != 0 or y != 0 or z != 0:
                        begin = ghosts.number[0]
                        if begin + high - low > ghosts.source.size:
                            return False
                        _add_ghosts(cells, positions, ghosts, low, high, (x, y, z))
                        low, high = particles + begin, particles + ghosts.number[0]
                    cells.low[cell], cells.high[cell] = low, high
                    cell += 1
    return True


@jit()
def _add_ghosts(
    cells: Cells,
    positions: Floats,
    ghosts: Ghosts,
    low: int,
    high: int,
    image: tuple[int, int, int],
) -> None:
    """Add images of particles low, ..., high - 1 that are near the box."""
    halo, g = cells.halo, ghosts.number[0]
    for i in range(low, high):
        near = True
        for axis in range(3):
            shift = image[axis] * cells.edges[axis]
            outside = positions[axis, i] + shift
            near &= -halo <= outside <= cells.edges[axis] + halo
            ghosts.shift[axis, g] = shift
        ghosts.source[g] = i
        g += int(near)
    ghosts.number[0] = g


@jit()
def gather_candidates(cells: Cells, species: int, cell: int, rows: Floats) -> tuple[int, int]:
    """Copy the particles and ghosts of a species in a cell of the box and in those around it.

    `rows` are the positions, (..., 4), of sorted particles, followed by ghosts.

    Returns
    -------
    count
        Number of candidates.
    own
        Where those of `cell` itself begin.
    """
    nx, ny, nz = cells.per_edge
    kx, ky, kz = cells.reach
    rx, ry, rz = cells.layers
    x, y, z = cell // (ny * nz) + rx, cell // nz % ny + ry, cell % nz + rz
    first, last, low, high = z - kz, z + kz + 1, cells.low, cells.high
    count, own = 0, 0
    for a in range(x - kx, x + kx + 1):
        for b in range(y - ky, y + ky + 1):
            row = ((species * (nx + 2 * rx) + a) * (ny + 2 * ry) + b) * (nz + 2 * rz)
            # Ghosts at the low end of the row, its particles, and ghosts at the high end.
            if first < rz:
                begin, end = low[row + first], high[row + min(last, rz) - 1]
                count = _copy(cells, rows, begin, end, count)
            begin, end = low[row + max(first, rz)], high[row + min(last, nz + rz) - 1]
            if a == x and b == y:
                own = count + low[row + z] - begin
            count = _copy(cells, rows, begin, end, count)
            if last > nz + rz:
                begin, end = low[row + max(first, nz + rz)], high[row + last - 1]
                count = _copy(cells, rows, begin, end, count)
    return count, own


@jit(inline=True)
def _copy(cells: Cells, rows: Floats, begin: int, end: int, count: int) -> int:
    """Copy rows begin, ..., end - 1; return the new count."""
    candidates, coordinates = cells.candidates, cells.coordinates
    for slot in range(begin, end):
        k = count + slot - begin
        candidates[k] = slot
        coordinates[0, k] = rows[slot, 0]
        coordinates[1, k] = rows[slot, 1]
        coordinates[2, k] = rows[slot, 2]
    return count + end - begin


@jit()
def reorder(order: Indices, rows: Floats, scratch: Floats) -> None:
    """Move what belongs to particle order[k], a column of `rows`, to column k."""
    for row in range(rows.shape[0]):
        for k in range(order.size):
            scratch[k] = rows[row, order[k]]
        for k in range(order.size):
            rows[row, k] = scratch[k]


@jit()
def reorder_labels(order: Indices, labels: Indices, scratch: Indices) -> None:
    """Move the label of particle order[k] to k."""
    for k in range(order.size):
        scratch[k] = labels[order[k]]
    for k in range(order.size):
        labels[k] = scratch[k]
