"""When neighbour lists are built anew, and how particles are wrapped and sorted then.

Lists hold every pair twice, and are a function of their reference positions alone: a resumed run
rebuilds the very same ones. Whenever they are built, particles are wrapped into the box and sorted
in memory by species and cell, so that neighbours in space are neighbours in memory. Until then they
may leave the box, by little more than half a skin.
"""

from __future__ import annotations

import math

import numpy as np

from .arrays import Floats, Indices
from .box import Box
from .cells import Ghosts, make_cells, reorder, reorder_labels, sort_into_cells, with_room
from .compiled import jit
from .completeness import largest_move, misses_pair
from .copying import copy_rows
from .periodic import wrap_all
from .prefetch import AHEAD
from .verlet import Neighbourhood, build_lists, extend, make_extended


def skin() -> float:
    """Thickness of the shell of a list beyond the range, sigma.

    It decides the order in which forces are summed: changing it changes the last bits of every
    trajectory, and so bumps the physics version of the engines.
    """
    return 0.5


def halo_of(reach: float) -> float:
    """How far from the box there are ghosts, sigma, of particles that interact within `reach`.

    Half of what it exceeds the range by is the largest distance that any particle moves before
    lists are built anew, whether they miss a pair or not.
    """
    return reach + 1.8 * skin()


def make_neighbourhood(counts: tuple[int, ...], box: Box, reach: float) -> Neighbourhood:
    """Allocate lists for so many particles of each species, which interact within `reach`.

    There is room for a homogeneous fluid and some more.
    """
    particles, radius = sum(counts), reach + skin()
    density, axes = particles / box.volume, range(box.dimensions)
    halo = halo_of(reach) if reach else 0.0
    room = density * math.prod(box.edges[axis] + 4.0 * halo for axis in axes) if reach else 0
    ghosts = math.ceil(room) + 27
    capacity = capacity_of_lists(particles, density, box.ball(radius)) if reach else 0
    bounds = np.zeros((2, len(counts), particles), dtype=np.int64)
    everyone = particles + ghosts
    return Neighbourhood(
        edges=box.edges,
        range=reach,
        radius=radius,
        start=bounds[0],
        stop=bounds[1],
        neighbours=make_lists(capacity + everyone),
        cells=make_cells(counts, box, radius if reach else 0.0, halo, everyone),
        ghosts=make_ghosts(ghosts),
        extended=make_extended(everyone),
    )


def capacity_of_lists(particles: int, density: float, ball: float) -> int:
    """Neighbours that there is room for, in a ball of that volume around each particle."""
    return particles * math.ceil(1.3 * density * ball + 16.0)


def make_lists(room: int) -> Indices:
    """Allocate lists of so many neighbours; some more may be read, though not used."""
    return np.empty(room + AHEAD, dtype=np.uint32)[:room]


def make_ghosts(room: int) -> Ghosts:
    """Allocate for so many ghosts."""
    return Ghosts(np.zeros(1, dtype=np.int64), np.zeros(room, np.uint32), np.zeros((3, room)))


def grown(hood: Neighbourhood) -> Neighbourhood:
    """Return the same neighbourhood with room for twice as many neighbours and ghosts."""
    ghosts = 2 * hood.ghosts.source.size
    everyone = hood.start.shape[1] + ghosts
    return hood._replace(
        neighbours=make_lists(2 * hood.neighbours.size),
        cells=with_room(hood.cells, everyone),
        ghosts=make_ghosts(ghosts),
        extended=make_extended(everyone),
    )


@jit()
def is_outdated(hood: Neighbourhood, positions: Floats, reference: Floats) -> bool:
    """Whether lists built at `reference`, (3, N), serve no more at the positions of `extend`."""
    moved = largest_move(positions, reference)
    return _is_too_far(hood, moved) or misses_pair(hood, positions, reference, moved)


@jit(inline=True)
def _is_too_far(hood: Neighbourhood, moved: float) -> bool:
    """Whether ghosts may be missing, or the reference is none."""
    most = 0.5 * (hood.cells.halo - hood.range)
    return not moved <= most * most


@jit()
def refresh(
    hood: Neighbourhood,
    positions: Floats,
    images: Floats,
    reference: Floats,
    labels: Indices,
    carried: tuple[Floats, ...],
    fresh: bool,
) -> bool:
    """`extend`, with lists that hold every interacting pair; false if new ones do not fit.

    Without interactions particles are wrapped at once, and never sorted.

    Parameters
    ----------
    positions, images
        Positions, and the boxes crossed along each axis, (3, N).
    reference
        Positions at which the list was built, (3, N).
    labels
        Which particle each column is, (N,).
    carried
        What else is sorted with particles, (..., N) each.
    fresh
        Whether the lists of `reference` have not been built yet.
    """
    if hood.range == 0.0:
        wrap_all(positions, images, hood.edges)
        extend(hood, positions)
        return True
    moved = largest_move(positions, reference)
    if not _is_too_far(hood, moved):
        if fresh and not build_lists(hood, reference):
            return False
        extend(hood, positions)
        if not misses_pair(hood, positions, reference, moved):
            return True
    settle(hood, positions, images, reference, labels, carried)
    return build_lists(hood, reference)


@jit()
def settle(
    hood: Neighbourhood,
    positions: Floats,
    images: Floats,
    reference: Floats,
    labels: Indices,
    carried: tuple[Floats, ...],
) -> None:
    """Wrap and sort particles, and make their positions the reference; see `refresh`."""
    wrap_all(positions, images, hood.edges)
    if hood.range == 0.0:
        return
    order, scratch = hood.cells.order, hood.cells.coordinates[0]
    sort_into_cells(hood.cells, positions)
    reorder(order, positions, scratch)
    reorder(order, images, scratch)
    for rows in carried:
        reorder(order, rows, scratch)
    reorder_labels(order, labels, hood.cells.candidates)
    copy_rows(positions, reference)
