"""One-body fields of planar steady states, with standard errors from replica or block scatter.

From the sums of the sampler over steps, replicas and bins, each a slice of width h and volume V_b:

    rho = <n> / V_b,   J = <dr> / (V_b dt),   v = J / rho,   f_int = F_int / rho

and the residual of the force balance (T. Zimmermann et al., Mach. Learn.: Sci. Technol. 5,
035062 (2024), eq. (4)) as a force density,

    R = gamma J + k_B T d(rho)/dz e_z - F_int - F_ext,

with the derivative to fourth order in h: all terms are averages over bins, and so is it. What the
force balance says of the density is in `force_sampling`. Fields vary along z, or along y in two
dimensions. Those of a mixture are sums over its species; fields of each species have `species_`
before their names.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .. import PerrinError
from ..engines.box import Box, make_box
from ..engines.description import values
from ..engines.ensemble import EnsembleFile, Row
from ..engines.identity import Physics, differences
from ..engines.seal import DamagedFileError
from .blocks import add_blocks, complete_blocks, sampled_blocks, steadiness
from .correlations import Correlations
from .force_balance import check_balance
from .force_sampling import NAME as DENSITY_FROM_FORCES
from .force_sampling import density_from_forces
from .grouped_sums import GroupedSums, Sums, jackknife
from .maps import Maps
from .series import Series

SPECIES = "species_"
"""Begins the names of fields of each species of a mixture."""

PROFILES = ("density", "displacement", "internal_force", "external_force", "active_force")
STEADY_FIELDS = ("density", "internal_force")

Fields = dict[str, NDArray[np.float64]]


class MixedEnsemblesError(PerrinError, ValueError):
    """Replicas of different physics, or with different blocks, that would be averaged."""


class NothingComputedError(PerrinError, RuntimeError):
    """A result was asked for before anything was accumulated."""


@dataclass
class OneBodyAccumulation(ABC):
    """Sums of ensembles, state point by state point; `compute` and `merge` add to them.

    Attributes
    ----------
    sums
        State point -> what is kept of each replica, in groups of replicas.
    blocks
        State point -> sums over its replicas of each block in time, shapes (B, ...).
    ensembles
        State point -> whose replicas these are.
    series
        State point -> its series in time, if they were sampled.
    """

    sums: dict[str, GroupedSums] = field(default_factory=dict)
    blocks: dict[str, Sums] = field(default_factory=dict)
    ensembles: dict[str, Ensemble] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)

    def compute(self, path: Path, rows: list[Row]) -> Self:
        """Accumulate `rows` of a file, whose digest is checked first."""
        with EnsembleFile(path) as file:
            if not set(rows) <= set(file.rows()):
                raise DamagedFileError(path, "does not hold the replicas that it should")
            for group in sorted({row.group for row in rows}):
                self._expect(group, Ensemble.of(file, group))
                members = [row.row for row in rows if row.group == group]
                self._add(file, group, members)
        return self

    def _add(self, file: EnsembleFile, group: str, members: list[int]) -> None:
        replicas = file.replicas(group)
        names = file.statistic_names(group, of_blocks=True)
        statistics = {name: file.statistic(group, name) for name in names}
        sums = self.sums.setdefault(group, GroupedSums())
        for row in members:
            kept = {name: self._kept(statistics[name][row]) for name in names}
            sums.add(int(replicas[row]), kept)
        self._add_blocks(group, {name: statistics[name][members].sum(axis=0) for name in names})
        if "series_step" in file.statistic_names(group):
            self._add_series(group, self._series(file, group, members))

    @abstractmethod
    def _kept(self, values: NDArray[Any]) -> NDArray[Any]:
        """What is kept of the blocks of a replica, (B, ...)."""

    def _add_blocks(self, group: str, blocks: Sums) -> None:
        held = self.blocks.get(group)
        self.blocks[group] = add_blocks(held, blocks) if held else blocks

    def _series(self, file: EnsembleFile, group: str, members: list[int]) -> Series:
        names = [name for name in file.statistic_names(group) if name.startswith("series_")]
        sampled = {name: file.statistic(group, name)[members] for name in names}
        return Series.of(sampled["series_step"], self.ensembles[group].geometry.series(sampled))

    def _add_series(self, group: str, series: Series) -> None:
        held = self.series.get(group)
        self.series[group] = held.merged(series) if held else series

    def merge(self, other: OneBodyAccumulation) -> Self:
        """Add everything that `other` accumulated."""
        for group, sums in other.sums.items():
            self._expect(group, other.ensembles[group])
            self.sums.setdefault(group, GroupedSums()).merge(sums)
            self._add_blocks(group, other.blocks[group])
        for group, series in other.series.items():
            self._add_series(group, series)
        return self

    def _expect(self, group: str, ensemble: Ensemble) -> None:
        known = self.ensembles.setdefault(group, ensemble)
        if known.physics != ensemble.physics:
            changed = "; ".join(differences(known.physics, ensemble.physics))
            raise MixedEnsemblesError(f"state point {group} comes from two ensembles: {changed}")
        if known.block_time != ensemble.block_time:
            times = f"{known.block_time} and {ensemble.block_time}"
            raise MixedEnsemblesError(f"state point {group} comes with two block_time: {times}")

    def _expect_computed(self, group: str) -> None:
        if group not in self.sums:
            raise NothingComputedError(f"nothing computed for state point {group}")


class OneBodyFields(OneBodyAccumulation):
    """Fields of steady states.

    Using
    -----
    ``OneBodyFields().compute(path, rows)`` adds rows of an ensemble file; ``merge`` adds another
    reduction; ``estimates(group)`` gives fields and errors of one state point, ``balance(group)``
    tests its force balance, ``steadiness(group)`` whether it was in a steady state.
    """

    def _kept(self, values: NDArray[Any]) -> NDArray[Any]:
        """Sum the blocks of a replica."""
        return np.asarray(values.sum(axis=0))

    def estimates(self, group: str) -> dict[str, tuple[Any, Any]]:
        """Fields of one state point: name -> (estimate, standard error).

        Profiles have shape (bins,) or (bins, 3); see `UNITS`. Errors come from the scatter between
        replicas. Those of a single replica come from the scatter between its blocks, which must be
        long against the correlation time, or the errors are too small; those of a single block are
        NaN.
        """
        return jackknife(self._independent(group), self.ensembles[group].geometry.estimate)

    def balance(self, group: str) -> tuple[float, int]:
        """Test the force balance of one state point: p value and numbers, as `check_balance`.

        Of a single replica the complete blocks are compared, which weigh the same. Particles with
        momentum have another balance, and no test: not a number, and none.
        """
        independent = self._independent(group)
        if "balance_modes" not in independent:
            return np.nan, 0
        return check_balance(complete_blocks(independent) if self._single(group) else independent)

    def steadiness(self, group: str) -> dict[str, float]:
        """Half of the blocks against half, `STEADY_FIELDS` by name; see `blocks.steadiness`."""
        self._expect_computed(group)
        geometry = self.ensembles[group].geometry
        return steadiness(self.blocks[group], geometry.estimate, STEADY_FIELDS)

    def _independent(self, group: str) -> Sums:
        """Sums whose scatter gives the errors: groups of replicas, or blocks of a single one."""
        self._expect_computed(group)
        single = self._single(group)
        return sampled_blocks(self.blocks[group]) if single else self.sums[group].stacked()

    def _single(self, group: str) -> bool:
        return len(self.sums[group].replicas) == 1


@dataclass(frozen=True)
class Ensemble:
    """Identity of the ensemble of a state point, its parameters, geometry and blocks.

    The first block begins `transient_steps` after the field was switched on; without a `block_time`
    there is only one, however long.
    """

    physics: Physics
    parameters: dict[str, Any]
    geometry: Geometry
    block_time: float | None
    interval: int
    transient_steps: int

    @classmethod
    def of(cls, file: EnsembleFile, group: str) -> Ensemble:
        """Read it as it was written, whatever the defaults are today."""
        parameters, sampling = values(file.parameters(group)), values(file.settings["sampling"])
        step = values(file.settings["dynamics"])["time_step"]
        geometry = Geometry(
            make_box(parameters["box_length"], tuple(parameters["box_shape"])),
            parameters["particles"],
            parameters["temperature"],
            parameters.get("friction"),
            step,
            Correlations.of(sampling, step),
            Maps.of(sampling, step),
        )
        block_time = sampling["block_time"]
        transient_steps = round(sampling["transient_time"] / step)
        interval = sampling.get("interval", 1)
        return cls(file.physics(group), parameters, geometry, block_time, interval, transient_steps)


@dataclass(frozen=True)
class Geometry:
    """What turns sums into fields."""

    box: Box
    particles: int
    temperature: float
    friction: float | None
    """Of overdamped particles; None for particles with momentum."""
    time_step: float
    correlations: Correlations
    maps: Maps

    def bin_width(self, bins: int) -> float:
        """Width of a bin along z, sigma."""
        return self.box.profile_length / bins

    def centres(self, bins: int) -> NDArray[np.float64]:
        """Centres of the bins along z, shape (bins,), sigma."""
        return (np.arange(bins, dtype=np.float64) + 0.5) * self.bin_width(bins)

    def estimate(self, sums: Sums) -> Fields:
        """Fields of an ensemble from its sums."""
        together = {name: sums[name].sum(axis=0) for name in PROFILES if name in sums}
        apart = self._fields(sums) if len(sums["density"]) > 1 else {}
        return {
            **self._fields({**together, "steps": sums["steps"]}),
            **{SPECIES + name: values for name, values in apart.items()},
            **self._bulk(sums),
            **self._balance(sums),
            **self._kinetic(sums),
            **self._active(sums),
            **self.correlations.estimate(sums, self.box, self.temperature),
            **self.maps.estimate(sums, self.box),
        }

    def _fields(self, sums: Sums) -> Fields:
        """Fields from sums over bins, with or without an axis of species."""
        bins = sums["density"].shape[-1]
        norm = bins / (sums["steps"] * self.box.volume)
        density = sums["density"] * norm
        current = sums["displacement"] * norm / self.time_step
        internal, external = sums["internal_force"] * norm, sums["external_force"] * norm
        active = sums["active_force"] * norm if has_activity(sums) else 0.0
        force = internal + external + active
        with np.errstate(divide="ignore", invalid="ignore"):
            per_particle = {
                "velocity": current / density[..., None],
                "internal_force": internal / density[..., None],
                "external_force": external / density[..., None],
            }
        return {
            "density": density,
            "current": current,
            "internal_force_density": internal,
            **per_particle,
            **self._residual(density, current, force),
            **self._density_from_forces(density, force),
        }

    def _residual(self, density: Any, current: Any, force: Any) -> Fields:
        """What is missing in the force balance of overdamped particles."""
        if self.friction is None:
            return {}
        residual = self.friction * current - force
        gradient = periodic_derivative(density, self.bin_width(density.shape[-1]))
        residual[..., self.box.last_axis] += self.temperature * gradient
        return {"residual": residual}

    def _density_from_forces(self, counted: Any, force: Any) -> Fields:
        """Density of overdamped particles in a steady state, by the force balance."""
        if self.friction is None:
            return {}
        along, width = force[..., self.box.last_axis], self.bin_width(counted.shape[-1])
        return {DENSITY_FROM_FORCES: density_from_forces(along, counted, self.temperature, width)}

    def _bulk(self, sums: Sums) -> Fields:
        samples, volume, d = sums["energy_samples"], self.box.volume, self.box.dimensions
        with np.errstate(invalid="ignore"):
            pressure = (self._ideal_stress(sums) + sums["virial_stress"] / samples) / volume
            return {
                "energy": np.asarray(sums["energy"][0] / samples / self.particles),
                "pressure": np.asarray(pressure[:d].mean()),
                "pressure_tensor": pressure,
            }

    def _ideal_stress(self, sums: Sums) -> NDArray[np.float64]:
        """Mean of m v v summed over particles; N T for each axis if they have no velocities."""
        if "kinetic_stress" in sums:
            return np.asarray(sums["kinetic_stress"] / sums["energy_samples"], dtype=np.float64)
        return self._ideal()

    def _ideal(self) -> NDArray[np.float64]:
        axes = np.arange(6) < self.box.dimensions
        return np.where(axes, self.particles * self.temperature, 0.0)

    def series(self, sampled: Sums) -> NDArray[np.float64]:
        """Energy per particle and pressure of every sample, (..., S, 2), as in `series.NAMES`."""
        energy, d = sampled["series_energy"] / self.particles, self.box.dimensions
        stress = sampled.get("series_kinetic", self._ideal()) + sampled["series_virial"]
        return np.stack([energy, stress[..., :d].mean(axis=-1) / self.box.volume], axis=-1)

    def _balance(self, sums: Sums) -> Fields:
        if "balance_modes" not in sums:
            return {}
        return {"balance_modes": sums["balance_modes"] / (sums["steps"] * self.particles)}

    def _active(self, sums: Sums) -> Fields:
        """What self-propulsion does: of particles that have it."""
        if not has_activity(sums):
            return {}
        force = sums["active_force"].sum(axis=0)
        time = sums["steps"] * self.time_step
        with np.errstate(divide="ignore", invalid="ignore"):
            return {
                "active_force": force / sums["density"].sum(axis=0)[:, None],
                "active_power": np.asarray(sums["active_work"] / (time * self.particles)),
            }

    def _kinetic(self, sums: Sums) -> Fields:
        """What velocities say: of engines that have them."""
        if "kinetic_energy" not in sums:
            return {}
        samples = sums["energy_samples"]
        with np.errstate(invalid="ignore"):
            return {
                "kinetic_energy": np.asarray(sums["kinetic_energy"][0] / samples / self.particles),
                "total_energy": np.asarray(sums["total_energy"][0] / samples / self.particles),
            }


def has_activity(sums: Sums) -> bool:
    """Whether the particles propel themselves."""
    return "active_force" in sums and sums["active_force"].size > 0


def periodic_derivative(values: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Bin averages of the derivative from bin averages of a periodic function, shape (..., bins).

    The error is width^4/30 times the fifth derivative.
    """
    near = np.roll(values, -1, axis=-1) - np.roll(values, 1, axis=-1)
    far = np.roll(values, -2, axis=-1) - np.roll(values, 2, axis=-1)
    return np.asarray((8 * near - far) / (12 * width))


UNITS: Mapping[str, tuple[str, str]] = {
    "density": ("sigma^-3", "one-body density"),
    "current": ("sigma^-2 tau^-1", "one-body current"),
    "velocity": ("sigma/tau", "one-body velocity"),
    "internal_force": ("epsilon/sigma", "internal force per particle"),
    "external_force": ("epsilon/sigma", "external force per particle"),
    "internal_force_density": ("epsilon/sigma^4", "internal force density"),
    "residual": ("epsilon/sigma^4", "residual of the one-body force balance"),
    "energy": ("epsilon", "potential energy per particle"),
    "pressure": ("epsilon/sigma^3", "virial pressure, without the impulse at the cut-off"),
    "active_force": ("epsilon/sigma", "force of self-propulsion per particle"),
    "active_power": ("epsilon/tau", "power of self-propulsion per particle"),
    "kinetic_energy": ("epsilon", "kinetic energy per particle"),
    "total_energy": ("epsilon", "energy per particle, with that of a Nose-Hoover chain"),
    "pressure_tensor": ("epsilon/sigma^3", "pressure tensor: xx, yy, zz, yz, xz, xy"),
    "balance_modes": ("epsilon/sigma", "residual force per particle, Fourier mode by mode"),
}
