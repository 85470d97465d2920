"""One-body fields on a grid over two axes: density, internal force and flow of each species."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from ..engine import Statistic
from ..system import ParticleSystem
from .frame import Frame
from .sampler import Arrays, Sampler, next_multiple

AXES = {"xy": (0, 1), "xz": (0, 2), "yz": (1, 2)}


class FieldMap(BaseModel):
    """The grid, and when it is filled."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    axes: Literal["xy", "xz", "yz"] = "xy"
    """Axes of the grid."""

    interval: Annotated[int, Field(ge=1, le=10**9)] = 100
    """Steps between samples."""

    bin_width: Annotated[float, Field(ge=1e-3, le=1e6)] = 0.25
    """Width of the cells of the grid along both axes, sigma; adjusted to divide the box."""

    def shape(self, system: ParticleSystem) -> tuple[int, int]:
        """Cells along both axes."""
        first, second = (system.box.edges[axis] for axis in AXES[self.axes])
        return max(1, round(first / self.bin_width)), max(1, round(second / self.bin_width))

    def sampler(self, system: ParticleSystem, carried: tuple[str, ...]) -> FieldMapSampler:
        """Make the sampler of a state point; `carried` as for `Snapshots`."""
        if system.box.dimensions == 2 and self.axes != "xy":
            raise ValueError(f"field_map.axes = {self.axes!r}: there is no z in two dimensions")
        return FieldMapSampler(self, system, "velocities" in carried)


class FieldMapSampler(Sampler):
    """Sums over particles, cell by cell."""

    statistics: ClassVar[Mapping[str, Statistic]] = MappingProxyType(
        {
            "map_samples": Statistic(("block",), "1", "configurations in the maps"),
            "density_map": Statistic(
                ("block", "species", "first", "second"), "1", "particles in each cell"
            ),
            "internal_force_map": Statistic(
                ("block", "species", "first", "second", "component"),
                "epsilon/sigma",
                "forces between particles",
            ),
            "velocity_map": Statistic(
                ("block", "species", "first", "second", "component"),
                "sigma/tau",
                "velocities of particles with inertia",
            ),
        }
    )

    def __init__(self, settings: FieldMap, system: ParticleSystem, is_moving: bool) -> None:
        self._interval, self._axes = settings.interval, AXES[settings.axes]
        self._shape = (len(system.counts), *settings.shape(system))
        self._is_moving = is_moving

    def empty(self, rows: int) -> Arrays:
        """Allocate maps; that of velocities only where there are any."""
        arrays = {
            "map_samples": np.zeros(rows, dtype=np.int64),
            "density_map": np.zeros((rows, *self._shape), dtype=np.int64),
            "internal_force_map": np.zeros((rows, *self._shape, 3)),
        }
        if self._is_moving:
            arrays["velocity_map"] = np.zeros((rows, *self._shape, 3))
        return arrays

    def next_step(self, since: int) -> int:
        """Sample at every interval."""
        return next_multiple(since, self._interval)

    def sample(self, frame: Frame, sums: Arrays) -> None:
        """Add a configuration."""
        place = self._cells(frame)
        size = int(np.prod(self._shape))
        sums["map_samples"][()] += 1
        sums["density_map"] += np.bincount(place, minlength=size).reshape(self._shape)
        vectors = {"internal_force_map": frame.pair_shares.forces}
        if self._is_moving:
            vectors["velocity_map"] = frame.by_label("velocities")
        for name, values in vectors.items():
            for component in range(3):
                added = np.bincount(place, values[component], size).reshape(self._shape)
                sums[name][..., component] += added

    def _cells(self, frame: Frame) -> NDArray[np.int64]:
        """Number of the cell of each particle, species after species, (N,)."""
        place = np.repeat(np.arange(self._shape[0]), frame.counts)
        for axis, cells in zip(self._axes, self._shape[1:], strict=True):
            along = np.floor(frame.positions[axis] / frame.box.edges[axis] * cells)
            place = place * cells + along.astype(np.int64) % cells
        return place
