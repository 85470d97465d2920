"""What self-propulsion does: its force along one axis, and its work."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ..arrays import Floats, Integers
from ..compiled import jit
from ..engine import Statistic
from .one_body import bin_of


class ActivitySums(NamedTuple):
    """Sums over the sampled steps of one block; passive particles have no bins."""

    active_force: Floats
    active_work: Floats


ACTIVITY_STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        "active_force": Statistic(
            ("block", "species", "bin", "component"), "epsilon/sigma", "forces of self-propulsion"
        ),
        "active_work": Statistic(
            ("block",), "epsilon", "work of self-propulsion, in the sense of Stratonovich"
        ),
    }
)


def empty_activity(blocks: int, species: int, bins: int) -> ActivitySums:
    """Allocate what a replica accumulates, with an axis of blocks before all others."""
    return ActivitySums(np.zeros((blocks, species, bins, 3)), np.zeros(blocks))


@jit()
def sample_active_force(
    sums: ActivitySums,
    inverse_width: float,
    begin: Integers,
    z: Floats,
    directions: Floats,
    force: float,
) -> None:
    """Add the force along each particle's direction, (3, N), at the start of a step."""
    for s in range(begin.size - 1):
        active_force = sums.active_force[s]
        for i in range(begin[s], begin[s + 1]):
            b = bin_of(z[i], inverse_width, active_force.shape[0])
            for axis in range(3):
                active_force[b, axis] += force * directions[axis, i]
