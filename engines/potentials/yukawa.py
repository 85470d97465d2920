"""The Yukawa potential of screened charges, strength exp(-(r - 1)/screening_length)/r."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from pydantic import Field

from ..elementary import exponential
from .pair import pair_function
from .pair_potential import UNCUT, CutPotential
from .truncation import Truncation, truncated


class YukawaCoefficients(NamedTuple):
    """What the kernel needs."""

    strength: float
    inverse_length: float
    truncation: Truncation


class Yukawa(CutPotential):
    """Point particles that repel one another through a screened Coulomb force."""

    kind: Literal["yukawa"]
    """Which potential this is."""

    strength: float = Field(default=1.0, gt=0, le=1e6)
    """Energy of a pair at the distance sigma, epsilon."""

    screening_length: float = Field(default=1.0, ge=0.01, le=100)
    """Distance over which the potential decays, sigma."""

    cutoff: float = Field(default=6.0, ge=0.5, le=100)
    """Distance beyond which particles do not interact, sigma."""

    def bare(self) -> YukawaCoefficients:
        """Numbers of the potential without a cut-off."""
        return YukawaCoefficients(self.strength, 1.0 / self.screening_length, UNCUT)


@pair_function(YukawaCoefficients)
def yukawa(coefficients: YukawaCoefficients, r2: float) -> tuple[float, float]:
    """Force over distance and energy of a pair."""
    inverse = 1.0 / math.sqrt(r2)
    decay = exponential((1.0 - r2 * inverse) * coefficients.inverse_length)
    energy = coefficients.strength * decay * inverse
    force_over_r = energy * inverse * (inverse + coefficients.inverse_length)
    return truncated(coefficients.truncation, r2, inverse, force_over_r, energy)
