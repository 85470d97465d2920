"""What defines a Brownian state point, and the protocol that simulates it."""

from __future__ import annotations

from typing import Annotated, Self, TypeAlias

from pydantic import Field, model_validator

from ..protocol import NoiseSource, Protocol, TimeStep
from ..system import ParticleSystem
from .activity import Activity

Friction: TypeAlias = Annotated[float, Field(gt=0, le=1e6)]


class BrownianParameters(ParticleSystem):
    """Overdamped particles in a periodic box; tau = sigma^2 friction / epsilon."""

    friction: Friction = 1.0
    """Friction coefficient gamma, epsilon tau/sigma^2."""

    activity: Activity | None = None
    """Self-propulsion; None for passive particles."""

    @model_validator(mode="after")
    def _turns_in_the_plane(self) -> Self:
        chirality = getattr(self.activity, "chirality", 0.0)
        if chirality and self.box.dimensions == 3:
            raise ValueError(
                f"activity.chirality = {chirality:g}: directions turn steadily in two dimensions "
                "only; give box_shape two numbers, or drop it"
            )
        return self


class BrownianDynamics(Protocol):
    """Euler-Maruyama integration from a random start."""

    time_step: TimeStep = 1e-4
    """Time step, tau; averages are biased in proportion to it."""

    noise: NoiseSource = "stream"
    """One stream of numbers for all particles, or noise that belongs to each of them, as replicas
    need that are cut into domains; directions of self-propulsion have the stream anyway."""
