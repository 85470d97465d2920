"""A force that grows linearly across the box: of overdamped particles, a shear flow."""

from __future__ import annotations

from typing import Literal

from pydantic import FiniteFloat

from ..arrays import Floats
from ..box import Box
from ..compiled import jit
from .local import LocalField
from .local_force import LocalForce, make_local_force


class Shear(LocalField):
    """A force along x, gradient (z - L/2): free overdamped particles flow at gradient/friction.

    The axis is y in two dimensions. The force jumps at the faces of the box, where walls of fluid
    slide along one another.
    """

    kind: Literal["shear"]
    """Which field this is."""

    gradient: FiniteFloat
    """Change of the force along the axis, epsilon/sigma^2."""

    def local_force(self, box: Box) -> LocalForce:
        """Axis, gradient and middle of the box."""
        numbers = [float(box.last_axis), self.gradient, 0.5 * box.profile_length]
        return make_local_force(shear_force, numbers)

    def largest_force(self, box: Box) -> float:
        """Force at the faces."""
        return 0.5 * abs(self.gradient) * box.profile_length


@jit()
def shear_force(
    numbers: Floats, _time: float, _x: float, y: float, z: float
) -> tuple[float, float, float]:
    """Push along x."""
    return numbers[1] * ((z if numbers[0] == 2.0 else y) - numbers[2]), 0.0, 0.0
