"""Full Verlet lists: every pair twice, so that a particle's force needs its own list only."""

from __future__ import annotations

from typing import NamedTuple

from .arrays import Bytes, Floats, Indices, Integers
from .cells import Cells, Ghosts, gather_candidates, place_ghosts, sort_into_cells
from .compiled import jit


class Neighbourhood(NamedTuple):
    """Neighbours of species s of particle i: `neighbours[start[s, i]:stop[s, i]]`.

    They are columns of `extended`: particles, or ghosts in the image that is near.
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
    """Positions of particles, (3, N), followed by those of ghosts, sigma."""
    near: Bytes
    """Scratch: 1 where a candidate is near."""


@jit()
def extend(hood: Neighbourhood, positions: Floats) -> None:
    """Make `positions`, (3, N), and their ghosts those of which pairs are computed."""
    ghosts, extended, particles = hood.ghosts, hood.extended, positions.shape[1]
    source = ghosts.source[: ghosts.number[0]]
    for axis in range(3):
        real, image = positions[axis], extended[axis, particles:]
        for i in range(particles):
            extended[axis, i] = real[i]
        for g in range(source.size):
            image[g] = real[source[g]] + ghosts.shift[axis, g]


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
def _list_near(
    hood: Neighbourhood, cell: int, species: int, count: int, itself: int, end: int
) -> int:
    """List which of `count` candidates are near each particle of a cell.

    The particles of the cell are candidates `itself`, ..., unless that is negative. Returns the new
    end of the list, or -1 if it does not fit.
    """
    neighbours, near = hood.neighbours, hood.near
    candidates, coordinates = hood.cells.candidates[:count], hood.cells.coordinates
    x, y, z = coordinates[0, :count], coordinates[1, :count], coordinates[2, :count]
    radius2, first = hood.radius * hood.radius, hood.cells.first[cell]
    for i in range(first, hood.cells.first[cell + 1]):
        if end + count > neighbours.size:
            return -1
        xi, yi, zi = hood.extended[0, i], hood.extended[1, i], hood.extended[2, i]
        for c in range(count):
            dx, dy, dz = xi - x[c], yi - y[c], zi - z[c]
            near[c] = dx * dx + dy * dy + dz * dz < radius2
        if itself >= 0:
            near[itself + i - first] = 0
        hood.start[species, i] = end
        end = append(neighbours, end, candidates, near)
        hood.stop[species, i] = end
    return end


@jit(inline=True)
def append(neighbours: Indices, end: int, candidates: Indices, near: Bytes) -> int:
    """Append the near candidates; return the new end.

    Every candidate is written and the end advanced past the near ones only: no branch to miss.
    """
    for c in range(candidates.size):
        neighbours[end] = candidates[c]
        end += int(near[c])
    return end
