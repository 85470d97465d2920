"""Cells of half a list radius: who may be near whom."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .arrays import Floats, Indices, Integers
from .compiled import jit

_REACH = 2
"""A list radius spans at most this many cells."""


class Cells(NamedTuple):
    """Particles sorted into n^3 cubic cells, and one cell's candidates for being a neighbour."""

    length: float
    """Edge of the periodic cubic box, sigma."""
    per_side: int
    """n; 1 if the box is too small to gain anything from cells."""
    cell_of: Integers
    """Cell of each particle, (N,)."""
    first: Integers
    """Where the particles of each cell begin in `order`, (n^3 + 1,)."""
    order: Indices
    """Particles sorted by cell, and by index within a cell, (N,)."""
    candidates: Indices
    """Particles in the cells around one cell, (N,)."""
    coordinates: Floats
    """Their positions, (3, N)."""


def make_cells(particles: int, length: float, radius: float) -> Cells:
    """Allocate cells for lists of this radius."""
    per_side = math.floor(_REACH * length / radius) if radius > 0 else 1
    per_side = min(per_side, math.ceil(particles ** (1 / 3)) + 2 * _REACH)
    if per_side <= 2 * _REACH + 1:
        per_side = 1
    return Cells(
        length=length,
        per_side=per_side,
        cell_of=np.zeros(particles, dtype=np.int64),
        first=np.zeros(per_side**3 + 1, dtype=np.int64),
        order=np.zeros(particles, dtype=np.uint32),
        candidates=np.zeros(particles, dtype=np.uint32),
        coordinates=np.zeros((3, particles)),
    )


@jit()
def sort_into_cells(cells: Cells, positions: Floats) -> None:
    """Sort particles at `positions` (3, N), wrapped into [0, L), by counting."""
    n, first = cells.per_side, cells.first
    for cell in range(first.size):
        first[cell] = 0
    for i in range(positions.shape[1]):
        cell = 0
        for axis in range(3):
            cell = cell * n + min(int(positions[axis, i] / cells.length * n), n - 1)
        cells.cell_of[i] = cell
        first[cell + 1] += 1
    for cell in range(n**3):
        first[cell + 1] += first[cell]
    for i in range(positions.shape[1]):
        cell = cells.cell_of[i]
        cells.order[first[cell]] = i
        first[cell] += 1
    for cell in range(n**3, 0, -1):
        first[cell] = first[cell - 1]
    first[0] = 0


@jit()
def gather_candidates(cells: Cells, cell: int, positions: Floats) -> int:
    """Copy the particles of `cell` and of the cells around it; return their number."""
    n = cells.per_side
    reach = _REACH if n > 1 else 0
    count = 0
    for a in range(cell // (n * n) - reach, cell // (n * n) + reach + 1):
        for b in range(cell // n % n - reach, cell // n % n + reach + 1):
            for c in range(cell % n - reach, cell % n + reach + 1):
                near = ((a % n) * n + b % n) * n + c % n
                for slot in range(cells.first[near], cells.first[near + 1]):
                    cells.candidates[count] = cells.order[slot]
                    count += 1
    for slot in range(count):
        for axis in range(3):
            cells.coordinates[axis, slot] = positions[axis, cells.candidates[slot]]
    return count
