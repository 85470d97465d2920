"""Two nested Verlet lists: a wide one found by cells, and a narrow one filtered from it.

Brownian particles use up a thin skin within some ten steps. The narrow list keeps the force loop
short and is refreshed cheaply from the wide one, which lasts for hundreds of steps. Both hold
every pair twice (full lists), and both are functions of their reference positions alone: a
resumed run rebuilds the very same lists. Whenever the wide list is built, particles are sorted in
memory by species and cell, so that neighbours in space are neighbours in memory.
"""

from __future__ import annotations

import math

import numpy as np

from .arrays import Floats, Indices
from .box import Box
from .cells import make_cells, reorder, reorder_labels, sort_into_cells
from .compiled import jit
from .copying import copy_rows
from .verlet import List, Neighbourhood, build_narrow, build_wide


def skins() -> tuple[float, float]:
    """Thickness of the shells of the narrow and of the wide list beyond the range, sigma.

    They decide the order in which forces are summed: changing them changes the last bits of
    every trajectory, and so bumps the physics version of the engines.
    """
    return 0.5, 1.2


def make_neighbourhood(counts: tuple[int, ...], box: Box, reach: float) -> Neighbourhood:
    """Allocate lists for so many particles of each species, which interact within `reach`."""
    narrow, wide = (_allocate(counts, box, reach + skin) for skin in skins())
    cells = make_cells(counts, box, wide.radius)
    return Neighbourhood(box.edges, reach, wide, narrow, cells, np.zeros(sum(counts), np.uint8))


def grown(hood: Neighbourhood) -> Neighbourhood:
    """Return the same neighbourhood with room for twice as many neighbours."""
    return hood._replace(wide=_double(hood.wide), narrow=_double(hood.narrow))


def _allocate(counts: tuple[int, ...], box: Box, radius: float) -> List:
    """Room for a homogeneous fluid and some more."""
    particles = sum(counts)
    expected = particles / box.volume * box.ball(radius)
    capacity = particles * min(particles, math.ceil(1.3 * expected + 16.0)) + particles
    bounds = np.zeros((2, len(counts), particles), dtype=np.int64)
    return List(radius, bounds[0], bounds[1], np.zeros(capacity, dtype=np.uint32))


def _double(old: List) -> List:
    return old._replace(neighbours=np.zeros(2 * old.neighbours.size, dtype=np.uint32))


@jit()
def moved(
    edges: tuple[float, float, float], positions: Floats, reference: Floats, distance: float
) -> bool:
    """Whether any particle is further than `distance` from its reference; both are (3, N)."""
    largest = 0.0
    for i in range(positions.shape[1]):
        d2 = 0.0
        for axis in range(3):
            d = positions[axis, i] - reference[axis, i]
            d -= edges[axis] * np.rint(d * (1.0 / edges[axis]))
            d2 += d * d
        largest = d2 if d2 > largest else largest
    return largest > distance * distance


@jit()
def build_both(hood: Neighbourhood, references: Floats) -> bool:
    """Build both lists of these references, (2, 3, N); false if they do not fit."""
    if hood.range == 0.0:
        return True
    return build_wide(hood, references[0]) and build_narrow(hood, references[1])


@jit()
def refresh(
    hood: Neighbourhood, carried: tuple[Floats, ...], labels: Indices, references: Floats
) -> bool:
    """Rebuild what positions have outdated, moving the references; false if it does not fit.

    The narrow list misses no interacting pair while no particle has moved by half its skin. The
    wide list misses no pair of a new narrow list while none has moved by half the difference.

    Parameters
    ----------
    carried
        What belongs to particles, (..., N) each, positions first: sorted with them.
    labels
        Which particle each column is, (N,).
    references
        Reference positions of the wide and of the narrow list, (2, 3, N).
    """
    positions, narrow, wide = carried[0], hood.narrow, hood.wide
    if hood.range == 0.0 or not moved(
        hood.edges, positions, references[1], 0.5 * (narrow.radius - hood.range)
    ):
        return True
    if moved(hood.edges, positions, references[0], 0.5 * (wide.radius - narrow.radius)):
        return settle(hood, carried, labels, references)
    copy_rows(positions, references[1])
    return build_narrow(hood, references[1])


@jit()
def settle(
    hood: Neighbourhood, carried: tuple[Floats, ...], labels: Indices, references: Floats
) -> bool:
    """Sort particles, make their positions the references and build both lists; see `refresh`."""
    cells, positions = hood.cells, carried[0]
    sort_into_cells(cells, positions)
    for rows in carried:
        reorder(cells.order, rows, cells.coordinates[0])
    reorder_labels(cells.order, labels, cells.candidates)
    copy_rows(positions, references[0])
    copy_rows(positions, references[1])
    return build_both(hood, references)
