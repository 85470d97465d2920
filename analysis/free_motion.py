"""How far particles would move without one another: a scale for what simulations should sample."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from ..engines.molecular.parameters import Langevin
from .one_body import Ensemble

FREE_PATH = 1.0
"""Distance between collisions of particles with momentum, sigma: to the order of magnitude."""


@dataclass(frozen=True)
class FreeMotion:
    """Thermal motion of a particle of unit mass, or of an overdamped one."""

    temperature: float
    """k_B T, epsilon."""
    friction: float
    """Of overdamped particles in epsilon tau/sigma^2; else the rate at which velocities relax."""
    has_momentum: bool

    @classmethod
    def of(cls, ensemble: Ensemble) -> Self:
        """Read temperature and friction off an ensemble."""
        geometry = ensemble.geometry
        if geometry.friction is not None:
            return cls(geometry.temperature, geometry.friction, has_momentum=False)
        thermostat = ensemble.physics.dynamics.get("thermostat") or {}
        is_damped = thermostat.get("kind") == "langevin"
        friction = Langevin(**thermostat).friction if is_damped else 0.0
        return cls(geometry.temperature, friction, has_momentum=True)

    @property
    def diffusion(self) -> float:
        """Diffusion coefficient, sigma^2/tau; collisions limit that of particles with momentum."""
        if not self.has_momentum:
            return self.temperature / self.friction
        collisions = 1.0 / (FREE_PATH * math.sqrt(self.temperature))
        return 1.0 / (self.friction / self.temperature + collisions)

    def squared_displacement(self, time: float, dimensions: int) -> float:
        """Mean squared displacement without collisions, sigma^2.

        With momentum 2 d T (g t - 1 + e^{-g t})/g^2 (R. Fürth, Z. Phys. 2, 244 (1920)).
        """
        if not self.has_momentum:
            return 2 * dimensions * self.temperature / self.friction * time
        relaxed = self.friction * time
        if relaxed < 1e-4:
            return dimensions * self.temperature * time**2
        persistence = relaxed + math.expm1(-relaxed)
        return 2 * dimensions * self.temperature * persistence / self.friction**2
