"""Two nested Verlet lists: a wide one found by cells, and a narrow one filtered from it.

Brownian particles use up a thin skin within some ten steps. The narrow list keeps the force loop
short and is refreshed cheaply from the wide one, which lasts for hundreds of steps. Both hold
every pair twice (full lists), and both are functions of their reference positions alone: a
resumed run rebuilds the very same lists.
"""

from __future__ import annotations

import math

import numpy as np

from .arrays import Floats
from .cells import make_cells
from .compiled import jit
from .copying import copy_rows
from .verlet import List, Neighbourhood, build_narrow, build_wide


def skins() -> tuple[float, float]:
    """Thickness of the shells of the narrow and of the wide list beyond the range, sigma.

    They decide the order in which forces are summed: changing them changes the last bits of
    every trajectory, and so bumps the physics version of the engines.
    """
    return 0.5, 1.2


def make_neighbourhood(particles: int, length: float, reach: float) -> Neighbourhood:
    """Allocate lists for particles that interact within `reach`."""
    narrow, wide = (_allocate(particles, length, reach + skin) for skin in skins())
    cells = make_cells(particles, length, wide.radius)
    return Neighbourhood(length, reach, wide, narrow, cells, np.zeros(particles, np.uint8))


def grown(hood: Neighbourhood) -> Neighbourhood:
    """Return the same neighbourhood with room for twice as many neighbours."""
    return hood._replace(wide=_double(hood.wide), narrow=_double(hood.narrow))


def _allocate(particles: int, length: float, radius: float) -> List:
    """Room for a homogeneous fluid and some more."""
    expected = 4.19 * particles / length**3 * radius**3
    capacity = particles * min(particles, math.ceil(1.3 * expected + 16.0)) + particles
    bounds = np.zeros((2, particles), dtype=np.int64)
    return List(radius, bounds[0], bounds[1], np.zeros(capacity, dtype=np.uint32))


def _double(old: List) -> List:
    return old._replace(neighbours=np.zeros(2 * old.neighbours.size, dtype=np.uint32))


@jit()
def moved(length: float, positions: Floats, reference: Floats, distance: float) -> bool:
    """Whether any particle is further than `distance` from its reference; both are (3, N)."""
    inverse, largest = 1.0 / length, 0.0
    for i in range(positions.shape[1]):
        d2 = 0.0
        for axis in range(3):
            d = positions[axis, i] - reference[axis, i]
            d -= length * np.rint(d * inverse)
            d2 += d * d
        largest = d2 if d2 > largest else largest
    return largest > distance * distance


@jit()
def build_both(hood: Neighbourhood, wide_reference: Floats, reference: Floats) -> bool:
    """Build the lists of these reference positions, (3, N); false if they do not fit."""
    if hood.range == 0.0:
        return True
    return build_wide(hood, wide_reference) and build_narrow(hood, reference)


@jit()
def refresh(
    hood: Neighbourhood, positions: Floats, wide_reference: Floats, reference: Floats
) -> bool:
    """Rebuild what `positions` have outdated, moving the references; false if it does not fit.

    The narrow list misses no interacting pair while no particle has moved by half its skin. The
    wide list misses no pair of a new narrow list while none has moved by half the difference.
    """
    narrow, wide = hood.narrow, hood.wide
    if hood.range == 0.0 or not moved(
        hood.length, positions, reference, 0.5 * (narrow.radius - hood.range)
    ):
        return True
    copy_rows(positions, reference)
    if moved(hood.length, positions, wide_reference, 0.5 * (wide.radius - narrow.radius)):
        copy_rows(positions, wide_reference)
        if not build_wide(hood, wide_reference):
            return False
    return build_narrow(hood, reference)
