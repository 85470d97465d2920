"""Periodic boundaries."""

from __future__ import annotations

import math

from .arrays import Floats
from .compiled import jit


@jit()
def wrap_all(positions: Floats, images: Floats, edges: tuple[float, float, float]) -> None:
    """Wrap positions into [0, L) along each axis, counting the boxes crossed; both are (3, N)."""
    for axis in range(3):
        edge = edges[axis]
        for i in range(positions.shape[1]):
            crossed = math.floor(positions[axis, i] / edge)
            inside = positions[axis, i] - edge * crossed
            # Rounding may leave a coordinate on the far face, which is the near one.
            outside = inside >= edge
            positions[axis, i] = inside - edge if outside else inside
            images[axis, i] += crossed + (1.0 if outside else 0.0)
