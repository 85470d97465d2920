"""External forces that vary along one axis, as Fourier series: eqs. (11), (12), (33) of Zimmermann.

This axis is the last one: z, or y in two dimensions. The pages below say z.

T. Zimmermann et al., Mach. Learn.: Sci. Technol. 5, 035062 (2024).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from ..arrays import Floats, Integers
from ..box import Box
from ..compiled import jit
from ..copying import copy_rows, copy_words
from ..phases import turn
from .local_force import LocalForce, no_local_force


class Mode(BaseModel):
    """One term, amplitude sin(2 pi wavenumber z / L + phase - angular_frequency t)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    amplitude: FiniteFloat
    """Largest force of this term, epsilon/sigma."""

    wavenumber: int = Field(ge=1, le=1000)
    """Periods in the box."""

    phase: FiniteFloat
    """Phase at z = 0 when the field is switched on, radian."""

    angular_frequency: FiniteFloat = 0.0
    """Angular frequency of a wave that travels along z (against it if negative), radian/tau. Time
    begins when the field is switched on."""


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


class Waves(NamedTuple):
    """The terms that travel, (M,) each; they are no part of `PlanarCoefficients`."""

    axis: Integers
    """Component of the force."""
    harmonic: Integers
    """Wavenumber - 1."""
    amplitude: Floats
    """Shape (M,), epsilon/sigma."""
    phase: Floats
    """Shape (M,), radian."""
    angular_frequency: Floats
    """Shape (M,), radian/tau."""


class PlanarForce(NamedTuple):
    """What a kernel needs to know of a planar field at any time."""

    still: PlanarCoefficients
    """The terms that do not depend on time, with room for the harmonics of those that do."""
    waves: Waves


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

    def largest_force(self, box: Box) -> float:
        """Bound on the magnitude of the force, epsilon/sigma."""
        del box
        parts = (self.x, self.y, self.z)
        bounds = [abs(p.constant) + sum(abs(mode.amplitude) for mode in p.modes) for p in parts]
        return math.hypot(*bounds)

    @property
    def largest_frequency(self) -> float:
        """Largest angular frequency of a wave, radian/tau; 0 without one."""
        return max((abs(mode.angular_frequency) for _, mode in self._modes()), default=0.0)

    @property
    def acts_along_z(self) -> bool:
        """Whether the force has a component along z."""
        return self.z != Component()

    @property
    def is_still(self) -> bool:
        """Whether the force is the same at all times."""
        return self.largest_frequency == 0.0

    def local_force(self, box: Box) -> LocalForce:
        """Nothing besides the series."""
        del box
        return no_local_force()

    def planar_force(self) -> PlanarForce:
        """Merge the modes of each wavenumber; theta = 2 pi z / L is the kernel's variable."""
        merged = no_coefficients(max((mode.wavenumber for _, mode in self._modes()), default=0))
        for axis, part in enumerate((self.x, self.y, self.z)):
            merged.constant[axis] = part.constant
        for axis, mode in self._modes():
            if not mode.angular_frequency:
                merged.cosine[axis, mode.wavenumber - 1] += mode.amplitude * np.sin(mode.phase)
                merged.sine[axis, mode.wavenumber - 1] += mode.amplitude * np.cos(mode.phase)
        return PlanarForce(merged, self._waves())

    def _modes(self) -> Iterator[tuple[int, Mode]]:
        """Every term, with its component."""
        for axis, part in enumerate((self.x, self.y, self.z)):
            for mode in part.modes:
                yield axis, mode

    def _waves(self) -> Waves:
        return make_waves([(axis, mode) for axis, mode in self._modes() if mode.angular_frequency])


def make_waves(moving: list[tuple[int, Mode]]) -> Waves:
    """Arrays of terms that travel, each with its component."""
    return Waves(
        axis=np.array([axis for axis, _ in moving], dtype=np.int64),
        harmonic=np.array([mode.wavenumber - 1 for _, mode in moving], dtype=np.int64),
        amplitude=np.array([mode.amplitude for _, mode in moving], dtype=np.float64),
        phase=np.array([mode.phase for _, mode in moving], dtype=np.float64),
        angular_frequency=np.array(
            [mode.angular_frequency for _, mode in moving], dtype=np.float64
        ),
    )


def no_coefficients(harmonics: int) -> PlanarCoefficients:
    """Coefficients of a force that vanishes."""
    return PlanarCoefficients(np.zeros(3), np.zeros((3, harmonics)), np.zeros((3, harmonics)))


def no_force() -> PlanarForce:
    """Return a force that vanishes at all times."""
    return PlanarForce(no_coefficients(0), make_waves([]))


@jit()
def coefficients_at(force: PlanarForce, time: float, out: PlanarCoefficients) -> None:
    """Write the coefficients at a time, tau, since the field was switched on."""
    copy_words(force.still.constant, out.constant)
    copy_rows(force.still.cosine, out.cosine)
    copy_rows(force.still.sine, out.sine)
    waves = force.waves
    for m in range(waves.axis.size):
        axis, harmonic = waves.axis[m], waves.harmonic[m]
        phase = waves.phase[m] - waves.angular_frequency[m] * time
        out.cosine[axis, harmonic] += waves.amplitude[m] * math.sin(phase)
        out.sine[axis, harmonic] += waves.amplitude[m] * math.cos(phase)


@jit()
def acts(field: PlanarCoefficients) -> bool:
    """Whether there is any force."""
    constant = field.constant
    still = constant[0] == 0.0 and constant[1] == 0.0 and constant[2] == 0.0
    return field.cosine.shape[1] > 0 or not still


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
