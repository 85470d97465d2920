"""External forces that vary along z only, as Fourier series: eqs. (11) and (12) of Zimmermann.

T. Zimmermann et al., Mach. Learn.: Sci. Technol. 5, 035062 (2024).
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from ..arrays import Floats
from ..compiled import jit
from ..copying import copy_rows
from ..phases import turn


class Mode(BaseModel):
    """One term, amplitude sin(2 pi wavenumber z / L + phase)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    amplitude: FiniteFloat
    """Largest force of this term, epsilon/sigma."""

    wavenumber: int = Field(ge=1, le=1000)
    """Periods in the box."""

    phase: FiniteFloat
    """Phase at z = 0, radian."""


class Component(BaseModel):
    """One Cartesian component of the force."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    constant: FiniteFloat = 0.0
    """Mean force over the box, epsilon/sigma."""

    modes: tuple[Mode, ...] = ()
    """Terms that vary along z."""


class PlanarCoefficients(NamedTuple):
    """A planar force as constant_a + sum_k C_ak cos(k theta) + S_ak sin(k theta)."""

    constant: Floats
    """Shape (3,), epsilon/sigma."""
    cosine: Floats
    """C, shape (3, K), epsilon/sigma."""
    sine: Floats
    """S, shape (3, K), epsilon/sigma."""


class PlanarFourier(BaseModel):
    """A force with components along x, y and z that vary along z."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kind: Literal["planar-fourier"]
    """Which field this is."""

    x: Component = Component()
    """Force along x."""

    y: Component = Component()
    """Force along y."""

    z: Component = Component()
    """Force along z."""

    @property
    def largest_force(self) -> float:
        """Bound on the magnitude of the force, epsilon/sigma."""
        parts = (self.x, self.y, self.z)
        bounds = [abs(p.constant) + sum(abs(mode.amplitude) for mode in p.modes) for p in parts]
        return math.hypot(*bounds)

    def coefficients(self) -> PlanarCoefficients:
        """Merge the modes of each wavenumber; theta = 2 pi z / L is the kernel's variable."""
        parts = (self.x, self.y, self.z)
        harmonics = max((mode.wavenumber for part in parts for mode in part.modes), default=0)
        merged = no_field(harmonics)
        for axis, part in enumerate(parts):
            merged.constant[axis] = part.constant
            for mode in part.modes:
                merged.cosine[axis, mode.wavenumber - 1] += mode.amplitude * np.sin(mode.phase)
                merged.sine[axis, mode.wavenumber - 1] += mode.amplitude * np.cos(mode.phase)
        return merged


def no_field(harmonics: int = 0) -> PlanarCoefficients:
    """Return the coefficients of a field that vanishes."""
    return PlanarCoefficients(np.zeros(3), np.zeros((3, harmonics)), np.zeros((3, harmonics)))


@jit(fastmath=True)
def planar_force(field: PlanarCoefficients, phases: Floats, scratch: Floats, out: Floats) -> None:
    """Write the force, (3, N), on particles at `phases`: cos and sin of theta, (2, N).

    `scratch`, (2, N), steps through the harmonics: one sine and cosine per particle do.
    """
    copy_rows(phases, scratch)
    for axis in range(3):
        for i in range(out.shape[1]):
            out[axis, i] = field.constant[axis]
    for k in range(field.cosine.shape[1]):
        if k > 0:
            turn(scratch, phases)
        for axis in range(3):
            _add(out[axis], field.cosine[axis, k], scratch[0], field.sine[axis, k], scratch[1])


@jit(fastmath=True)
def _add(out: Floats, c: float, cosine: Floats, s: float, sine: Floats) -> None:
    for i in range(out.size):
        out[i] += c * cosine[i] + s * sine[i]
