"""Two walls that close the box at both ends of its last axis."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..arrays import Floats
from ..box import Box
from ..compiled import jit
from .local import LocalField
from .local_force import LocalForce, make_local_force

REPULSIVE = 0.4 ** (1 / 6)
"""Distance of the minimum of the 9-3 potential, over its diameter."""

LINEAR = 0.55
"""Distance over the diameter below which the force stays the same: particles of a random start that
are inside a wall are pushed out of it. The potential is 23 energies there, and 266 at the wall."""


class Walls(LocalField):
    """Lennard-Jones 9-3 walls: phi(d) = energy [2/15 (s/d)^9 - (s/d)^3] at a distance d.

    Within .55 s the potential is linear.
    """

    kind: Literal["walls"]
    """Which field this is."""

    energy: Annotated[float, Field(gt=0, le=1e6)] = 1.0
    """Strength, epsilon."""

    diameter: Annotated[float, Field(gt=0, le=1e3)] = 1.0
    """Diameter s, sigma."""

    cutoff: Annotated[float, Field(gt=0, le=1e3)] = REPULSIVE
    """Distance in units of s from which on there is no force; by default walls only repel."""

    def local_force(self, box: Box) -> LocalForce:
        """Axis, edge, energy, diameter and cut-off."""
        numbers = [box.last_axis, box.profile_length, self.energy, self.diameter, self.cutoff]
        return make_local_force(wall_force, numbers)

    def largest_force(self, box: Box) -> float:
        """Force within `LINEAR` diameters."""
        del box
        return self.energy / self.diameter * (1.2 * LINEAR**-10 - 3.0 * LINEAR**-4)


@jit()
def wall_force(
    numbers: Floats, _time: float, _x: float, y: float, z: float
) -> tuple[float, float, float]:
    """Push away from the wall at zero, and from the one at the other end."""
    along_z = numbers[0] == 2.0
    position = z if along_z else y
    force = _push(numbers, position) - _push(numbers, numbers[1] - position)
    return 0.0, 0.0 if along_z else force, force if along_z else 0.0


@jit(inline=True)
def _push(numbers: Floats, distance: float) -> float:
    """Force away from a wall."""
    energy, diameter, cutoff = numbers[2], numbers[3], numbers[4]
    s = diameter / max(distance, LINEAR * diameter)
    push = energy / diameter * (1.2 * s**10 - 3.0 * s**4)
    return push if distance < cutoff * diameter else 0.0
