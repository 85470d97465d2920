"""What defines a Brownian state point, and the protocol that simulates it."""

from __future__ import annotations

from typing import Annotated, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..fields.planar import PlanarFourier
from ..potentials.potential import Potential

Particles: TypeAlias = Annotated[int, Field(ge=1, le=10**8)]
BoxLength: TypeAlias = Annotated[float, Field(gt=0, le=1e6)]
Temperature: TypeAlias = Annotated[float, Field(gt=0, le=1e6)]
Friction: TypeAlias = Annotated[float, Field(gt=0, le=1e6)]
TimeStep: TypeAlias = Annotated[float, Field(ge=1e-9, le=1)]
BulkTime: TypeAlias = Annotated[float, Field(ge=0, le=1e7)]


class BrownianParameters(BaseModel):
    """Overdamped particles in a periodic cubic box; tau = sigma^2 friction / epsilon."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    particles: Particles
    """Number of particles N."""

    box_length: BoxLength
    """Edge of the box, sigma."""

    temperature: Temperature
    """k_B T, epsilon."""

    friction: Friction = 1.0
    """Friction coefficient gamma, epsilon tau/sigma^2."""

    potential: Potential
    """Interaction of pairs of particles."""

    field: PlanarFourier | None = None
    """External force, switched on after the bulk time; None for a bulk system."""

    @property
    def density(self) -> float:
        """Number density, sigma^-3."""
        return self.particles / self.box_length**3

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.potential.range > 0.5 * self.box_length:
            message = (
                f"potential: {self.potential.kind} reaches {self.potential.range} sigma, further "
                f"than half the box, box_length / 2 = {0.5 * self.box_length}: use a larger box, "
                "or a shorter cutoff"
            )
            raise ValueError(message)
        if self.density > self.potential.largest_density:
            message = (
                f"particles = {self.particles} in box_length = {self.box_length} is a density of "
                f"{self.density:.4g}; {self.potential.kind} allows {self.potential.largest_density}"
            )
            raise ValueError(message)
        return self


class BrownianDynamics(BaseModel):
    """Euler-Maruyama integration from a random start."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    time_step: TimeStep = 1e-4
    """Time step, tau; averages are biased in proportion to it."""

    bulk_time: BulkTime = 10.0
    """Time of equilibration without external force, tau."""
