"""Moving particles by one step."""

from __future__ import annotations

from .arrays import Floats
from .compiled import jit


@jit()
def first_too_far(displacement: Floats, limit: float) -> int:
    """First particle that would move by `limit` or more, or not to any number; -1 without one.

    Displacements are (3, N).
    """
    for i in range(displacement.shape[1]):
        d2 = displacement[0, i] ** 2 + displacement[1, i] ** 2 + displacement[2, i] ** 2
        if not d2 < limit * limit:
            return i
    return -1


@jit()
def move(positions: Floats, displacement: Floats) -> None:
    """Add displacements to positions, both (3, N)."""
    for axis in range(3):
        for i in range(positions.shape[1]):
            positions[axis, i] += displacement[axis, i]
