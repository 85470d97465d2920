"""A potential given by its values at evenly spaced distances, and a spline through them."""

from __future__ import annotations

import math
from typing import Annotated, Literal, NamedTuple, Self, TypeAlias

import numpy as np
from pydantic import Field, FiniteFloat, model_validator

from ..arrays import Floats
from .pair import pair, pair_function
from .pair_potential import PairPotential
from .weeks_chandler_andersen import MINIMUM2, WeeksChandlerAndersenCoefficients

Energies: TypeAlias = Annotated[tuple[FiniteFloat, ...], Field(min_length=4, max_length=100_000)]


class TabulatedCoefficients(NamedTuple):
    """What the kernel needs."""

    first: float
    """Distance of the first value, sigma."""
    inverse_width: float
    """Intervals per sigma."""
    cutoff: float
    """Distance beyond which particles do not interact, sigma."""
    strength: float
    """Strength of the core, epsilon."""
    core: WeeksChandlerAndersenCoefficients
    """The core, of strength one."""
    polynomials: Floats
    """Coefficients of powers 0 to 3 of the distance from the left end of each interval, (K, 4)."""


class Tabulated(PairPotential):
    """The cubic spline through a table; the force vanishes at the cut-off.

    Closer than the first distance the potential goes on in a straight line.
    """

    kind: Literal["tabulated"]
    """Which potential this is."""

    energies: Energies
    """Values at evenly spaced distances from `first` to `cutoff`, both included, epsilon; the last
    one must be 0."""

    first: float = Field(default=0.0, ge=0, le=100)
    """Distance of the first value, sigma."""

    cutoff: float = Field(ge=0.5, le=100)
    """Distance of the last value, beyond which particles do not interact, sigma."""

    core: float = Field(default=0.0, ge=0, le=1e6)
    """Strength of a Weeks-Chandler-Andersen core that is added to the table, epsilon."""

    @property
    def range(self) -> float:
        """Largest distance of an interacting pair, sigma."""
        return max(self.cutoff, math.sqrt(MINIMUM2) if self.core > 0 else 0.0)

    @model_validator(mode="after")
    def _ends_at_the_cutoff(self) -> Self:
        if self.first >= self.cutoff:
            raise ValueError(f"first = {self.first} must be less than cutoff = {self.cutoff}")
        if self.energies[-1] != 0.0:
            raise ValueError(
                f"the last of energies is {self.energies[-1]:g} and must be 0: the potential ends "
                "at the cut-off; subtract this number from all of them"
            )
        return self

    def coefficients(self) -> TabulatedCoefficients:
        """Numbers for the pair function."""
        # Half of the time that a process takes to start, and few have a table
        from scipy.interpolate import CubicSpline

        distances = np.linspace(self.first, self.cutoff, len(self.energies))
        spline = CubicSpline(distances, self.energies, bc_type=("not-a-knot", (1, 0.0)))
        return TabulatedCoefficients(
            first=self.first,
            inverse_width=(len(distances) - 1) / (self.cutoff - self.first),
            cutoff=self.cutoff,
            strength=self.core,
            core=WeeksChandlerAndersenCoefficients(MINIMUM2),
            polynomials=np.ascontiguousarray(spline.c[::-1].T),
        )


@pair_function(TabulatedCoefficients)
def tabulated(coefficients: TabulatedCoefficients, r2: float) -> tuple[float, float]:
    """Force over distance and energy of a pair."""
    first, inverse_width, cutoff, strength, core, polynomials = coefficients
    r = math.sqrt(r2)
    intervals = polynomials.shape[0]
    interval = max(0, min(intervals - 1, int((r - first) * inverse_width)))
    a = polynomials[interval, 0]
    b = polynomials[interval, 1]
    c = polynomials[interval, 2] if r >= first else 0.0
    d = polynomials[interval, 3] if r >= first else 0.0
    t = r - (first + interval / inverse_width)
    slope = b + t * (2.0 * c + t * 3.0 * d)
    energy = a + t * (b + t * (c + t * d))
    core_force, core_energy = pair(core, r2)
    has_core = strength > 0.0
    inside = r < cutoff
    return (
        (-slope / r if inside else 0.0) + (strength * core_force if has_core else 0.0),
        (energy if inside else 0.0) + (strength * core_energy if has_core else 0.0),
    )
