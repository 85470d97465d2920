"""Moving particles by one step."""

from __future__ import annotations

import math

from .arrays import Floats
from .compiled import jit


@jit()
def first_too_far(displacement: Floats, limit: float) -> int:
    """First particle that would move by `limit` or more, or not to any number; -1 without one."""
    bad = 0
    for i in range(displacement.shape[1]):
        d2 = displacement[0, i] ** 2 + displacement[1, i] ** 2 + displacement[2, i] ** 2
        bad += int(not d2 < limit * limit)
    if bad == 0:
        return -1
    for i in range(displacement.shape[1]):
        d2 = displacement[0, i] ** 2 + displacement[1, i] ** 2 + displacement[2, i] ** 2
        if not d2 < limit * limit:
            return i
    return -1


@jit()
def move(
    positions: Floats, images: Floats, displacement: Floats, edges: tuple[float, float, float]
) -> None:
    """Add displacements to positions and wrap them, counting the boxes crossed; all (3, N)."""
    for axis in range(3):
        edge = edges[axis]
        for i in range(positions.shape[1]):
            moved = positions[axis, i] + displacement[axis, i]
            crossed = math.floor(moved / edge)
            inside = moved - edge * crossed
            # Rounding may leave a coordinate on the far edge, which is the near one.
            outside = inside >= edge
            positions[axis, i] = inside - edge if outside else inside
            images[axis, i] += crossed + (1.0 if outside else 0.0)
