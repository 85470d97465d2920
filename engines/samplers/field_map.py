"""One-body fields of each species on a grid over two axes: density, flow, force and stress."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..arrays import Floats, Integers
from ..engine import Statistic
from ..system import ParticleSystem
from .frame import Frame
from .pair_stress import add_virial, expect_pairs
from .particle_sums import cell_sums, kinetic_stress
from .sampler import Arrays, Sampler

AXES = {"xy": (0, 1), "xz": (0, 2), "yz": (1, 2)}
CELL = ("block", "species", "first", "second")


class FieldMap(BaseModel):
    """The grid, and when it is filled."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    axes: Literal["xy", "xz", "yz"] = "xy"
    """Axes of the grid."""

    interval: Annotated[int, Field(ge=1, le=10**9)] = 100
    """Steps between samples."""

    bin_width: Annotated[float, Field(ge=1e-3, le=1e6)] = 0.25
    """Width of the cells of the grid along both axes, sigma; adjusted to divide the box."""

    stress: bool = False
    """Whether the stress of pairs, and of velocities, is sampled too."""

    def shape(self, system: ParticleSystem) -> tuple[int, int]:
        """Cells along both axes."""
        first, second = (system.box.edges[axis] for axis in AXES[self.axes])
        return max(1, round(first / self.bin_width)), max(1, round(second / self.bin_width))

    def sampler(self, system: ParticleSystem, carried: tuple[str, ...]) -> FieldMapSampler:
        """Make the sampler of a state point; `carried` as for `Snapshots`."""
        if system.box.dimensions == 2 and self.axes != "xy":
            raise ValueError(f"field_map.axes = {self.axes!r}: there is no z in two dimensions")
        if self.stress:
            expect_pairs(system, "field_map.stress")
        return FieldMapSampler(self, system, "velocities" in carried)


class FieldMapSampler(Sampler):
    """Sums over particles, cell by cell.

    Particles without velocities are seen in pairs of configurations, one step apart: half of a
    displacement belongs to where it begins, half to where it ends.
    """

    statistics: ClassVar[Mapping[str, Statistic]] = MappingProxyType(
        {
            "map_samples": Statistic(("block",), "1", "configurations in the maps"),
            "density_map": Statistic(CELL, "1", "particles in each cell"),
            "internal_force_map": Statistic(
                (*CELL, "component"), "epsilon/sigma", "forces between particles"
            ),
            "velocity_map": Statistic(
                (*CELL, "component"), "sigma/tau", "velocities of particles with inertia"
            ),
            "map_steps": Statistic(("block",), "1", "steps in the map of displacements"),
            "displacement_map": Statistic(
                (*CELL, "component"),
                "sigma",
                "displacements of particles without inertia, half at their start, half at their "
                "end",
            ),
            "virial_map": Statistic(
                (*CELL, "voigt"),
                "epsilon",
                "r F of each pair, shared between the cells that lie between its particles",
            ),
            "kinetic_map": Statistic(
                (*CELL, "voigt"), "epsilon", "m v v of the particles in each cell"
            ),
        }
    )

    def __init__(self, settings: FieldMap, system: ParticleSystem, is_moving: bool) -> None:
        self._interval, self._axes = settings.interval, AXES[settings.axes]
        self._shape = (len(system.counts), *settings.shape(system))
        self._particles, self._is_moving = system.particles, is_moving
        self._with_stress = settings.stress

    def empty(self, rows: int) -> Arrays:
        """Allocate maps: of velocities where there are any, of displacements elsewhere."""
        vectors, tensors = (rows, *self._shape, 3), (rows, *self._shape, 6)
        arrays = {
            "map_samples": np.zeros(rows, dtype=np.int64),
            "density_map": np.zeros((rows, *self._shape), dtype=np.int64),
            "internal_force_map": np.zeros(vectors),
        }
        if self._is_moving:
            arrays["velocity_map"] = np.zeros(vectors)
        else:
            arrays["map_steps"] = np.zeros(rows, dtype=np.int64)
            arrays["displacement_map"] = np.zeros(vectors)
        if self._with_stress:
            arrays["virial_map"] = np.zeros(tensors)
        if self._with_stress and self._is_moving:
            arrays["kinetic_map"] = np.zeros(tensors)
        return arrays

    def memory(self) -> Arrays:
        """Allocate the positions before the step whose displacements are sampled, (3, N)."""
        return {} if self._is_moving else {"map_positions": np.zeros((3, self._particles))}

    def next_step(self, since: int) -> int:
        """Sample at every interval, and displacements one step later."""
        begin = since - since % self._interval
        if since == begin or (since == begin + 1 and not self._is_moving):
            return since
        return begin + self._interval

    def sample(self, frame: Frame, sums: Arrays) -> None:
        """Add a configuration, the displacements that led to it, or both."""
        after = frame.since % self._interval
        if not self._is_moving and frame.since > 0 and after == 1 % self._interval:
            self._add_displacements(frame, sums)
        if after == 0:
            self._add_configuration(frame, sums)

    def _add_displacements(self, frame: Frame, sums: Arrays) -> None:
        before, now = frame.state["map_positions"], frame.positions
        sums["map_steps"][()] += 1
        for positions in (before, now):
            place = self._cells(frame, positions)
            sums["displacement_map"] += cell_sums(place, 0.5 * (now - before), self._shape)

    def _add_configuration(self, frame: Frame, sums: Arrays) -> None:
        place = self._cells(frame, frame.positions)
        counts = np.bincount(place, minlength=int(np.prod(self._shape)))
        sums["map_samples"][()] += 1
        sums["density_map"] += counts.reshape(self._shape)
        sums["internal_force_map"] += cell_sums(place, frame.pair_shares.forces, self._shape)
        if self._is_moving:
            sums["velocity_map"] += cell_sums(place, frame.by_label("velocities"), self._shape)
        else:
            frame.state["map_positions"][:] = frame.positions
        if self._with_stress:
            self._add_stress(frame, place, sums)

    def _add_stress(self, frame: Frame, place: Integers, sums: Arrays) -> None:
        _, *cells = self._shape
        first, second = (
            number / frame.box.edges[axis] for axis, number in zip(self._axes, cells, strict=True)
        )
        virial = np.zeros((*self._shape, 6))
        add_virial(frame, self._axes, (first, second), virial)
        sums["virial_map"] += virial
        if self._is_moving:
            sums["kinetic_map"] += kinetic_stress(frame, place, self._shape)

    def _cells(self, frame: Frame, positions: Floats) -> Integers:
        """Number of the cell of each particle at positions, (3, N), species after species, (N,)."""
        place = np.repeat(np.arange(self._shape[0]), frame.counts)
        for axis, cells in zip(self._axes, self._shape[1:], strict=True):
            along = np.floor(positions[axis] / frame.box.edges[axis] * cells)
            place = place * cells + along.astype(np.int64) % cells
        return place
