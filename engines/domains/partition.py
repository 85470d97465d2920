"""How a box is cut into equal domains."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..box import Box
from ..engine import EngineError


class Partition(NamedTuple):
    """Domains of a box; their ranks count z first, then y, then x."""

    edges: tuple[float, float, float]
    """Edges of the box, sigma."""
    cuts: tuple[int, int, int]
    """Domains along each axis."""

    @property
    def domain_edges(self) -> tuple[float, float, float]:
        """Edges of every domain, sigma."""
        x, y, z = (edge / number for edge, number in zip(self.edges, self.cuts, strict=True))
        return x, y, z

    def place(self, rank: int) -> tuple[int, int, int]:
        """Which domain a rank has along each axis."""
        _, ny, nz = self.cuts
        return rank // (ny * nz), rank // nz % ny, rank % nz

    def origin(self, rank: int) -> tuple[float, float, float]:
        """Lowest corner of the domain of a rank, sigma."""
        pairs = zip(self.place(rank), self.domain_edges, strict=True)
        x, y, z = (place * edge for place, edge in pairs)
        return x, y, z

    def neighbour(self, rank: int, axis: int, by: int) -> int:
        """Rank of the domain that is `by` further along an axis."""
        place = list(self.place(rank))
        place[axis] = (place[axis] + by) % self.cuts[axis]
        return (place[0] * self.cuts[1] + place[1]) * self.cuts[2] + place[2]

    def places(self, positions: Floats, axis: int) -> NDArray[np.int64]:
        """Domain of each of the wrapped positions, (3, N), along an axis."""
        found = (positions[axis] / self.domain_edges[axis]).astype(np.int64)
        last: NDArray[np.int64] = np.minimum(found, self.cuts[axis] - 1)
        return last

    def owners(self, positions: Floats) -> NDArray[np.int64]:
        """Rank that each of the wrapped positions, (3, N), belongs to."""
        x, y, z = (self.places(positions, axis) for axis in range(3))
        return (x * self.cuts[1] + y) * self.cuts[2] + z


def cut(box: Box, ranks: int, halo: float) -> Partition:
    """Cut a box into as many domains as ranks, with the least surface.

    Raises
    ------
    EngineError
        A domain would be thinner than `halo`: ghosts would come from beyond the next ones.
    """
    fitting = _fitting(box, ranks, halo)
    if not fitting:
        fewer = next((n for n in range(ranks, 1, -1) if _fitting(box, n, halo)), 1)
        raise EngineError(
            f"a box of {_sizes(box)} sigma cannot be cut into {ranks} domains at least "
            f"{halo:.4g} sigma thick, as far as ghosts are needed; {fewer} would fit"
        )
    return Partition(box.edges, min(fitting, key=lambda cuts: _surface(box, cuts)))


def _fitting(box: Box, ranks: int, halo: float) -> list[tuple[int, int, int]]:
    """All ways to cut a box into domains that are thick enough."""
    return [cuts for cuts in _products(ranks, box.dimensions) if _thinnest(box, cuts) >= halo]


def _products(ranks: int, dimensions: int) -> list[tuple[int, int, int]]:
    """All ways to write a number as a product over the axes."""
    divisors = [number for number in range(1, ranks + 1) if ranks % number == 0]
    return [
        (x, y, ranks // (x * y))
        for x in divisors
        for y in divisors
        if ranks % (x * y) == 0 and (dimensions == 3 or x * y == ranks)
    ]


def _thinnest(box: Box, cuts: tuple[int, int, int]) -> float:
    """Thickness of the domains along the axis where they are thinnest, sigma."""
    pairs = zip(box.edges[: box.dimensions], cuts, strict=False)
    return min(edge / number for edge, number in pairs)


def _surface(box: Box, cuts: tuple[int, int, int]) -> tuple[float, tuple[int, int, int]]:
    """Area across which a domain has neighbours, sigma^2; of equal ones the last axis is cut."""
    sizes = [edge / number for edge, number in zip(box.edges, cuts, strict=True)]
    area = sum(
        math.prod(sizes) / size for size, number in zip(sizes, cuts, strict=True) if number > 1
    )
    return area, cuts


def _sizes(box: Box) -> str:
    return " x ".join(f"{edge:.4g}" for edge in box.edges[: box.dimensions])
