"""Energy and virial of a system, and how they fluctuate."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ..arrays import Floats, Integers
from ..compiled import jit
from ..engine import Statistic


class ThermodynamicSums(NamedTuple):
    """Sums over the samples of one block, in the order of `THERMODYNAMIC_STATISTICS`."""

    energy: Floats
    virial: Floats
    virial_stress: Floats
    energy_samples: Integers


THERMODYNAMIC_STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        "energy": Statistic(("block", "power"), "epsilon", "potential energy U, and its square"),
        "virial": Statistic(("block", "power"), "epsilon", "sum over pairs of r.F, and its square"),
        "virial_stress": Statistic(
            ("block", "voigt"), "epsilon", "sum over pairs of r F: xx, yy, zz, yz, xz, xy"
        ),
        "energy_samples": Statistic(("block",), "1", "samples of energy and virial"),
    }
)


def empty_thermodynamics(blocks: int) -> ThermodynamicSums:
    """Allocate what a replica accumulates, with an axis of blocks before all others."""
    return ThermodynamicSums(
        np.zeros((blocks, 2)),
        np.zeros((blocks, 2)),
        np.zeros((blocks, 6)),
        np.zeros(blocks, dtype=np.int64),
    )


@jit()
def sample_thermodynamics(sums: ThermodynamicSums, energy: float, stress: Floats) -> None:
    """Add one sample of the energy and of the virial by components, (6,), epsilon."""
    virial = stress[0] + stress[1] + stress[2]
    sums.energy[0] += energy
    sums.energy[1] += energy * energy
    sums.virial[0] += virial
    sums.virial[1] += virial * virial
    for component in range(6):
        sums.virial_stress[component] += stress[component]
    sums.energy_samples[()] += 1
