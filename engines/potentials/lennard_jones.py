"""The Lennard-Jones potential, 4 (r^-12 - r^-6) for r < cutoff."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from .pair import pair_function


class LennardJonesCoefficients(NamedTuple):
    """What the kernel needs."""

    cutoff2: float


class LennardJones(BaseModel):
    """Lennard-Jones particles, plainly truncated: the energy is not shifted."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    largest_density: ClassVar[float] = 1.3
    """Number density above which no fluid start can relax, sigma^-3."""

    kind: Literal["lennard-jones"]
    """Which potential this is."""

    cutoff: float = Field(default=2.5, ge=0.5, le=100)
    """Distance beyond which particles do not interact, sigma."""

    @property
    def range(self) -> float:
        """Largest distance of an interacting pair, sigma."""
        return self.cutoff

    def coefficients(self) -> LennardJonesCoefficients:
        """Numbers for the pair function."""
        return LennardJonesCoefficients(self.cutoff**2)


@pair_function(LennardJonesCoefficients)
def lennard_jones(coefficients: LennardJonesCoefficients, r2: float) -> tuple[float, float]:
    """Force over distance and energy of a pair."""
    inverse2 = 1.0 / r2
    inverse6 = inverse2 * inverse2 * inverse2
    force_over_r = inverse6 * (48.0 * inverse6 - 24.0) * inverse2
    energy = 4.0 * inverse6 * (inverse6 - 1.0)
    inside = r2 < coefficients.cutoff2
    return (force_over_r if inside else 0.0), (energy if inside else 0.0)
