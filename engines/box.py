"""The periodic box: rectangular, in three dimensions or flat in two."""

from __future__ import annotations

import math
from typing import NamedTuple


class Box(NamedTuple):
    """Edges and dimension of a periodic box.

    Two-dimensional systems lie in the plane z = 0 of a box whose third edge is 1 sigma: per volume
    and per area are then the same numbers, and every kernel serves both dimensions.
    """

    edges: tuple[float, float, float]
    """Edges along x, y and z, sigma."""
    dimensions: int
    """2 or 3."""

    @property
    def volume(self) -> float:
        """Volume, sigma^3, or area, sigma^2."""
        return math.prod(self.edges)

    @property
    def shortest(self) -> float:
        """Shortest edge, sigma."""
        return min(self.edges[: self.dimensions])

    @property
    def last_axis(self) -> int:
        """Axis along which planar fields and profiles vary: z, or y in two dimensions."""
        return self.dimensions - 1

    @property
    def profile_length(self) -> float:
        """Edge along that axis, sigma."""
        return self.edges[self.last_axis]

    def ball(self, radius: float) -> float:
        """Volume of a ball, sigma^3, or area of a disk, sigma^2."""
        return math.pi * radius**2 if self.dimensions == 2 else 4 / 3 * math.pi * radius**3


def make_box(length: float, shape: tuple[float, ...]) -> Box:
    """Box with an edge for each entry of `shape`, in units of `length`, sigma."""
    x, y, z = (*(length * ratio for ratio in shape), 1.0)[:3]
    return Box((x, y, z), len(shape))
