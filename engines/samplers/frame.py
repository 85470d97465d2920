"""A configuration at one instant, as samplers see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Indices
from ..box import Box
from ..compiled import compiled_for
from ..forces import fill_particles
from ..neighbours import grown, make_neighbourhood, settle
from ..outside import expect_answers
from ..verlet import Neighbourhood, build_lists


class PairShares(NamedTuple):
    """What each particle has from its pairs."""

    forces: Floats
    """Pair forces, (3, N), epsilon/sigma."""
    energies: Floats
    """Halves of pair energies, (N,), epsilon."""
    virials: Floats
    """Halves of r F summed over pairs: xx, yy, zz, yz, xz, xy, (6, N), epsilon."""


@dataclass(frozen=True)
class Frame:
    """Particles of one replica, in the order of their labels; species follow one another."""

    box: Box
    counts: tuple[int, ...]
    """Particles of each species."""
    reach: float
    """Range of the interaction, sigma."""
    potentials: tuple[Any, ...]
    """Numbers of the pair function of species a and b at a S + b."""
    state: dict[str, NDArray[Any]]
    """Arrays of the trajectory, whose columns are in the order of memory; memories of samplers."""
    since: int
    """Steps since the first sample."""
    block: int
    """Block of statistics to which the next step belongs."""

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Column of each label, (N,)."""
        return np.argsort(self.state["labels"])

    def by_label(self, name: str) -> Floats:
        """An array of the trajectory, (..., N), by label."""
        return np.ascontiguousarray(self.state[name][:, self.order])

    @cached_property
    def positions(self) -> Floats:
        """Positions as if there were no walls of the box to cross, (3, N), sigma."""
        edges = np.array(self.box.edges)[:, None]
        return self.by_label("positions") + edges * self.by_label("images")

    @cached_property
    def pair_shares(self) -> PairShares:
        """Forces, energies and virials of particles, from lists of their own."""
        n = sum(self.counts)
        positions, labels, hood = self.settled
        kernel = compiled_for(fill_particles, self.potentials)
        shares = PairShares(np.zeros((3, n)), np.zeros(n), np.zeros((6, n)))
        kernel(self.potentials, hood, positions, *shares)
        expect_answers(self.potentials)
        back = np.argsort(labels)
        return PairShares(*(np.ascontiguousarray(rows[..., back]) for rows in shares))

    @cached_property
    def settled(self) -> tuple[Floats, Indices, Neighbourhood]:
        """Positions sorted in memory, their labels, and lists of them."""
        hood = make_neighbourhood(self.counts, self.box, self.reach)
        while True:
            positions = self.positions.copy()
            labels = np.arange(positions.shape[1], dtype=np.uint32)
            images, reference = np.zeros_like(positions), np.zeros_like(positions)
            settle(hood, positions, images, reference, labels, (reference,))
            if hood.range == 0.0 or build_lists(hood, reference):
                return positions, labels, hood
            hood = grown(hood)
