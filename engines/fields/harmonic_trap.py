"""A harmonic trap: optical tweezers, a droplet, a channel."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, FiniteFloat

from ..arrays import Floats
from ..box import Box
from ..compiled import jit
from .local import LocalField
from .local_force import LocalForce, make_local_force

Stiffness = Annotated[float, Field(ge=0, le=1e6)]


class HarmonicTrap(LocalField):
    """A force -k (r - c), by the nearest image of the centre."""

    kind: Literal["harmonic-trap"]
    """Which field this is."""

    stiffness: tuple[Stiffness, Stiffness, Stiffness]
    """k along x, y and z, epsilon/sigma^2; 0 for a channel."""

    centre: tuple[FiniteFloat, FiniteFloat, FiniteFloat] | None = None
    """Centre c, sigma; by default that of the box."""

    def local_force(self, box: Box) -> LocalForce:
        """Stiffness, centre and edges."""
        centre = self.centre or tuple(0.5 * edge for edge in box.edges)
        if box.dimensions == 2:
            centre = (*centre[:2], 0.0)
        return make_local_force(trap_force, [*self.stiffness, *centre, *box.edges])

    def largest_force(self, box: Box) -> float:
        """Force at the corner of the box around the centre."""
        along = zip(self.stiffness, box.edges[: box.dimensions], strict=False)
        return math.hypot(*(0.5 * k * edge for k, edge in along))


@jit()
def trap_force(
    numbers: Floats, _time: float, x: float, y: float, z: float
) -> tuple[float, float, float]:
    """Pull to the centre."""
    x, y, z = x - numbers[3], y - numbers[4], z - numbers[5]
    x -= numbers[6] * np.rint(x / numbers[6])
    y -= numbers[7] * np.rint(y / numbers[7])
    z -= numbers[8] * np.rint(z / numbers[8])
    return -numbers[0] * x, -numbers[1] * y, -numbers[2] * z
