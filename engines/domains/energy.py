"""Energy and virial of all domains together."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from ..arrays import Floats
from ..compiled import compiled_for, jit
from ..forces import energy_and_virial
from ..samplers.thermodynamics import ThermodynamicSums, sample_thermodynamics
from ..verlet import Neighbourhood
from .domain import Domain
from .transport import Communicator


class HasThermodynamics(Protocol):
    """Sums of an engine."""

    @property
    def thermodynamics(self) -> ThermodynamicSums:
        """Sums of energy and virial."""


def sample_energy(
    communicator: Communicator, potentials: tuple[Any, ...], domain: Domain, sums: HasThermodynamics
) -> float:
    """Have the first process sample the energy and the virial of all domains.

    Returns the energy, epsilon, in the first process.
    """
    kernel = compiled_for(fill_energy_and_virial, potentials)
    mine, total = np.zeros(7), np.zeros(7)
    kernel(potentials, domain.hood, mine)
    communicator.Reduce(mine, total)
    if communicator.rank == 0:
        add_thermodynamics(sums.thermodynamics, total[0], total[1:])
    return float(total[0])


def fill_energy_and_virial(potentials: Any, hood: Neighbourhood, out: Floats) -> None:
    """Write the energy and the six components of the virial of a domain, epsilon."""
    virial = np.empty(6)
    out[0] = energy_and_virial(potentials, hood, virial)
    for component in range(6):
        out[1 + component] = virial[component]


@jit(entry=True)
def add_thermodynamics(sums: ThermodynamicSums, energy: float, virial: Floats) -> None:
    """Add one sample of the whole system."""
    sample_thermodynamics(sums, energy, virial)
