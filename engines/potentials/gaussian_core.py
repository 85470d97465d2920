"""The Gaussian core model, strength exp(-r^2): particles that may sit on top of one another.

F. H. Stillinger, J. Chem. Phys. 65, 3968 (1976).
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from pydantic import Field

from ..elementary import exponential
from .pair import pair_function
from .pair_potential import UNCUT, CutPotential
from .truncation import Truncation, truncated

_TINY = 1e-300
"""Lets a pair at no distance at all have a finite force, sigma^2."""


class GaussianCoreCoefficients(NamedTuple):
    """What the kernel needs."""

    strength: float
    truncation: Truncation


class GaussianCore(CutPotential):
    """Penetrable particles of width sigma."""

    kind: Literal["gaussian-core"]
    """Which potential this is."""

    strength: float = Field(default=1.0, gt=0, le=1e6)
    """Energy of two particles at the same place, epsilon."""

    cutoff: float = Field(default=4.0, ge=0.5, le=100)
    """Distance beyond which particles do not interact, sigma."""

    def bare(self) -> GaussianCoreCoefficients:
        """Numbers of the potential without a cut-off."""
        return GaussianCoreCoefficients(self.strength, UNCUT)


@pair_function(GaussianCoreCoefficients)
def gaussian_core(coefficients: GaussianCoreCoefficients, r2: float) -> tuple[float, float]:
    """Force over distance and energy of a pair."""
    energy = coefficients.strength * exponential(-r2)
    inverse = 1.0 / math.sqrt(r2 + _TINY)
    return truncated(coefficients.truncation, r2, inverse, 2.0 * energy, energy)
