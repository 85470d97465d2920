"""Profiles of the external force along one axis, from a table: a custom flow."""

from __future__ import annotations

import itertools
import math
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, FiniteFloat, model_validator

from ..arrays import Floats
from ..box import Box
from ..compiled import jit
from .local import LocalField
from .local_force import LocalForce, make_local_force

Profile: TypeAlias = Annotated[tuple[FiniteFloat, ...], Field(max_length=100_000)]


class TabulatedProfile(LocalField):
    """Forces at equal distances along z, periodic and linear in between.

    The axis is y in two dimensions. Value k of n belongs to k L/n, and value 0 to both faces.
    """

    kind: Literal["tabulated"]
    """Which field this is."""

    x: Profile = ()
    """Force along x, epsilon/sigma; none if empty."""

    y: Profile = ()
    """Force along y, epsilon/sigma."""

    z: Profile = ()
    """Force along z, epsilon/sigma."""

    @model_validator(mode="after")
    def _have_one_length(self) -> Self:
        lengths = {len(profile) for profile in (self.x, self.y, self.z) if profile}
        if len(lengths) != 1:
            found = [len(self.x), len(self.y), len(self.z)]
            raise ValueError(f"x, y and z have {found} values: give as many in each, or none")
        return self

    @property
    def acts_along_z(self) -> bool:
        """Whether there is a force along z."""
        return any(self.z)

    def local_force(self, box: Box) -> LocalForce:
        """Axis, edge, number of values, and the three profiles."""
        values = max(len(self.x), len(self.y), len(self.z))
        rows = [profile or (0.0,) * values for profile in (self.x, self.y, self.z)]
        head = [float(box.last_axis), box.profile_length, float(values)]
        return make_local_force(profile_force, [*head, *itertools.chain(*rows)])

    def largest_force(self, box: Box) -> float:
        """Largest values of the components together."""
        del box
        return math.hypot(
            *(max(map(abs, profile), default=0.0) for profile in (self.x, self.y, self.z))
        )


@jit()
def profile_force(
    numbers: Floats, _time: float, _x: float, y: float, z: float
) -> tuple[float, float, float]:
    """Interpolate."""
    values = int(numbers[2])
    place = (z if numbers[0] == 2.0 else y) / numbers[1] * values
    low = min(int(place), values - 1)
    high = low + 1 if low + 1 < values else 0
    share = place - low
    fx = (1.0 - share) * numbers[3 + low] + share * numbers[3 + high]
    fy = (1.0 - share) * numbers[3 + values + low] + share * numbers[3 + values + high]
    fz = (1.0 - share) * numbers[3 + 2 * values + low] + share * numbers[3 + 2 * values + high]
    return fx, fy, fz
