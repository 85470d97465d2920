"""Fields that are no Fourier series along one axis: a jitted function, and numbers for it."""

from __future__ import annotations

from abc import ABC, abstractmethod

from pydantic import BaseModel, ConfigDict

from ..box import Box
from .local_force import LocalForce
from .planar import PlanarForce, no_force


class LocalField(BaseModel, ABC):
    """A force that depends on where a particle is, and when.

    Creating your own
    -----------------
    A file with a `kind`, its settings, `local_force`, which names a function decorated with
    `@jit()` and the numbers that it is given, and `largest_force`; an entry in
    `field.ExternalField`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @abstractmethod
    def local_force(self, box: Box) -> LocalForce:
        """Jitted function and numbers.

        The function maps the numbers, the time since the field was switched on, tau, and a position
        in [0, L) along each axis, sigma, to a force, epsilon/sigma.
        """

    @abstractmethod
    def largest_force(self, box: Box) -> float:
        """Bound on the magnitude of the force, or an estimate of it, epsilon/sigma."""

    def planar_force(self) -> PlanarForce:
        """No Fourier series."""
        return no_force()

    @property
    def acts_along_z(self) -> bool:
        """Whether the force has a component along z in two dimensions: there, z stays zero."""
        return False

    @property
    def largest_frequency(self) -> float:
        """Largest angular frequency that is known of, radian/tau."""
        return 0.0
