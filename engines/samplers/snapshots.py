"""Configurations at chosen times, with what a potential or an analysis is to learn from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..arrays import Integers
from ..engine import Statistic
from .frame import Frame
from .sampler import Arrays, Sampler


class Snapshots(BaseModel):
    """When configurations are kept, and what of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    time: Annotated[float, Field(gt=0, le=1e7)]
    """Time between snapshots, tau; the first one is taken with the first sample. On a logarithmic
    grid, the length of its periods."""

    per_decade: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Snapshots in each factor of ten of the time since the last period began, instead of none."""

    labels: bool = False
    """Whether pair forces, energies and virials of particles are kept with positions."""

    def estimate(self, length: float) -> float:
        """Snapshots in a time, tau, of which a step is a millionth at least; or a bound on them."""
        in_period = 6.0 * self.per_decade + 2.0 if self.per_decade else 1.0
        return math.ceil(length / self.time) * in_period

    def steps(self, length: int, time_step: float) -> Integers:
        """Steps at which snapshots are taken, of `length` steps, (S,)."""
        period = max(1, round(self.time / time_step))
        begin = np.arange(0, length, period)
        if self.per_decade is None:
            return begin
        number = math.floor(self.per_decade * math.log10(period)) + 1
        grid = period * 10.0 ** (-np.arange(number) / self.per_decade)
        within = np.unique([0, 1, *np.rint(grid).astype(np.int64)])
        steps = np.unique((begin[:, None] + within).ravel())
        return np.asarray(steps[steps < length])

    def sampler(
        self, length: int, time_step: float, particles: int, carried: tuple[str, ...]
    ) -> SnapshotSampler:
        """Make the sampler of replicas that are sampled for `length` steps.

        `carried` are vectors that particles have besides their positions.
        """
        return SnapshotSampler(self, self.steps(length, time_step), particles, carried)


class SnapshotSampler(Sampler):
    """Configurations, one after the other; particles are in the order of their labels."""

    statistics: ClassVar[Mapping[str, Statistic]] = MappingProxyType(
        {
            "snapshot_step": Statistic(
                ("snapshot",), "1", "steps since the first sample, and one; 0 if not taken yet"
            ),
            "snapshot_positions": Statistic(
                ("snapshot", "component", "particle"),
                "sigma",
                "positions, not wrapped into the box",
            ),
            "snapshot_velocities": Statistic(
                ("snapshot", "component", "particle"), "sigma/tau", "velocities"
            ),
            "snapshot_directions": Statistic(
                ("snapshot", "component", "particle"), "1", "directions of self-propulsion"
            ),
            "snapshot_forces": Statistic(
                ("snapshot", "component", "particle"), "epsilon/sigma", "pair forces"
            ),
            "snapshot_energies": Statistic(
                ("snapshot", "particle"), "epsilon", "halves of pair energies"
            ),
            "snapshot_virials": Statistic(
                ("snapshot", "voigt", "particle"),
                "epsilon",
                "halves of r F summed over the pairs of a particle: xx, yy, zz, yz, xz, xy",
            ),
        }
    )

    def __init__(
        self, settings: Snapshots, steps: Integers, particles: int, carried: tuple[str, ...]
    ) -> None:
        self._settings, self._steps = settings, steps
        self._particles, self._carried = particles, carried
        self.length = len(steps)

    def empty(self, rows: int) -> Arrays:
        """Allocate room for every snapshot of a whole replica."""
        n, vectors = self._particles, ["positions", *self._carried]
        if self._settings.labels:
            vectors.append("forces")
        arrays = {f"snapshot_{name}": np.zeros((rows, 3, n)) for name in vectors}
        if self._settings.labels:
            arrays["snapshot_energies"] = np.zeros((rows, n))
            arrays["snapshot_virials"] = np.zeros((rows, 6, n))
        return {"snapshot_step": np.zeros(rows, dtype=np.int64), **arrays}

    def row(self, frame: Frame) -> int:
        """Snapshots are in the order of time."""
        return int(np.searchsorted(self._steps, frame.since))

    def next_step(self, since: int) -> int:
        """Take the next snapshot."""
        later = self._steps[self._steps >= since]
        return int(later[0]) if len(later) else np.iinfo(np.int64).max

    def sample(self, frame: Frame, sums: Arrays) -> None:
        """Keep a configuration."""
        sums["snapshot_step"][()] = frame.since + 1
        sums["snapshot_positions"][:] = frame.positions
        for name in self._carried:
            sums[f"snapshot_{name}"][:] = frame.by_label(name)
        if self._settings.labels:
            for name, values in frame.pair_shares._asdict().items():
                sums[f"snapshot_{name}"][:] = values
