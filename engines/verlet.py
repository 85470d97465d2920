"""Full Verlet lists: every pair twice, so that a particle's force needs its own list only."""

from __future__ import annotations

from typing import NamedTuple

from .arrays import Floats, Indices, Integers, make_rows
from .cells import Cells, Ghosts, gather_candidates, place_ghosts, sort_into_cells
from .compiled import jit
from .lanes import LANES, append_below, load, spread

FAR = 1e9
"""Coordinates of the row that fills up lists: beyond the range of everyone, sigma."""


class Neighbourhood(NamedTuple):
    """Neighbours of species s of particle i: `neighbours[start[s, i]:stop[s, i]]`.

    They are rows of `extended`: particles, or ghosts in the image that is near. The last row is
    far from everyone: it fills up lists, whose lengths are multiples of `LANES`.
    """

    edges: tuple[float, float, float]
    """Edges of the periodic box, sigma."""
    range: float
    """Largest distance at which particles interact, sigma; 0 needs no lists."""
    radius: float
    """Largest distance of a listed pair at the reference positions, sigma."""
    start: Integers
    """Where the neighbours of each species of each particle begin, (S, N)."""
    stop: Integers
    """Where they end, (S, N)."""
    neighbours: Indices
    """Indices of neighbours; its length is the capacity."""
    cells: Cells
    ghosts: Ghosts
    extended: Floats
    """Rows of positions of particles, (N, 4), followed by those of ghosts, sigma."""


def make_extended(everyone: int) -> Floats:
    """Allocate rows for so many particles and ghosts, and the one that fills up lists."""
    rows = make_rows(everyone + 1)
    rows[-1] = FAR
    return rows


@jit()
def extend(hood: Neighbourhood, positions: Floats) -> None:
    """Make `positions`, (3, N), and their ghosts those of which pairs are computed."""
    ghosts, particles = hood.ghosts, positions.shape[1]
    copy_into_rows(positions, hood.extended)
    images = hood.extended[particles:]
    for g in range(ghosts.number[0]):
        source = ghosts.source[g]
        for axis in range(3):
            images[g, axis] = hood.extended[source, axis] + ghosts.shift[axis, g]


@jit()
def copy_into_rows(positions: Floats, rows: Floats) -> None:
    """Copy positions, (3, N), to the first rows."""
    x, y, z = positions[0], positions[1], positions[2]
    for i in range(x.size):
        rows[i, 0], rows[i, 1], rows[i, 2] = x[i], y[i], z[i]


@jit()
def build_lists(hood: Neighbourhood, reference: Floats) -> bool:
    """List the pairs of particles that are sorted by species and cell; false if they do not fit."""
    sort_into_cells(hood.cells, reference)
    if not place_ghosts(hood.cells, reference, hood.ghosts):
        return False
    extend(hood, reference)
    return list_pairs(hood)


@jit()
def list_pairs(hood: Neighbourhood) -> bool:
    """List pairs of particles and ghosts that are in cells already; false if they do not fit."""
    cells = hood.cells
    species = cells.begin.size - 1
    number = (cells.first.size - 1) // species
    end = 0
    for cell in range(number):
        for other in range(species):
            count, place = gather_candidates(cells, other, cell, hood.extended)
            for own in range(species):
                itself = place if own == other else -1
                end = _list_near(hood, own * number + cell, other, count, itself, end)
                if end < 0:
                    return False
    return True


@jit()
def _list_near(hood: Neighbourhood, cell: int, species: int, count: int, own: int, end: int) -> int:
    """List which of `count` candidates are near each particle of a cell.

    The particles of the cell are candidates `own`, ..., unless that is negative. Returns the new
    end of the list, or -1 if it does not fit.
    """
    neighbours, rows, candidates = hood.neighbours, hood.extended, hood.cells.candidates
    x, y, z = hood.cells.coordinates[0], hood.cells.coordinates[1], hood.cells.coordinates[2]
    radius2, first = hood.radius * hood.radius, hood.cells.first[cell]
    nobody = rows.shape[0] - 1
    for k in range(count, count + LANES):
        x[k] = FAR
    for i in range(first, hood.cells.first[cell + 1]):
        if end + count + LANES > neighbours.size:
            return -1
        itself = own + i - first
        if own >= 0:
            x[itself] = FAR
        hood.start[species, i] = end
        end = _append_near(rows[i], x, y, z, count, radius2, candidates, neighbours, end)
        if own >= 0:
            x[itself] = rows[i, 0]
        while end % LANES > 0:
            neighbours[end] = nobody
            end += 1
        hood.stop[species, i] = end
    return end


@jit(fastmath=True, inline=True)
def _append_near(
    row: Floats,
    x: Floats,
    y: Floats,
    z: Floats,
    count: int,
    radius2: float,
    candidates: Indices,
    neighbours: Indices,
    end: int,
) -> int:
    """Append the candidates within a radius of a position; return the new end."""
    xi, yi, zi = spread(row[0]), spread(row[1]), spread(row[2])
    for k in range(0, count, LANES):
        dx, dy, dz = xi - load(x, k), yi - load(y, k), zi - load(z, k)
        squares = dx * dx + dy * dy + dz * dz
        end = append_below(squares, radius2, candidates, k, neighbours, end)
    return end
