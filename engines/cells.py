"""Cells of half a list radius: who may be near whom."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .arrays import Floats, Indices, Integers
from .box import Box
from .compiled import jit

_REACH = 2
"""A list radius spans at most this many cells."""


class Cells(NamedTuple):
    """Particles sorted by species and cell, and one cell's candidates for being a neighbour."""

    edges: tuple[float, float, float]
    """Edges of the periodic box, sigma."""
    per_edge: tuple[int, int, int]
    """Cells along each axis; 1 if the edge is too short to gain anything from cells."""
    begin: Integers
    """Where the particles of each species begin, (S + 1,)."""
    cell_of: Integers
    """Species times the number of cells plus cell of each particle, (N,)."""
    first: Integers
    """Where the particles of each species and cell begin in `order`."""
    order: Indices
    """Particles sorted by species, by cell, and by index within a cell, (N,)."""
    candidates: Indices
    """Particles in the cells around one cell, (N,)."""
    coordinates: Floats
    """Their positions, (3, N)."""


def make_cells(counts: tuple[int, ...], box: Box, radius: float) -> Cells:
    """Allocate cells for so many particles of each species and lists of this radius."""
    particles = sum(counts)
    spacing = (box.volume / particles) ** (1 / box.dimensions)
    x, y, z = (_per_edge(edge, spacing, radius) for edge in box.edges)
    return Cells(
        edges=box.edges,
        per_edge=(x, y, z),
        begin=np.cumsum([0, *counts], dtype=np.int64),
        cell_of=np.zeros(particles, dtype=np.int64),
        first=np.zeros(len(counts) * x * y * z + 1, dtype=np.int64),
        order=np.zeros(particles, dtype=np.uint32),
        candidates=np.zeros(particles, dtype=np.uint32),
        coordinates=np.zeros((3, particles)),
    )


def _per_edge(edge: float, spacing: float, radius: float) -> int:
    """Cells along an edge: no smaller than the reach allows, nor than particles can fill."""
    most = math.ceil(edge / spacing) + 2 * _REACH
    number = min(math.floor(_REACH * edge / radius), most) if radius > 0 else 1
    return number if number > 2 * _REACH + 1 else 1


@jit()
def sort_into_cells(cells: Cells, positions: Floats) -> None:
    """Sort particles at `positions` (3, N), wrapped into the box, by counting."""
    first, begin = cells.first, cells.begin
    number = cells.per_edge[0] * cells.per_edge[1] * cells.per_edge[2]
    for cell in range(first.size):
        first[cell] = 0
    for species in range(begin.size - 1):
        for i in range(begin[species], begin[species + 1]):
            cell = species * number + _cell_at(cells, positions, i)
            cells.cell_of[i] = cell
            first[cell + 1] += 1
    for cell in range(first.size - 1):
        first[cell + 1] += first[cell]
    for i in range(positions.shape[1]):
        cell = cells.cell_of[i]
        cells.order[first[cell]] = i
        first[cell] += 1
    for cell in range(first.size - 1, 0, -1):
        first[cell] = first[cell - 1]
    first[0] = 0


@jit(inline=True)
def _cell_at(cells: Cells, positions: Floats, i: int) -> int:
    cell = 0
    for axis in range(3):
        n = cells.per_edge[axis]
        cell = cell * n + min(int(positions[axis, i] / cells.edges[axis] * n), n - 1)
    return cell


@jit()
def gather_candidates(cells: Cells, species: int, cell: int, positions: Floats) -> int:
    """Copy the particles of a species in `cell` and in the cells around it; return their number."""
    nx, ny, nz = cells.per_edge
    x, y, z = cell // (ny * nz), cell // nz % ny, cell % nz
    rx, ry, rz = _reach(nx), _reach(ny), _reach(nz)
    count = 0
    for a in range(x - rx, x + rx + 1):
        for b in range(y - ry, y + ry + 1):
            for c in range(z - rz, z + rz + 1):
                near = ((species * nx + a % nx) * ny + b % ny) * nz + c % nz
                for slot in range(cells.first[near], cells.first[near + 1]):
                    cells.candidates[count] = cells.order[slot]
                    count += 1
    for slot in range(count):
        for axis in range(3):
            cells.coordinates[axis, slot] = positions[axis, cells.candidates[slot]]
    return count


@jit(inline=True)
def _reach(per_edge: int) -> int:
    return _REACH if per_edge > 1 else 0


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
