"""Ghosts of a domain: particles of its neighbours, or its own images, within reach of its cells.

They are sent axis by axis, and those that came along one axis are sent on along the next. What is
sent is decided when lists are built; until then the same particles are sent in the same order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..arrays import Floats, Indices, Integers
from ..cells import Cells
from ..compiled import jit
from ..verlet import Neighbourhood, copy_into_rows


class Arrivals(NamedTuple):
    """Particles of a domain, in the order of memory, followed by ghosts as they arrive."""

    positions: Floats
    """In the image that is near the domain, (3, ...), sigma."""
    places: Integers
    """Species, and cell along each axis, below 0 or beyond the last for ghosts, (4, ...)."""


def make_arrivals(room: int) -> Arrivals:
    """Allocate for so many particles and ghosts."""
    return Arrivals(np.zeros((3, room)), np.zeros((4, room), dtype=np.int64))


@jit(entry=True)
def begin_arrivals(cells: Cells, positions: Floats, arrivals: Arrivals) -> None:
    """Write particles sorted by species and cell, at `positions`, (3, N)."""
    nx, ny, nz = cells.per_edge
    cell = 0
    for species in range(cells.begin.size - 1):
        for row in range(nx * ny):
            for z in range(nz):
                for i in range(cells.first[cell], cells.first[cell + 1]):
                    arrivals.places[0, i] = species
                    arrivals.places[1, i] = row // ny
                    arrivals.places[2, i] = row % ny
                    arrivals.places[3, i] = z
                    for axis in range(3):
                        arrivals.positions[axis, i] = positions[axis, i]
                cell += 1


@jit(entry=True)
def choose_ghosts(
    cells: Cells, arrivals: Arrivals, axis: int, upwards: bool, count: int, chosen: Indices
) -> int:
    """Choose those of `count` particles and ghosts that the next domain along an axis needs.

    Returns how many: their indices are written into `chosen`.
    """
    positions, places = arrivals.positions[axis], arrivals.places[1 + axis]
    last, layers = cells.per_edge[axis] - 1, cells.layers[axis]
    low, high = cells.origin[axis], cells.origin[axis] + cells.edges[axis]
    found = 0
    for i in range(count):
        if upwards:
            near = (places[i] > last - layers) & (high - positions[i] <= cells.halo)
        else:
            near = (places[i] < layers) & (positions[i] - low <= cells.halo)
        chosen[found] = i
        found += int(near)
    return found


@jit(entry=True)
def place_arrivals(hood: Neighbourhood, arrivals: Arrivals, count: int, slots: Indices) -> None:
    """Sort ghosts by species and cell, and give all cells their ranges.

    Parameters
    ----------
    count
        Particles and ghosts that have arrived.
    slots
        Is filled with the row of `hood.extended` of each of them, (count,).
    """
    cells, particles = hood.cells, hood.cells.cell_of.size
    low, high = cells.low, cells.high
    for cell in range(low.size):
        high[cell] = 0
    for g in range(particles, count):
        high[_extended_cell(cells, arrivals, g)] += 1
    begin = particles
    for cell in range(low.size):
        low[cell] = begin
        begin += high[cell]
        high[cell] = low[cell]
    for i in range(particles):
        slots[i] = i
    for g in range(particles, count):
        cell = _extended_cell(cells, arrivals, g)
        slots[g] = high[cell]
        for axis in range(3):
            hood.extended[high[cell], axis] = arrivals.positions[axis, g]
        high[cell] += 1
    _enter_particles(cells)


@jit()
def _extended_cell(cells: Cells, arrivals: Arrivals, g: int) -> int:
    cell = arrivals.places[0, g]
    for axis in range(3):
        n, r = cells.per_edge[axis], cells.layers[axis]
        cell = cell * (n + 2 * r) + arrivals.places[1 + axis, g] + r
    return int(cell)


@jit()
def _enter_particles(cells: Cells) -> None:
    """Give the cells inside of the domain the ranges of its sorted particles."""
    nx, ny, nz = cells.per_edge
    rx, ry, rz = cells.layers
    inner = 0
    for species in range(cells.begin.size - 1):
        for row in range(nx * ny):
            plane = species * (nx + 2 * rx) + row // ny + rx
            outer = (plane * (ny + 2 * ry) + row % ny + ry) * (nz + 2 * rz) + rz
            for z in range(nz):
                cells.low[outer + z] = cells.first[inner]
                cells.high[outer + z] = cells.first[inner + 1]
                inner += 1


@jit(entry=True)
def pack(extended: Floats, chosen: Indices, shifted: int, shift: float, out: Floats) -> None:
    """Copy rows of `extended` into `out`, (..., 3), moved along the axis `shifted`."""
    for k in range(chosen.size):
        for axis in range(3):
            out[k, axis] = extended[chosen[k], axis]
        out[k, shifted] += shift


@jit(entry=True)
def unpack(received: Floats, slots: Indices, extended: Floats) -> None:
    """Copy what was received, (..., 3), to rows of `extended`."""
    for k in range(slots.size):
        for axis in range(3):
            extended[slots[k], axis] = received[k, axis]


@jit(entry=True)
def copy_particles(positions: Floats, extended: Floats) -> None:
    """Copy positions, (3, N), to the first rows of `extended`."""
    copy_into_rows(positions, extended)
