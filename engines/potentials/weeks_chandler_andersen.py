"""The repulsive part of Lennard-Jones, 4 (r^-12 - r^-6) + 1 up to the minimum.

J. D. Weeks, D. Chandler and H. C. Andersen, J. Chem. Phys. 54, 5237 (1971).
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal, NamedTuple

from .pair import pair_function
from .pair_potential import PairPotential

MINIMUM2 = 2.0 ** (1 / 3)
"""Square of the distance of the minimum, sigma^2."""


class WeeksChandlerAndersenCoefficients(NamedTuple):
    """What the kernel needs."""

    cutoff2: float


class WeeksChandlerAndersen(PairPotential):
    """Soft spheres without attraction; energy and force vanish at 2^(1/6) sigma."""

    largest_density: ClassVar[float] = 1.3

    kind: Literal["weeks-chandler-andersen"]
    """Which potential this is."""

    @property
    def range(self) -> float:
        """Largest distance of an interacting pair, sigma."""
        return math.sqrt(MINIMUM2)

    def coefficients(self) -> WeeksChandlerAndersenCoefficients:
        """Numbers for the pair function."""
        return WeeksChandlerAndersenCoefficients(MINIMUM2)


@pair_function(WeeksChandlerAndersenCoefficients)
def weeks_chandler_andersen(
    coefficients: WeeksChandlerAndersenCoefficients, r2: float
) -> tuple[float, float]:
    """Force over distance and energy of a pair."""
    inverse2 = 1.0 / r2
    inverse6 = inverse2 * inverse2 * inverse2
    force_over_r = inverse6 * (48.0 * inverse6 - 24.0) * inverse2
    energy = 4.0 * inverse6 * (inverse6 - 1.0) + 1.0
    inside = r2 < coefficients.cutoff2
    return (force_over_r if inside else 0.0), (energy if inside else 0.0)
