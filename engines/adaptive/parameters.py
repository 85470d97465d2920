"""What defines a state point of adaptive Brownian dynamics, and the protocol that simulates it."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from ..brownian.parameters import Friction
from ..protocol import Protocol, TimeStep
from ..system import ParticleSystem

Tolerance: TypeAlias = Annotated[float, Field(gt=0, le=1)]


class AdaptiveParameters(ParticleSystem):
    """Overdamped particles in a periodic box; tau = sigma^2 friction / epsilon."""

    friction: Friction = 1.0
    """Friction coefficient gamma, epsilon tau/sigma^2."""


class AdaptiveDynamics(Protocol):
    """Adaptive integration from a random start."""

    time_step: TimeStep = 1e-2
    """Time between samples, tau: the integrator divides it into as many steps as it needs."""

    absolute_tolerance: Tolerance = 0.01
    """Error of a step that is allowed to every particle, sigma. Averages are biased in proportion:
    of a Lennard-Jones fluid at T = 1.5, .5 sigma^-3, by -.002 in U/N and -.007 in P with .01."""

    relative_tolerance: Tolerance = 0.01
    """The same per distance that it moves."""
