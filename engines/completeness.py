"""Whether lists still hold every pair within the range.

A pair that is not listed was further apart than the list radius. Before it interacts, both have
moved by more than the skin together, and one of them by more than half of it. Those few who have
look at the cells around them where someone moved by as much as is missing: so lists last until a
pair is about to be missed, and not until one could be.
"""

from __future__ import annotations

import math

from .arrays import Floats, Indices
from .cells import Cells
from .compiled import jit
from .verlet import Neighbourhood

WORTH_LOOKING = 64
"""Looking at more than one in so many particles takes longer than new lists."""


@jit()
def largest_move(positions: Floats, reference: Floats) -> float:
    """Largest squared distance of a particle from its reference; both are (3, N)."""
    largest = 0.0
    for i in range(positions.shape[1]):
        d2 = _moved_by(positions, reference, i)
        largest = d2 if d2 > largest else largest
    return largest


@jit()
def misses_pair(hood: Neighbourhood, positions: Floats, reference: Floats, largest: float) -> bool:
    """Whether a pair within the range is not listed, at the positions of `verlet.extend`.

    `largest` is the `largest_move`, no more than half of what the halo is thicker than the range.
    """
    half = 0.5 * (hood.radius - hood.range)
    if largest <= half * half:
        return False
    movers = hood.cells.candidates
    count = _find_movers(hood.cells, positions, reference, half * half, movers)
    if count * WORTH_LOOKING > positions.shape[1]:
        return True
    for k in range(count):
        moved = math.sqrt(_moved_by(positions, reference, movers[k]))
        if _misses_neighbour(hood, movers[k], moved, math.sqrt(largest)):
            return True
    return False


@jit(inline=True)
def _moved_by(positions: Floats, reference: Floats, i: int) -> float:
    """Squared distance of a particle from its reference."""
    dx, dy = positions[0, i] - reference[0, i], positions[1, i] - reference[1, i]
    dz = positions[2, i] - reference[2, i]
    return float(dx * dx + dy * dy + dz * dz)


@jit()
def _find_movers(
    cells: Cells, positions: Floats, reference: Floats, limit2: float, movers: Indices
) -> int:
    """Find how far particles of each cell have moved, and who by more than a limit.

    Returns how many: their indices are written into `movers`.
    """
    count = 0
    for cell in range(cells.moves.size):
        largest = 0.0
        for i in range(cells.first[cell], cells.first[cell + 1]):
            d2 = _moved_by(positions, reference, i)
            largest = d2 if d2 > largest else largest
            movers[count] = i
            count += int(d2 > limit2)
        cells.moves[cell] = largest
    return count


@jit()
def _misses_neighbour(hood: Neighbourhood, i: int, moved: float, largest: float) -> bool:
    """Whether a particle who moved so far misses a neighbour, who moved by `largest` at most."""
    cells, rows = hood.cells, hood.extended
    nx, ny, nz = cells.per_edge
    rx, ry, rz = cells.layers
    distance = (hood.range + largest) * (1.0 + 1e-12)
    least = max(0.0, hood.radius - hood.range - moved) * (1.0 - 1e-12)
    x0, x1 = _cells_within(cells, 0, rows[i, 0], distance)
    y0, y1 = _cells_within(cells, 1, rows[i, 1], distance)
    z0, z1 = _cells_within(cells, 2, rows[i, 2], distance)
    for species in range(hood.start.shape[0]):
        for a in range(x0, x1):
            x = _inside(hood, 0, a - rx)
            for b in range(y0, y1):
                y = _inside(hood, 1, b - ry)
                inner = ((species * nx + x) * ny + y) * nz
                outer = ((species * (nx + 2 * rx) + a) * (ny + 2 * ry) + b) * (nz + 2 * rz)
                for c in range(z0, z1):
                    z = _inside(hood, 2, c - rz)
                    is_known = (x >= 0) & (y >= 0) & (z >= 0)
                    if is_known and cells.moves[inner + z] <= least * least:
                        continue
                    for j in range(cells.low[outer + c], cells.high[outer + c]):
                        if i != j and _is_near(hood, i, j) and not _is_listed(hood, species, i, j):
                            return True
    return False


@jit(inline=True)
def _cells_within(cells: Cells, axis: int, position: float, distance: float) -> tuple[int, int]:
    """First cell along an axis, and one beyond the last, counted from ghosts on."""
    per_sigma, layers = cells.per_edge[axis] / cells.edges[axis], cells.layers[axis]
    number, inside = cells.per_edge[axis] + 2 * layers, position - cells.origin[axis]
    first = math.floor((inside - distance) * per_sigma) + layers
    last = math.floor((inside + distance) * per_sigma) + layers
    return max(0, first), min(number, last + 1)


@jit(inline=True)
def _inside(hood: Neighbourhood, axis: int, cell: int) -> int:
    """Find the cell of the box whose images are in a cell; -1 if another domain has it."""
    number = hood.cells.per_edge[axis]
    if 0 <= cell < number:
        return cell
    return cell % number if hood.cells.edges[axis] == hood.edges[axis] else -1


@jit(inline=True)
def _is_near(hood: Neighbourhood, i: int, j: int) -> bool:
    rows = hood.extended
    dx, dy, dz = rows[i, 0] - rows[j, 0], rows[i, 1] - rows[j, 1], rows[i, 2] - rows[j, 2]
    return bool(dx * dx + dy * dy + dz * dz < hood.range * hood.range)


@jit(inline=True)
def _is_listed(hood: Neighbourhood, species: int, i: int, j: int) -> bool:
    found = False
    for k in range(hood.start[species, i], hood.stop[species, i]):
        found |= hood.neighbours[k] == j
    return found
