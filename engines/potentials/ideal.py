"""The ideal gas: no interaction."""

from __future__ import annotations

from typing import Literal, NamedTuple

from .pair import pair_function
from .pair_potential import PairPotential


class IdealCoefficients(NamedTuple):
    """Nothing to know, but numba needs a type to tell potentials apart."""

    unused: float


class Ideal(PairPotential):
    """Particles that do not see one another."""

    kind: Literal["ideal"]
    """Which potential this is."""

    @property
    def range(self) -> float:
        """Largest distance of an interacting pair, sigma."""
        return 0.0

    def coefficients(self) -> IdealCoefficients:
        """Numbers for the pair function."""
        return IdealCoefficients(0.0)


@pair_function(IdealCoefficients)
def ideal(coefficients: IdealCoefficients, r2: float) -> tuple[float, float]:  # noqa: ARG001
    """Force over distance and energy of a pair."""
    return 0.0, 0.0
