"""The Lennard-Jones potential, 4 (r^-12 - r^-6), with a cut-off."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import Field

from .pair import pair_function
from .pair_potential import UNCUT, CutPotential
from .truncation import Truncation, truncated


class LennardJonesCoefficients(NamedTuple):
    """What the kernel needs where nothing is shifted."""

    cutoff2: float


class ShiftedLennardJonesCoefficients(NamedTuple):
    """What it needs where energy or force are shifted, which takes a square root."""

    truncation: Truncation


class LennardJones(CutPotential):
    """Lennard-Jones particles."""

    largest_density: ClassVar[float] = 1.3

    kind: Literal["lennard-jones"]
    """Which potential this is."""

    cutoff: float = Field(default=2.5, ge=0.5, le=100)
    """Distance beyond which particles do not interact, sigma."""

    def bare(self) -> ShiftedLennardJonesCoefficients:
        """Nothing but the cut-off has to be known."""
        return ShiftedLennardJonesCoefficients(UNCUT)

    def coefficients(self) -> Any:
        """Numbers for the pair function."""
        if self.shift == "none":
            return LennardJonesCoefficients(self.cutoff**2)
        return super().coefficients()


@pair_function(LennardJonesCoefficients)
def lennard_jones(coefficients: LennardJonesCoefficients, r2: float) -> tuple[float, float]:
    """Force over distance and energy of a pair."""
    inverse2 = 1.0 / r2
    inverse6 = inverse2 * inverse2 * inverse2
    force_over_r = inverse6 * (48.0 * inverse6 - 24.0) * inverse2
    energy = 4.0 * inverse6 * (inverse6 - 1.0)
    inside = r2 < coefficients.cutoff2
    return (force_over_r if inside else 0.0), (energy if inside else 0.0)


@pair_function(ShiftedLennardJonesCoefficients)
def shifted_lennard_jones(
    coefficients: ShiftedLennardJonesCoefficients, r2: float
) -> tuple[float, float]:
    """Force over distance and energy of a pair."""
    inverse2 = 1.0 / r2
    inverse6 = inverse2 * inverse2 * inverse2
    force_over_r = inverse6 * (48.0 * inverse6 - 24.0) * inverse2
    energy = 4.0 * inverse6 * (inverse6 - 1.0)
    return truncated(coefficients.truncation, r2, math.sqrt(inverse2), force_over_r, energy)
