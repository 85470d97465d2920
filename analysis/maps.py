"""Stress profiles, and one-body fields on a grid over two axes, from their sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..engines.box import Box
from ..engines.description import values
from ..engines.samplers.field_map import AXES, FieldMap
from .grouped_sums import Sums

Fields = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Maps:
    """Which axes span the grid."""

    axes: str | None
    """Two letters; None if there is no grid."""
    time_step: float
    """tau."""

    @classmethod
    def of(cls, sampling: Mapping[str, Any], time_step: float) -> Self:
        """Read it from the description of a sampling, as it was written."""
        table = sampling.get("field_map")
        return cls(FieldMap(**values(table)).axes if table else None, time_step)

    def coordinates(self, sums: Mapping[str, Any], box: Box) -> dict[str, Any]:
        """Centres of bins and cells, as coordinates of labelled arrays."""
        found: dict[str, Any] = {}
        if "virial_profile" in sums:
            bins = np.shape(sums["virial_profile"])[-2]
            found["stress_bin"] = _centres("stress_bin", bins, box.profile_length, "z")
        if self.axes:
            cells = np.shape(sums["density_map"])[-2:]
            for name, letter, axis, number in zip(
                ("first", "second"), self.axes, AXES[self.axes], cells, strict=True
            ):
                found[name] = _centres(name, number, box.edges[axis], letter)
        return found

    def estimate(self, sums: Sums, box: Box) -> Fields:
        """Profiles and maps of an ensemble from its sums."""
        return {**_stress(sums, box), **(_maps(sums, box, self.time_step) if self.axes else {})}


def _centres(name: str, number: int, edge: float, letter: str) -> tuple[str, Any, dict[str, str]]:
    centres = (np.arange(number) + 0.5) * edge / number
    return name, centres, {"units": "sigma", "long_name": letter}


def _stress(sums: Sums, box: Box) -> Fields:
    """Profiles of the whole system, and of each species of a mixture."""
    fields: Fields = {}
    for name, field in {
        "virial_profile": "virial_stress",
        "kinetic_profile": "kinetic_stress",
    }.items():
        if name in sums:
            stress = sums[name] * sums[name].shape[1] / (sums["stress_samples"] * box.volume)
            fields[field] = stress.sum(axis=0)
            if len(stress) > 1:
                fields[f"species_{field}"] = stress
    return fields


def _maps(sums: Sums, box: Box, time_step: float) -> Fields:
    counts, samples = sums["density_map"], sums["map_samples"]
    per_cell = counts.shape[-2] * counts.shape[-1] / box.volume
    with np.errstate(divide="ignore", invalid="ignore"):
        if "velocity_map" in sums:
            flow = sums["velocity_map"] / samples
        else:
            flow = sums["displacement_map"] / (sums["map_steps"] * time_step)
        fields: Fields = {
            "density_map": counts * per_cell / samples,
            "current_map": flow * per_cell,
            "velocity_map": flow * samples / counts[..., None],
            "internal_force_map": sums["internal_force_map"] / counts[..., None],
        }
    for name, field in {
        "virial_map": "virial_stress_map",
        "kinetic_map": "kinetic_stress_map",
    }.items():
        if name in sums:
            fields[field] = sums[name] * per_cell / samples
    return fields


UNITS: Mapping[str, tuple[str, str]] = {
    "virial_stress": ("epsilon/sigma^3", "momentum flux by pairs: xx, yy, zz, yz, xz, xy"),
    "kinetic_stress": ("epsilon/sigma^3", "momentum flux by velocities: xx, yy, zz, yz, xz, xy"),
    "density_map": ("sigma^-3", "density of each species"),
    "current_map": ("sigma^-2 tau^-1", "current of each species"),
    "internal_force_map": ("epsilon/sigma", "internal force per particle of each species"),
    "velocity_map": ("sigma/tau", "mean velocity of each species"),
    "virial_stress_map": ("epsilon/sigma^3", "momentum flux by pairs of each species"),
    "kinetic_stress_map": ("epsilon/sigma^3", "momentum flux by velocities of each species"),
}

DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "virial_stress": ("stress_bin", "voigt"),
    "kinetic_stress": ("stress_bin", "voigt"),
    "density_map": ("species", "first", "second"),
    "current_map": ("species", "first", "second", "component"),
    "internal_force_map": ("species", "first", "second", "component"),
    "velocity_map": ("species", "first", "second", "component"),
    "virial_stress_map": ("species", "first", "second", "voigt"),
    "kinetic_stress_map": ("species", "first", "second", "voigt"),
}
