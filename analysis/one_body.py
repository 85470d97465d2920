"""One-body fields of planar steady states, with standard errors from replica scatter.

From the sums of the sampler over steps, replicas and bins of volume V_b = L^2 h:

    rho = <n> / V_b,   J = <dr> / (V_b dt),   v = J / rho,   f_int = F_int / rho

and the residual of the force balance (T. Zimmermann et al., Mach. Learn.: Sci. Technol. 5,
035062 (2024), eq. (4)) as a force density,

    R = gamma J + k_B T d(rho)/dz e_z - F_int - F_ext,

with the derivative to fourth order in h: all terms are averages over bins, and so is it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import PerrinError
from ..engines.description import values
from ..engines.ensemble import EnsembleFile, Row
from ..engines.identity import Physics, differences
from ..engines.seal import DamagedFileError
from .grouped_sums import GroupedSums, Sums, jackknife

AXIS_Z = 2

Fields = dict[str, NDArray[np.float64]]


class MixedEnsemblesError(PerrinError, ValueError):
    """Replicas of different physics that would be averaged."""


class NothingComputedError(PerrinError, RuntimeError):
    """A result was asked for before anything was accumulated."""


@dataclass
class OneBodyFields:
    """Accumulates the one-body sums of ensembles, state point by state point.

    Using
    -----
    ``OneBodyFields().compute(path, rows)`` adds rows of an ensemble file; ``merge`` adds another
    reduction; ``estimates(group)`` gives fields and errors of one state point.
    """

    sums: dict[str, GroupedSums] = field(default_factory=dict)
    ensembles: dict[str, Ensemble] = field(default_factory=dict)

    def compute(self, path: Path, rows: list[Row]) -> OneBodyFields:
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
        names = file.statistic_names(group)
        statistics = {name: file.statistic(group, name) for name in names}
        sums = self.sums.setdefault(group, GroupedSums())
        for row in members:
            sums.add(int(replicas[row]), {name: statistics[name][row] for name in names})

    def merge(self, other: OneBodyFields) -> OneBodyFields:
        """Add everything that `other` accumulated."""
        for group, sums in other.sums.items():
            self._expect(group, other.ensembles[group])
            self.sums.setdefault(group, GroupedSums()).merge(sums)
        return self

    def _expect(self, group: str, ensemble: Ensemble) -> None:
        known = self.ensembles.setdefault(group, ensemble)
        if known.physics != ensemble.physics:
            changed = "; ".join(differences(known.physics, ensemble.physics))
            raise MixedEnsemblesError(f"state point {group} comes from two ensembles: {changed}")

    def estimates(self, group: str) -> dict[str, tuple[Any, Any]]:
        """Fields of one state point: name -> (estimate, standard error).

        Profiles have shape (bins,) or (bins, 3); see `UNITS`.
        """
        if group not in self.sums:
            raise NothingComputedError(f"nothing computed for state point {group}")
        return jackknife(self.sums[group], self.ensembles[group].geometry.estimate)


@dataclass(frozen=True)
class Ensemble:
    """Identity of the ensemble of a state point, its parameters, and its geometry."""

    physics: Physics
    parameters: dict[str, Any]
    geometry: Geometry

    @classmethod
    def of(cls, file: EnsembleFile, group: str) -> Ensemble:
        """Read it as it was written, whatever the defaults are today."""
        parameters = values(file.parameters(group))
        geometry = Geometry(
            parameters["box_length"],
            parameters["particles"],
            parameters["temperature"],
            parameters["friction"],
            values(file.settings["dynamics"])["time_step"],
        )
        return cls(file.physics(group), parameters, geometry)


@dataclass(frozen=True)
class Geometry:
    """What turns sums into fields."""

    length: float
    particles: int
    temperature: float
    friction: float
    time_step: float

    def bin_width(self, bins: int) -> float:
        """Width of a bin along z, sigma."""
        return self.length / bins

    def centres(self, bins: int) -> NDArray[np.float64]:
        """Centres of the bins along z, shape (bins,), sigma."""
        return (np.arange(bins, dtype=np.float64) + 0.5) * self.bin_width(bins)

    def estimate(self, sums: Sums) -> Fields:
        """Fields of an ensemble from its sums."""
        bins = len(sums["density"])
        norm = 1.0 / (sums["steps"] * self.length**2 * self.bin_width(bins))
        density = sums["density"] * norm
        current = sums["displacement"] * norm / self.time_step
        internal = sums["internal_force"] * norm
        external = sums["external_force"] * norm
        residual = self.friction * current - internal - external
        gradient = periodic_derivative(density, self.bin_width(bins))
        residual[:, AXIS_Z] += self.temperature * gradient
        with np.errstate(divide="ignore", invalid="ignore"):
            per_particle = {
                "velocity": current / density[:, None],
                "internal_force": internal / density[:, None],
                "external_force": external / density[:, None],
            }
        return {
            "density": density,
            "current": current,
            "internal_force_density": internal,
            "residual": residual,
            **per_particle,
            **self._bulk(sums),
            "balance_modes": self._balance(sums),
        }

    def _bulk(self, sums: Sums) -> Fields:
        samples, volume = sums["energy_samples"], self.length**3
        ideal = self.particles / volume * self.temperature
        return {
            "energy": np.asarray(sums["energy"][0] / samples / self.particles),
            "pressure": np.asarray(ideal + sums["virial"][0] / samples / (3 * volume)),
        }

    def _balance(self, sums: Sums) -> NDArray[np.float64]:
        return np.asarray(sums["balance_modes"] / (sums["steps"] * self.particles))


def periodic_derivative(values: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Bin averages of the derivative from bin averages of a periodic function, shape (bins,).

    The error is width^4/30 times the fifth derivative.
    """
    near = np.roll(values, -1) - np.roll(values, 1)
    far = np.roll(values, -2) - np.roll(values, 2)
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
    "balance_modes": ("epsilon/sigma", "residual force per particle, Fourier mode by mode"),
}
