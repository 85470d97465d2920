"""The inverse power law, strength r^-exponent."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from pydantic import Field

from ..elementary import exponential, logarithm
from .pair import pair_function
from .pair_potential import UNCUT, CutPotential
from .truncation import Truncation, truncated


class InversePowerCoefficients(NamedTuple):
    """What the kernel needs."""

    strength: float
    exponent: float
    truncation: Truncation


class InversePower(CutPotential):
    """Soft spheres: only strength density^(exponent/3) / temperature matters."""

    kind: Literal["inverse-power"]
    """Which potential this is."""

    strength: float = Field(default=1.0, gt=0, le=1e6)
    """Energy of a pair at the distance sigma, epsilon."""

    exponent: float = Field(default=12.0, gt=3, le=200)
    """Exponent n > 3 of the decay."""

    cutoff: float = Field(default=3.0, ge=0.5, le=100)
    """Distance beyond which particles do not interact, sigma."""

    def bare(self) -> InversePowerCoefficients:
        """Numbers of the potential without a cut-off."""
        return InversePowerCoefficients(self.strength, self.exponent, UNCUT)


@pair_function(InversePowerCoefficients)
def inverse_power(coefficients: InversePowerCoefficients, r2: float) -> tuple[float, float]:
    """Force over distance and energy of a pair."""
    inverse2 = 1.0 / r2
    power = exponential(-0.5 * coefficients.exponent * logarithm(r2))
    energy = coefficients.strength * power
    force_over_r = coefficients.exponent * energy * inverse2
    return truncated(coefficients.truncation, r2, math.sqrt(inverse2), force_over_r, energy)
