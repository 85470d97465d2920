"""Series in time: potential energy and virial of the whole system, sample after sample."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..engine import Statistic
from .frame import Frame
from .particle_sums import kinetic_stress
from .sampler import Arrays, Sampler, next_multiple


class Series(BaseModel):
    """When energy and virial are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    interval: Annotated[int, Field(ge=1, le=10**9)] = 100
    """Steps between samples."""

    def samples(self, length: int) -> int:
        """Samples in `length` steps."""
        return -(-length // self.interval)

    def sampler(self, length: int, carried: tuple[str, ...]) -> SeriesSampler:
        """Make the sampler of replicas that are sampled for `length` steps.

        `carried` as for `Snapshots`.
        """
        return SeriesSampler(self.interval, self.samples(length), "velocities" in carried)


class SeriesSampler(Sampler):
    """Numbers of one instant each, one after the other."""

    statistics: ClassVar[Mapping[str, Statistic]] = MappingProxyType(
        {
            "series_step": Statistic(
                ("sample",), "1", "steps since the first sample, and one; 0 if not taken yet"
            ),
            "series_energy": Statistic(("sample",), "epsilon", "potential energy"),
            "series_virial": Statistic(
                ("sample", "voigt"), "epsilon", "sum over pairs of r F: xx, yy, zz, yz, xz, xy"
            ),
            "series_kinetic": Statistic(
                ("sample", "voigt"),
                "epsilon",
                "sum over particles of m v v: xx, yy, zz, yz, xz, xy",
            ),
        }
    )

    def __init__(self, interval: int, samples: int, is_moving: bool) -> None:
        self._interval, self._is_moving = interval, is_moving
        self.length = samples

    def empty(self, rows: int) -> Arrays:
        """Allocate room for every sample; that of velocities only where there are any."""
        arrays = {
            "series_step": np.zeros(rows, dtype=np.int64),
            "series_energy": np.zeros(rows),
            "series_virial": np.zeros((rows, 6)),
        }
        if self._is_moving:
            arrays["series_kinetic"] = np.zeros((rows, 6))
        return arrays

    def row(self, frame: Frame) -> int:
        """Samples are in the order of time."""
        return frame.since // self._interval

    def next_step(self, since: int) -> int:
        """Sample at every interval."""
        return next_multiple(since, self._interval)

    def sample(self, frame: Frame, sums: Arrays) -> None:
        """Keep the numbers of a configuration."""
        shares = frame.pair_shares
        sums["series_step"][()] = frame.since + 1
        sums["series_energy"][()] = shares.energies.sum()
        sums["series_virial"][:] = shares.virials.sum(axis=1)
        if self._is_moving:
            everywhere = np.zeros(sum(frame.counts), dtype=np.int64)
            sums["series_kinetic"][:] = kinetic_stress(frame, everywhere, (1,))[0]
