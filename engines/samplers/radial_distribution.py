"""The radial distribution function of every pair of species, by counting and by forces.

By forces means (D. Borgis, R. Assaraf, B. Rotenberg and R. Vuilleumier, Mol. Phys. 111, 3486
(2013)): in equilibrium g'(r) follows from the mean of beta (F_i - F_j)/2 along a pair, so that

    g(r) = g(R) - V/(S_d N_pairs T) < sum_{r < r_ij < R} (F_i - F_j).r_ij / (2 r_ij^d) >

with S_d = 2 pi or 4 pi: no bins, and less variance at short distances. F are pair forces, and R is
the largest distance. The reduction chooses g(R) so that both functions agree on average over the
outer half of the distances. The jump of a potential that is cut off without a shift is missing: g
within comes out higher by the jump over T.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..arrays import Floats, Integers
from ..compiled import jit
from ..engine import Statistic
from ..system import ParticleSystem
from .frame import Frame
from .sampler import Arrays, Sampler, next_multiple


class RadialDistribution(BaseModel):
    """How pairs are counted."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    interval: Annotated[int, Field(ge=1, le=10**9)] = 1000
    """Steps between samples."""

    bin_width: Annotated[float, Field(ge=1e-4, le=0.5)] = 0.02
    """Width of the bins in distance, sigma."""

    reach: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """Largest distance, sigma; by default half of the shortest edge, and never more."""

    by_forces: bool = True
    """Whether the forces of pairs are summed too; never with an external field or activity, where
    they say nothing of g."""

    def bins(self, system: ParticleSystem) -> int:
        """Number of bins."""
        half = 0.5 * system.box.shortest
        return max(1, math.floor(min(self.reach or half, half) / self.bin_width + 1e-9))

    def sampler(self, system: ParticleSystem) -> RadialDistributionSampler:
        """Make the sampler of a state point."""
        is_bulk = system.field is None and getattr(system, "activity", None) is None
        return RadialDistributionSampler(self, system, self.by_forces and is_bulk)


class RadialDistributionSampler(Sampler):
    """Sums over pairs by distance."""

    statistics: ClassVar[Mapping[str, Statistic]] = MappingProxyType(
        {
            "pair_samples": Statistic(
                ("block",), "1", "configurations in which pairs were counted"
            ),
            "pair_counts": Statistic(
                ("block", "species", "species", "distance"), "1", "pairs in each bin of distance"
            ),
            "pair_forces": Statistic(
                ("block", "species", "species", "distance"),
                "epsilon/sigma^d",
                "(F_i - F_j).r_ij/(2 r^d) of the pairs in each bin",
            ),
        }
    )

    def __init__(
        self, settings: RadialDistribution, system: ParticleSystem, by_forces: bool
    ) -> None:
        self._settings, self._bins = settings, settings.bins(system)
        self._by_forces = by_forces
        self._species = len(system.counts)

    def empty(self, rows: int) -> Arrays:
        """Allocate counts and sums of forces."""
        shape = (rows, self._species, self._species, self._bins)
        return {
            "pair_samples": np.zeros(rows, dtype=np.int64),
            "pair_counts": np.zeros(shape, dtype=np.int64),
            "pair_forces": np.zeros(shape if self._by_forces else (rows, 0, 0, 0)),
        }

    def next_step(self, since: int) -> int:
        """Sample at every interval."""
        return next_multiple(since, self._settings.interval)

    def sample(self, frame: Frame, sums: Arrays) -> None:
        """Count the pairs of a configuration."""
        shape = (self._species, self._species, self._bins)
        counts, sampled = np.zeros(shape, dtype=np.int64), np.zeros(shape)
        by_forces = self._by_forces
        forces = frame.pair_shares.forces if by_forces else np.zeros((3, 0))
        begin = np.cumsum([0, *frame.counts], dtype=np.int64)
        edges = np.array(frame.box.edges)
        inverse_width, power = 1.0 / self._settings.bin_width, frame.box.dimensions
        count_pairs(frame.positions, forces, edges, begin, inverse_width, power, counts, sampled)
        sums["pair_samples"][()] += 1
        sums["pair_counts"] += counts
        if by_forces:
            sums["pair_forces"] += sampled


@jit(entry=True)
def count_pairs(
    positions: Floats,
    forces: Floats,
    edges: Floats,
    begin: Integers,
    inverse_width: float,
    power: int,
    counts: Integers,
    sampled: Floats,
) -> None:
    """Add every pair of species a <= b to counts[a, b] and to sampled[a, b], (S, S, bins).

    Positions are (3, N), and so are forces, or (3, 0) without any.
    """
    bins, with_forces = counts.shape[2], forces.shape[1] > 0
    reach2 = (bins / inverse_width) ** 2
    x, y, z = positions[0], positions[1], positions[2]
    for a in range(begin.size - 1):
        for i in range(begin[a], begin[a + 1]):
            for b in range(a, begin.size - 1):
                for j in range(max(i + 1, begin[b]), begin[b + 1]):
                    dx, dy, dz = x[i] - x[j], y[i] - y[j], z[i] - z[j]
                    dx -= edges[0] * np.rint(dx / edges[0])
                    dy -= edges[1] * np.rint(dy / edges[1])
                    dz -= edges[2] * np.rint(dz / edges[2])
                    r2 = dx * dx + dy * dy + dz * dz
                    if r2 >= reach2:
                        continue
                    r = math.sqrt(r2)
                    k = min(int(r * inverse_width), bins - 1)
                    counts[a, b, k] += 1
                    if with_forces:
                        fx, fy = forces[0, i] - forces[0, j], forces[1, i] - forces[1, j]
                        fz = forces[2, i] - forces[2, j]
                        sampled[a, b, k] += 0.5 * (fx * dx + fy * dy + fz * dz) / r**power
