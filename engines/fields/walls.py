"""Two walls across the last axis, between which particles are confined."""

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

    Within .55 s the potential is linear, and so it is behind the wall.
    """

    kind: Literal["walls"]
    """Which field this is."""

    energy: Annotated[float, Field(gt=0, le=1e6)] = 1.0
    """Strength, epsilon."""

    diameter: Annotated[float, Field(gt=0, le=1e3)] = 1.0
    """Diameter s, sigma."""

    offset: Annotated[float, Field(ge=0, le=1e6)] = 1.25
    """Distance of the walls from the faces of the box, sigma. Twice that must be no less than the
    range of the interaction, or particles reach one another through the walls."""

    cutoff: Annotated[float, Field(gt=0, le=1e3)] = REPULSIVE
    """Distance in units of s from which on there is no force, which jumps there unless it is the
    default: then walls only repel."""

    def problem(self, box: Box, reach: float) -> str | None:
        """Say what is wrong with these walls in a box of particles that interact within `reach`."""
        if 2 * self.offset < reach:
            return (
                f"field.offset = {self.offset:g}: particles reach one another, {reach:g} sigma, "
                f"through the faces of the box; give at least {0.5 * reach:g}"
            )
        if box.profile_length < 2 * (self.offset + self.diameter):
            return (
                f"field.offset = {self.offset:g}, diameter = {self.diameter:g}: no room between "
                f"walls in a box of {box.profile_length:g} sigma"
            )
        return None

    def local_force(self, box: Box) -> LocalForce:
        """Axis, places of both walls, energy, diameter and cut-off."""
        places = [self.offset, box.profile_length - self.offset]
        numbers = [box.last_axis, *places, self.energy, self.diameter, self.cutoff]
        return make_local_force(wall_force, numbers)

    def largest_force(self, box: Box) -> float:
        """Force within `LINEAR` diameters."""
        del box
        return self.energy / self.diameter * (1.2 * LINEAR**-10 - 3.0 * LINEAR**-4)


@jit()
def wall_force(
    numbers: Floats, _time: float, _x: float, y: float, z: float
) -> tuple[float, float, float]:
    """Push away from both walls."""
    along_z = numbers[0] == 2.0
    position = z if along_z else y
    force = _push(numbers, position - numbers[1]) - _push(numbers, numbers[2] - position)
    return 0.0, 0.0 if along_z else force, force if along_z else 0.0


@jit(inline=True)
def _push(numbers: Floats, distance: float) -> float:
    """Force away from a wall."""
    energy, diameter, cutoff = numbers[3], numbers[4], numbers[5]
    s = diameter / max(distance, LINEAR * diameter)
    push = energy / diameter * (1.2 * s**10 - 3.0 * s**4)
    return push if distance < cutoff * diameter else 0.0
