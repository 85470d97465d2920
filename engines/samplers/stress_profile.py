"""Profiles of the stress along the last axis, by the contour of Irving and Kirkwood.

Each pair spreads its r F evenly over the straight line between its particles, so that the normal
components balance the internal forces: d(stress_zz)/dz of the pairs is minus the force density.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..arrays import Floats
from ..compiled import compiled_for, jit
from ..engine import Statistic
from ..potentials.many_body import ManyBody
from ..potentials.pair import pair
from ..system import ParticleSystem
from ..verlet import Neighbourhood, extend
from .frame import Frame
from .sampler import Arrays, Sampler, next_multiple


class StressProfile(BaseModel):
    """Bins, and when they are filled."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    interval: Annotated[int, Field(ge=1, le=10**9)] = 100
    """Steps between samples."""

    bin_width: Annotated[float, Field(ge=1e-4, le=1e6)] = 0.1
    """Width of the bins, sigma; adjusted to divide the box."""

    def bins(self, system: ParticleSystem) -> int:
        """Number of bins."""
        return max(1, round(system.box.profile_length / self.bin_width))

    def sampler(self, system: ParticleSystem, carried: tuple[str, ...]) -> StressProfileSampler:
        """Make the sampler of a state point; `carried` as for `Snapshots`."""
        if isinstance(system.potential, ManyBody):
            raise ValueError(
                "stress_profile needs pairs: potential.code does not say where they are"
            )
        return StressProfileSampler(self.interval, self.bins(system), "velocities" in carried)


class StressProfileSampler(Sampler):
    """Sums over pairs and particles, bin by bin."""

    statistics: ClassVar[Mapping[str, Statistic]] = MappingProxyType(
        {
            "stress_samples": Statistic(("block",), "1", "configurations in the profiles"),
            "virial_profile": Statistic(
                ("block", "stress_bin", "voigt"),
                "epsilon",
                "r F of each pair, shared between the bins that lie between its particles",
            ),
            "kinetic_profile": Statistic(
                ("block", "stress_bin", "voigt"), "epsilon", "m v v of the particles in each bin"
            ),
        }
    )

    def __init__(self, interval: int, bins: int, is_moving: bool) -> None:
        self._interval, self._bins, self._is_moving = interval, bins, is_moving

    def empty(self, rows: int) -> Arrays:
        """Allocate profiles; those of velocities only where there are any."""
        arrays = {
            "stress_samples": np.zeros(rows, dtype=np.int64),
            "virial_profile": np.zeros((rows, self._bins, 6)),
        }
        if self._is_moving:
            arrays["kinetic_profile"] = np.zeros((rows, self._bins, 6))
        return arrays

    def next_step(self, since: int) -> int:
        """Sample at every interval."""
        return next_multiple(since, self._interval)

    def sample(self, frame: Frame, sums: Arrays) -> None:
        """Add a configuration."""
        sums["stress_samples"][()] += 1
        axis, width = frame.box.last_axis, frame.box.profile_length / self._bins
        positions, _, hood = frame.settled
        virial = np.zeros((self._bins, 6))
        if hood.range > 0:
            kernel = compiled_for(fill_virial_profile, frame.potentials)
            kernel(frame.potentials, hood, positions, axis, 1.0 / width, virial)
        sums["virial_profile"] += virial
        if self._is_moving:
            x, y, z = frame.by_label("velocities")
            products = np.array([x * x, y * y, z * z, y * z, x * z, x * y])
            place = np.floor(frame.positions[axis] / width).astype(np.int64) % self._bins
            for component in range(6):
                weights = products[component]
                sums["kinetic_profile"][:, component] += np.bincount(place, weights, self._bins)


def fill_virial_profile(
    potentials: Any,
    hood: Neighbourhood,
    positions: Floats,
    axis: int,
    inverse_width: float,
    out: Floats,
) -> None:
    """Add r F of all pairs at positions, (3, N), to the profile, (bins, 6)."""
    extend(hood, positions)
    begin, start, stop = hood.cells.begin, hood.start, hood.stop
    species = begin.size - 1
    for own in range(species):
        for other in range(species):
            potential = potentials[own * species + other]
            for i in range(begin[own], begin[own + 1]):
                for k in range(start[other, i], stop[other, i]):
                    _share(potential, hood, i, hood.neighbours[k], axis, inverse_width, out)


@jit()
def _share(
    potential: Any,
    hood: Neighbourhood,
    i: int,
    j: int,
    axis: int,
    inverse_width: float,
    out: Floats,
) -> None:
    """Share half of r F between the bins from one particle to the other; lists have pairs twice."""
    r = hood.extended
    dx, dy, dz = r[i, 0] - r[j, 0], r[i, 1] - r[j, 1], r[i, 2] - r[j, 2]
    force_over_r, _ = pair(potential, dx * dx + dy * dy + dz * dz)
    if force_over_r == 0.0:
        return
    low, high = inverse_width * r[j, axis], inverse_width * r[i, axis]
    if low > high:
        low, high = high, low
    length, first, last = high - low, math.floor(low), math.floor(high)
    for cell in range(first, last + 1):
        within = min(high, cell + 1.0) - max(low, float(cell))
        share = 0.5 * force_over_r * (within / length if last > first else 1.0)
        place = cell % out.shape[0]
        out[place, 0] += share * dx * dx
        out[place, 1] += share * dy * dy
        out[place, 2] += share * dz * dz
        out[place, 3] += share * dy * dz
        out[place, 4] += share * dx * dz
        out[place, 5] += share * dx * dy
