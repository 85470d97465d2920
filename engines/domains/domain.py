"""One process's share of a system: its particles, its ghosts, and its neighbour lists."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Indices
from ..box import Box
from ..cells import Cells, make_cells, sort_scattered, with_room
from ..compiled import jit
from ..neighbours import capacity_of_lists, halo_of, is_outdated, make_ghosts, make_lists, skin
from ..periodic import wrap_all
from ..verlet import Neighbourhood, list_pairs, make_extended
from .halo import (
    Arrivals,
    begin_arrivals,
    choose_ghosts,
    copy_particles,
    make_arrivals,
    pack,
    place_arrivals,
    unpack,
)
from .partition import Partition, cut
from .transport import Communicator

Array = TypeVar("Array", bound=NDArray[Any])

POSITIONS, IMAGES, CARRIED = slice(0, 3), slice(3, 6), slice(6, -1)
"""Rows of what travels with a particle; the last one is its label."""

SLACK = 1.1
"""Room for particles and neighbours that is asked for, relative to what is needed now."""


@dataclass(frozen=True)
class Way:
    """From domain to domain along one axis, upwards or downwards."""

    axis: int
    upwards: bool
    to: int
    """Rank of the next domain."""
    source: int
    """Rank of the one before."""
    shift: float
    """What positions change by where the way leaves the box, else 0, sigma."""


@dataclass(frozen=True)
class Passage:
    """Ghosts that come by one way, and what is sent on it."""

    way: Way
    sent: Indices
    """Rows of extended positions that are sent."""
    received: Indices
    """Rows of the ghosts that come."""


class Domain:
    """Particles in one of the domains that a box is cut into.

    Using
    -----
    ``enter(rows)`` gives the domain its particles. After every step all processes call ``follow``:
    ghosts follow their particles. If lists are outdated in any of them, all ``rebuild``: particles
    move on to other domains and lists are built anew.

    Parameters
    ----------
    counts
        Particles of each species in the whole box.
    reach
        Largest distance at which particles interact, sigma.

    Attributes
    ----------
    rows
        Positions, images, what else is carried, and labels of the particles, (7 + C, N); sorted by
        species and cell.
    labels
        Which particle each column is, (N,).
    reference
        Positions at which lists were built, (3, N), sigma.
    hood
        The lists.
    """

    rows: Floats
    labels: Indices
    reference: Floats
    hood: Neighbourhood

    def __init__(
        self, communicator: Communicator, box: Box, counts: tuple[int, ...], reach: float
    ) -> None:
        self._communicator, self._reach = communicator, reach
        self._radius, self._halo = (reach + skin(), halo_of(reach)) if reach else (0.0, 0.0)
        self.partition: Partition = cut(box, communicator.size, self._halo)
        self._density = sum(counts) / box.volume
        self._ball = box.ball(self._radius)
        self._axes = range(box.dimensions)
        self._ends = np.cumsum(counts)
        self._cells = self._make_cells(box, counts)
        self._passages: list[Passage] = []
        self._extended, self._neighbours = make_extended(0), make_lists(0)

    def _make_cells(self, box: Box, counts: tuple[int, ...]) -> Cells:
        """Make the cells of the domain, for no particles yet."""
        ranks = self._communicator.size
        share = tuple(max(1, count // ranks) for count in counts)
        own = Box(self.partition.domain_edges, box.dimensions)
        cells = make_cells(share, own, self._radius, self._halo, 0)
        return cells._replace(origin=self.partition.origin(self._communicator.rank))

    @property
    def positions(self) -> Floats:
        """Positions of the particles, (3, N), sigma."""
        return self.rows[POSITIONS]

    @property
    def images(self) -> Floats:
        """Boxes crossed along each axis, (3, N)."""
        return self.rows[IMAGES]

    @property
    def carried(self) -> Floats:
        """What else travels with particles, (C, N)."""
        return self.rows[CARRIED]

    def enter(self, rows: Floats) -> None:
        """Begin with particles, (7 + C, N), that are in the domain, or have just left it."""
        self.rows = rows
        self.rebuild()

    @property
    def is_outdated(self) -> bool:
        """Whether lists have to be built anew, with ghosts where their particles are."""
        return bool(lists_are_outdated(self.hood, self.positions, self.reference))

    def agree(self, *flags: bool) -> list[bool]:
        """Whether each flag is set in any process."""
        mine = np.array(flags, dtype=np.int64)
        total = np.zeros_like(mine)
        self._communicator.Allreduce(mine, total)
        return [bool(number) for number in total]

    # --- particles that move to other domains -----------------------------------------------------

    def rebuild(self) -> None:
        """Let particles move to the domains they are in, sort them, and build lists anew."""
        wrap(self.positions, self.images, self.partition.edges)
        for axis in self._axes:
            if self.partition.cuts[axis] > 1:
                self._migrate(axis)
        self._sort()
        if self._reach:
            self._receive_ghosts()
            self._list()
        else:
            self.hood = self._make_hood()

    def _way(self, axis: int, *, upwards: bool) -> Way:
        rank, by = self._communicator.rank, 1 if upwards else -1
        place, cuts = self.partition.place(rank)[axis], self.partition.cuts[axis]
        leaves = place == (cuts - 1 if upwards else 0)
        return Way(
            axis,
            upwards,
            to=self.partition.neighbour(rank, axis, by),
            source=self.partition.neighbour(rank, axis, -by),
            shift=-by * self.partition.edges[axis] if leaves else 0.0,
        )

    def _migrate(self, axis: int) -> None:
        """Send particles that have left along an axis to the next domain, and take in others."""
        rank, cuts = self._communicator.rank, self.partition.cuts[axis]
        place = self.partition.place(rank)[axis]
        away = (self.partition.places(self.positions, axis) - place) % cuts
        staying, arrived = np.flatnonzero(away == 0), []
        for upwards, leaving in ((True, away == 1), (False, away > 1)):
            columns = self.rows[:, np.flatnonzero(leaving)]
            arrived.append(self._send_columns(self._way(axis, upwards=upwards), columns))
        rows = np.empty((len(self.rows), staying.size + sum(part.shape[1] for part in arrived)))
        take_columns(self.rows, staying.astype(np.uint32), rows)
        rows[:, staying.size :] = np.concatenate(arrived, axis=1)
        self.rows = rows

    def _send_columns(self, way: Way, columns: Array) -> Array:
        """Send some columns, and return those that come."""
        size = self._exchange(way, np.array([columns.shape[1]]), np.zeros(1, dtype=np.int64))
        received = np.zeros((columns.shape[0], int(size[0])), dtype=columns.dtype)
        self._exchange(way, np.ascontiguousarray(columns), received)
        return cast("Array", received)

    def _exchange(self, way: Way, sent: Array, received: Array) -> Array:
        """Fill an array with what comes while another one is sent."""
        if way.to == self._communicator.rank:
            received[...] = sent
        else:
            tag = int(way.upwards)
            self._communicator.Sendrecv(sent, way.to, tag, received, way.source, tag)
        return received

    def _sort(self) -> None:
        """Sort particles by species and cell."""
        species = np.searchsorted(self._ends, self.rows[-1], side="right")
        numbers = np.bincount(species, minlength=self._ends.size)
        n = species.size
        self._cells = self._cells._replace(
            begin=np.concatenate([[0], np.cumsum(numbers)]),
            cell_of=np.zeros(n, dtype=np.int64),
            order=np.zeros(n, dtype=np.uint32),
        )
        sort_by_cell(self._cells, self.positions, species)
        rows = np.empty(self.rows.shape)
        take_columns(self.rows, self._cells.order, rows)
        self.rows, self.labels = rows, rows[-1].astype(np.uint32)
        self.reference = self.positions.copy()

    # --- ghosts -----------------------------------------------------------------------------------

    def _receive_ghosts(self) -> None:
        """Receive all ghosts, and place them in cells beside the particles."""
        count = self.labels.size
        arrivals = make_arrivals(max(len(self._extended), count))
        begin_arrivals(self._cells, self.positions, arrivals)
        ways: list[tuple[Way, Indices, int, int]] = []
        for axis in self._axes:
            before = count
            for upwards in (True, False):
                way = self._way(axis, upwards=upwards)
                chosen = np.empty(before, dtype=np.uint32)
                found = choose_ghosts(self._cells, arrivals, axis, upwards, before, chosen)
                chosen = chosen[:found].copy()
                positions, places = self._send_ghosts(way, arrivals, chosen)
                arrivals = _lengthened(arrivals, count, positions, places)
                ways.append((way, chosen, count, count + places.shape[1]))
                count += places.shape[1]
        self._make_room(count)
        self.hood = self._make_hood()
        slots = np.zeros(count, dtype=np.uint32)
        place_arrivals(self.hood, arrivals, count, slots)
        copy_particles(self.positions, self.hood.extended)
        self._passages = [
            Passage(way, slots[chosen], slots[low:high]) for way, chosen, low, high in ways
        ]

    def _send_ghosts(
        self, way: Way, arrivals: Arrivals, chosen: Indices
    ) -> tuple[Floats, NDArray[np.int64]]:
        """Send particles as ghosts; return positions, (3, n), and places, (4, n), of those come."""
        positions = arrivals.positions[:, chosen]
        positions[way.axis] += way.shift
        places = arrivals.places[:, chosen]
        cells = self._cells.per_edge[way.axis]
        places[1 + way.axis] += -cells if way.upwards else cells
        return self._send_columns(way, positions), self._send_columns(way, places)

    def follow(self) -> None:
        """Move ghosts where their particles are."""
        if not self._reach:
            return
        extended = self.hood.extended
        copy_particles(self.positions, extended)
        for passage in self._passages:
            way = passage.way
            sent = np.empty((passage.sent.size, 3))
            pack(extended, passage.sent, way.axis, way.shift, sent)
            received = np.empty((passage.received.size, 3))
            unpack(self._exchange(way, sent, received), passage.received, extended)

    # --- lists ------------------------------------------------------------------------------------

    def _make_hood(self) -> Neighbourhood:
        """Make lists for the particles, and for as many particles and ghosts as there is room."""
        shape = (self._ends.size, self.labels.size)
        return Neighbourhood(
            edges=self.partition.edges,
            range=self._reach,
            radius=self._radius,
            start=np.empty(shape, dtype=np.int64),
            stop=np.empty(shape, dtype=np.int64),
            neighbours=self._neighbours,
            cells=self._cells,
            ghosts=make_ghosts(0),
            extended=self._extended,
        )

    def _make_room(self, everyone: int) -> None:
        """Have room for so many particles and ghosts: touching new memory takes its time."""
        if everyone >= len(self._extended):
            room = math.ceil(SLACK * everyone)
            self._extended, self._cells = make_extended(room), with_room(self._cells, room)
        listed = capacity_of_lists(self.labels.size, self._density, self._ball)
        if everyone + listed > self._neighbours.size:
            self._neighbours = make_lists(math.ceil(SLACK * (everyone + listed)))

    def _list(self) -> None:
        """List neighbours, with more room for them if need be."""
        while not list_all(self.hood):
            self._neighbours = make_lists(2 * self._neighbours.size)
            self.hood = self.hood._replace(neighbours=self._neighbours)


def _lengthened(
    arrivals: Arrivals, count: int, positions: Floats, places: NDArray[np.int64]
) -> Arrivals:
    """Write more ghosts behind `count` arrivals, in longer arrays if need be."""
    end = count + places.shape[1]
    if end > arrivals.positions.shape[1]:
        longer = make_arrivals(math.ceil(1.2 * end))
        longer.positions[:, :count] = arrivals.positions[:, :count]
        longer.places[:, :count] = arrivals.places[:, :count]
        arrivals = longer
    arrivals.positions[:, count:end] = positions
    arrivals.places[:, count:end] = places
    return arrivals


@jit(entry=True)
def wrap(positions: Floats, images: Floats, edges: tuple[float, float, float]) -> None:
    """Wrap positions into the box; see `wrap_all`."""
    wrap_all(positions, images, edges)


@jit(entry=True)
def sort_by_cell(cells: Cells, positions: Floats, species: NDArray[np.int64]) -> None:
    """Sort particles of any order of species; see `sort_scattered`."""
    sort_scattered(cells, positions, species)


@jit(entry=True)
def take_columns(rows: Floats, order: Indices, out: Floats) -> None:
    """Write column order[k] of `rows` to column k."""
    for row in range(rows.shape[0]):
        for k in range(order.size):
            out[row, k] = rows[row, order[k]]


@jit(entry=True)
def list_all(hood: Neighbourhood) -> bool:
    """List the pairs of a domain; see `list_pairs`."""
    return list_pairs(hood)


@jit(entry=True)
def lists_are_outdated(hood: Neighbourhood, positions: Floats, reference: Floats) -> bool:
    """Whether lists have to be built anew; see `is_outdated`."""
    return hood.range > 0.0 and is_outdated(hood, positions, reference)
