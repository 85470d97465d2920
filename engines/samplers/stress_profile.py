"""Profiles of the stress of each species along the last axis; see `pair_stress`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..engine import Statistic
from ..system import ParticleSystem
from .frame import Frame
from .pair_stress import add_virial, expect_pairs
from .particle_sums import kinetic_stress
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
        expect_pairs(system, "stress_profile")
        shape = len(system.counts), self.bins(system)
        return StressProfileSampler(self.interval, shape, "velocities" in carried)


class StressProfileSampler(Sampler):
    """Sums over pairs and particles, bin by bin."""

    statistics: ClassVar[Mapping[str, Statistic]] = MappingProxyType(
        {
            "stress_samples": Statistic(("block",), "1", "configurations in the profiles"),
            "virial_profile": Statistic(
                ("block", "species", "stress_bin", "voigt"),
                "epsilon",
                "r F of each pair, shared between the bins that lie between its particles",
            ),
            "kinetic_profile": Statistic(
                ("block", "species", "stress_bin", "voigt"),
                "epsilon",
                "m v v of the particles in each bin",
            ),
        }
    )

    def __init__(self, interval: int, shape: tuple[int, int], is_moving: bool) -> None:
        self._interval, self._shape, self._is_moving = interval, shape, is_moving

    def empty(self, rows: int) -> Arrays:
        """Allocate profiles; those of velocities only where there are any."""
        arrays = {
            "stress_samples": np.zeros(rows, dtype=np.int64),
            "virial_profile": np.zeros((rows, *self._shape, 6)),
        }
        if self._is_moving:
            arrays["kinetic_profile"] = np.zeros((rows, *self._shape, 6))
        return arrays

    def next_step(self, since: int) -> int:
        """Sample at every interval."""
        return next_multiple(since, self._interval)

    def sample(self, frame: Frame, sums: Arrays) -> None:
        """Add a configuration."""
        sums["stress_samples"][()] += 1
        (species, bins), axis = self._shape, frame.box.last_axis
        per_length = bins / frame.box.profile_length
        virial = np.zeros((species, bins, 1, 6))
        add_virial(frame, (axis, axis), (per_length, 0.0), virial)
        sums["virial_profile"] += virial[:, :, 0]
        if self._is_moving:
            along = np.floor(frame.positions[axis] * per_length).astype(np.int64) % bins
            place = bins * np.repeat(np.arange(species), frame.counts) + along
            sums["kinetic_profile"] += kinetic_stress(frame, place, self._shape)
