"""Random planar forces, drawn as in sec. 2.3 of Zimmermann et al.

T. Zimmermann et al., Mach. Learn.: Sci. Technol. 5, 035062 (2024).
"""

from __future__ import annotations

import math

import numpy as np
from pydantic import BaseModel, ConfigDict

from ..intervals import Fraction, HarmonicInterval, Interval
from .planar import Component, Mode, PlanarFourier


class RandomPlanarField(BaseModel):
    """The distribution of eq. (12); the defaults are those of the paper.

    A share of the fields acts along z only, and a share of those has no constant force: these
    states are in equilibrium. Phases are uniform in [0, 2 pi).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    constant: Interval = (0.0, 50.0)
    """Interval of the constant force a_0 of each component, epsilon/sigma."""

    modes: HarmonicInterval = (1, 4)
    """Smallest and largest number of modes of each component."""

    wavenumber: HarmonicInterval = (1, 4)
    """Smallest and largest number of periods in the box."""

    amplitude_xy: Interval = (0.0, 30.0)
    """Interval of the amplitudes along x and y, epsilon/sigma."""

    amplitude_z: Interval = (0.0, 4.0)
    """Interval of the amplitudes along z, epsilon/sigma."""

    z_only_fraction: Fraction = 1 / 3
    """Share of the fields that act along z only."""

    equilibrium_fraction: Fraction = 0.1
    """Share of the fields along z whose constant force vanishes."""

    def draw(self, rng: np.random.Generator) -> PlanarFourier:
        """Draw one field."""
        z_only = rng.random() < self.z_only_fraction
        equilibrium = z_only and rng.random() < self.equilibrium_fraction
        z = self._component(rng, self.amplitude_z)
        if equilibrium:
            z = Component(modes=z.modes)
        if z_only:
            return PlanarFourier(kind="planar-fourier", z=z)
        x = self._component(rng, self.amplitude_xy)
        y = self._component(rng, self.amplitude_xy)
        return PlanarFourier(kind="planar-fourier", x=x, y=y, z=z)

    def _component(self, rng: np.random.Generator, amplitude: tuple[float, float]) -> Component:
        """Draw one Cartesian component."""
        constant = rng.uniform(*self.constant)
        modes = tuple(
            Mode(
                amplitude=rng.uniform(*amplitude),
                wavenumber=int(rng.integers(*self.wavenumber, endpoint=True)),
                phase=rng.uniform(0.0, 2.0 * math.pi),
            )
            for _ in range(rng.integers(*self.modes, endpoint=True))
        )
        return Component(constant=constant, modes=modes)
