"""What defines a Brownian state point, and the protocol that simulates it."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from ..protocol import Protocol, TimeStep
from ..system import ParticleSystem

Friction: TypeAlias = Annotated[float, Field(gt=0, le=1e6)]


class BrownianParameters(ParticleSystem):
    """Overdamped particles in a periodic box; tau = sigma^2 friction / epsilon."""

    friction: Friction = 1.0
    """Friction coefficient gamma, epsilon tau/sigma^2."""


class BrownianDynamics(Protocol):
    """Euler-Maruyama integration from a random start."""

    time_step: TimeStep = 1e-4
    """Time step, tau; averages are biased in proportion to it."""
