"""Where the stress of pairs is, by the contour of Irving and Kirkwood.

Each pair spreads its r F evenly over the straight line between its particles, half of it for the
species of either, so that the normal components balance the internal forces: d(stress_zz)/dz of
the pairs is minus the force density.
"""

from __future__ import annotations

import math
from typing import Any

from ..arrays import Floats
from ..compiled import compiled_for, jit
from ..potentials.many_body import ManyBody
from ..potentials.pair import pair
from ..system import ParticleSystem
from ..verlet import Neighbourhood, extend
from .frame import Frame


def expect_pairs(system: ParticleSystem, name: str) -> None:
    """Refuse a potential that does not tell pairs apart; `name` is the key that asked for them."""
    if isinstance(system.potential, ManyBody):
        raise ValueError(f"{name} needs pairs: potential.code does not say where they are")


def add_virial(
    frame: Frame, axes: tuple[int, int], inverse_widths: tuple[float, float], out: Floats
) -> None:
    """Add r F of all pairs of a configuration to a grid over two axes.

    Parameters
    ----------
    inverse_widths
        Cells per sigma along both axes; 0 for a single one.
    out
        Shape (species, cells, cells, 6): xx, yy, zz, yz, xz, xy, epsilon.
    """
    positions, _, hood = frame.settled
    if hood.range > 0:
        kernel = compiled_for(fill_virial, frame.potentials)
        kernel(frame.potentials, hood, positions, axes, inverse_widths, out)


def fill_virial(
    potentials: Any,
    hood: Neighbourhood,
    positions: Floats,
    axes: tuple[int, int],
    inverse_widths: tuple[float, float],
    out: Floats,
) -> None:
    """Add r F of all pairs at positions, (3, N), to the grid; see `add_virial`."""
    extend(hood, positions)
    begin, start, stop = hood.cells.begin, hood.start, hood.stop
    species, r = begin.size - 1, hood.extended
    for own in range(species):
        for other in range(species):
            potential = potentials[own * species + other]
            for i in range(begin[own], begin[own + 1]):
                for k in range(start[other, i], stop[other, i]):
                    j = hood.neighbours[k]
                    dx, dy, dz = r[i, 0] - r[j, 0], r[i, 1] - r[j, 1], r[i, 2] - r[j, 2]
                    force_over_r, _ = pair(potential, dx * dx + dy * dy + dz * dz)
                    if force_over_r != 0.0:
                        _spread(r[i], r[j], 0.5 * force_over_r, axes, inverse_widths, out[own])


@jit()
def _spread(
    start: Floats,
    end: Floats,
    weight: float,
    axes: tuple[int, int],
    inverse_widths: tuple[float, float],
    out: Floats,
) -> None:
    """Spread `weight` d d, with d the vector of a pair, over the cells between its particles."""
    dx, dy, dz = start[0] - end[0], start[1] - end[1], start[2] - end[2]
    a, b = start[axes[0]] * inverse_widths[0], start[axes[1]] * inverse_widths[1]
    to_a, to_b = end[axes[0]] * inverse_widths[0], end[axes[1]] * inverse_widths[1]
    cell_a, cell_b = math.floor(a), math.floor(b)
    done = 0.0
    while done < 1.0:
        at_a, at_b = _leaving(a, to_a, cell_a), _leaving(b, to_b, cell_b)
        now = min(at_a, at_b, 1.0)
        place = out[cell_a % out.shape[0], cell_b % out.shape[1]]
        share = weight * (now - done)
        place[0] += share * dx * dx
        place[1] += share * dy * dy
        place[2] += share * dz * dz
        place[3] += share * dy * dz
        place[4] += share * dx * dz
        place[5] += share * dx * dy
        if at_a == now:
            cell_a += 1 if to_a > a else -1
        if at_b == now:
            cell_b += 1 if to_b > b else -1
        done = now


@jit(inline=True)
def _leaving(begin: float, end: float, cell: int) -> float:
    """Part of the way from `begin` to `end` after which a cell is left; 2 if it never is."""
    edge = cell + 1.0 if end > begin else float(cell)
    part = (edge - begin) / (end - begin) if end != begin else 2.0
    return max(part, 0.0)
