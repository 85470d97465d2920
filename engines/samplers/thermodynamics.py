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
    energy_samples: Integers


THERMODYNAMIC_STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        "energy": Statistic(("block", "power"), "epsilon", "potential energy U, and its square"),
        "virial": Statistic(("block", "power"), "epsilon", "sum over pairs of r.F, and its square"),
        "energy_samples": Statistic(("block",), "1", "samples of energy and virial"),
    }
)


def empty_thermodynamics(blocks: int) -> ThermodynamicSums:
    """Allocate what a replica accumulates, with an axis of blocks before all others."""
    return ThermodynamicSums(
        np.zeros((blocks, 2)), np.zeros((blocks, 2)), np.zeros(blocks, dtype=np.int64)
    )


@jit()
def sample_thermodynamics(sums: ThermodynamicSums, energy: float, virial: float) -> None:
    """Add one sample of energy and virial, epsilon."""
    sums.energy[0] += energy
    sums.energy[1] += energy * energy
    sums.virial[0] += virial
    sums.virial[1] += virial * virial
    sums.energy_samples[()] += 1
