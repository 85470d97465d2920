"""What defines a state point of molecular dynamics, and the protocol that simulates it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from ..protocol import NoiseSource, Protocol, TimeStep
from ..system import ParticleSystem


class MolecularParameters(ParticleSystem):
    """Particles of mass m in a periodic box; tau = sigma sqrt(m / epsilon)."""


class Langevin(BaseModel):
    """Friction and noise, by BAOAB.

    B. Leimkuhler and C. Matthews, Appl. Math. Res. Express 2013, 34 (2013).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kind: Literal["langevin"]
    """Which thermostat this is."""

    friction: float = Field(default=1.0, gt=0, le=1e6)
    """Rate at which velocities relax, 1/tau."""


class NoseHoover(BaseModel):
    """A chain of thermostats without noise.

    G. J. Martyna, M. L. Klein and M. Tuckerman, J. Chem. Phys. 97, 2635 (1992).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kind: Literal["nose-hoover"]
    """Which thermostat this is."""

    relaxation_time: float = Field(default=0.5, gt=0, le=1e6)
    """Time in which the temperature relaxes, tau."""

    chain: int = Field(default=3, ge=1, le=20)
    """Thermostats in the chain."""


Thermostat: TypeAlias = Annotated[Langevin | NoseHoover, Field(discriminator="kind")]


class MolecularDynamics(Protocol):
    """Velocity Verlet, at constant energy or with a thermostat, from a random start.

    Before the external field is switched on, a Langevin thermostat equilibrates; then the mean
    velocity is set to zero, unless that thermostat goes on.
    """

    time_step: TimeStep = 0.005
    """Time step, tau; averages are biased in proportion to its square."""

    thermostat: Thermostat | None = None
    """What keeps the temperature after the bulk time; None for constant energy."""

    noise: NoiseSource = "stream"
    """One stream of numbers for all particles, or noise that belongs to each of them, as replicas
    need that are cut into domains."""
