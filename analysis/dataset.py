"""Reductions as labelled arrays."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import xarray as xr

from ..engines.durable import replace, temporary_name
from .correlations import DIMENSIONS as CORRELATION_DIMENSIONS
from .correlations import FRAMES
from .correlations import UNITS as CORRELATION_UNITS
from .force_sampling import DIMENSIONS as FORCE_SAMPLED_DIMENSIONS
from .force_sampling import UNITS as FORCE_SAMPLED_UNITS
from .maps import DIMENSIONS as MAP_DIMENSIONS
from .maps import UNITS as MAP_UNITS
from .one_body import (
    SPECIES,
    UNITS,
    NothingComputedError,
    OneBodyAccumulation,
    OneBodyFields,
)
from .one_body_history import OneBodyHistory
from .series import DIMENSIONS as SERIES_DIMENSIONS
from .series import UNITS as SERIES_UNITS
from .soundness import soundness

COMPONENTS = ("x", "y", "z")
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "density": ("bin",),
    "energy": (),
    "pressure": (),
    "active_power": (),
    "kinetic_energy": (),
    "total_energy": (),
    "pressure_tensor": ("voigt",),
    "balance_modes": ("mode", "component", "part"),
    **CORRELATION_DIMENSIONS,
    **MAP_DIMENSIONS,
    **FORCE_SAMPLED_DIMENSIONS,
    **SERIES_DIMENSIONS,
}
ALL_UNITS = {**UNITS, **CORRELATION_UNITS, **MAP_UNITS, **FORCE_SAMPLED_UNITS, **SERIES_UNITS}


def one_body_dataset(fields: OneBodyFields) -> xr.Dataset:
    """Fields of every state point: dims state_point x bin x component, units in attrs.

    Every field NAME comes with NAME_error, its standard error: from the scatter between `replicas`
    or, for a single replica, between its `blocks` in time. Besides,

    - `density_steadiness` and `internal_force_steadiness` compare the first half of the blocks with
      the second: about 1 in a steady state, above it if the transient was not over or if blocks are
      too short for their scatter to mean anything; NaN for fewer than four complete blocks (see
      `blocks.steadiness`);
    - `balance_p_value` is the probability of residuals of the force balance at least as large as
      those found, over `balance_numbers` numbers (see `force_balance.check_balance`);
    - `is_sound` and `unsound_because` say what speaks against a state point, if anything does, and
      `lowest_density` and `heterogeneity` what was judged, among others (see `soundness`).

    State points with fewer bins than others are filled up with NaN.
    """
    return _concatenated(fields, _steady_state)


Reduction = TypeVar("Reduction", bound=OneBodyAccumulation)


def _concatenated(
    fields: Reduction, state_point: Callable[[Reduction, str], xr.Dataset]
) -> xr.Dataset:
    if not fields.sums:
        raise NothingComputedError("no replica to reduce")
    groups = sorted(fields.sums)
    parts = [state_point(fields, group) for group in groups]
    index = xr.DataArray(groups, dims="state_point", name="state_point")
    return xr.concat(parts, index, data_vars="all", coords="all", join="outer", compat="equals")


def history_dataset(history: OneBodyHistory) -> xr.Dataset:
    """Fields of every state point over time: dims state_point x time x bin x component.

    Every field NAME comes with NAME_error, its standard error from the scatter between `replicas`:
    NaN for a single one. Current and velocity follow from the force balance.
    """
    return _concatenated(history, _history)


def save(dataset: xr.Dataset, path: Path) -> None:
    """Write a NetCDF4 file; whoever reads it meanwhile sees the old one or the new one."""
    temporary = temporary_name(path, str(os.getpid()))
    dataset.to_netcdf(temporary, engine="h5netcdf")
    replace(temporary, path)


def _steady_state(fields: OneBodyFields, group: str) -> xr.Dataset:
    variables = {**_fields(fields, group), **_checks(fields, group), **_soundness(fields, group)}
    return _state_point(fields, group, variables, {})


def _history(history: OneBodyHistory, group: str) -> xr.Dataset:
    variables = _fields(history, group, "time")
    number = len(history.sums[group].replicas)
    variables["replicas"] = ((), number, {"units": "1", "long_name": "replicas reduced"})
    attributes = {"units": "tau", "long_name": "time since the field was switched on"}
    return _state_point(
        history, group, variables, {"time": ("time", history.times(group), attributes)}
    )


def _state_point(
    fields: OneBodyAccumulation, group: str, variables: dict[str, Any], coordinates: dict[str, Any]
) -> xr.Dataset:
    parameters, geometry = fields.ensembles[group].parameters, fields.ensembles[group].geometry
    bins = np.shape(variables["density"][1])[-1]
    axis = COMPONENTS[geometry.box.last_axis]
    series, series_time = _series(fields, group)
    return xr.Dataset(
        {**variables, **series},
        coords={
            **coordinates,
            **series_time,
            **_sampled_coordinates(fields, group, variables),
            "component": list(COMPONENTS),
            "bin": range(bins),
            "z": ("bin", geometry.centres(bins), {"units": "sigma", "long_name": axis}),
            "particles": geometry.particles,
            "box_length": geometry.box.profile_length,
            "temperature": geometry.temperature,
            "mean_density": geometry.particles / geometry.box.volume,
            "parameters": json.dumps(parameters),
        },
    )


def _series(fields: OneBodyAccumulation, group: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Variables and coordinate of the series in time, if they were sampled."""
    if group not in fields.series:
        return {}, {}
    series = fields.series[group]
    times = series.times(fields.ensembles[group].geometry.time_step)
    attributes = {"units": "tau", "long_name": "time since sampling began"}
    coordinate = {"series_time": ("series_time", times, attributes)}
    return _labelled(series.estimates()), coordinate


def _sampled_coordinates(
    fields: OneBodyAccumulation, group: str, variables: dict[str, Any]
) -> dict[str, Any]:
    """Distances, lags, wavenumbers and cells of what was sampled of them."""
    geometry = fields.ensembles[group].geometry
    found = geometry.maps.coordinates(fields.blocks[group], geometry.box)
    if "pair_distribution" in variables:
        centres = geometry.correlations.distances(fields.blocks[group])
        found["distance"] = ("distance", centres, {"units": "sigma", "long_name": "distance"})
    if "self_scattering" in variables:
        lag, q = {"units": "tau", "long_name": "lag"}, {"units": "1/sigma", "long_name": "q"}
        found["lag"] = ("lag", geometry.correlations.lags, lag)
        found["wavenumber"] = ("wavenumber", list(geometry.correlations.wavenumbers), q)
        found["frame"] = list(FRAMES)
    return found


def _fields(fields: OneBodyFields | OneBodyHistory, group: str, *leading: str) -> dict[str, Any]:
    return _labelled(fields.estimates(group), *leading)


def _labelled(estimates: dict[str, tuple[Any, Any]], *leading: str) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    for name, (estimate, error) in estimates.items():
        field = name.removeprefix(SPECIES)
        unit, text = ALL_UNITS[field]
        species = ("species",) if field != name else ()
        text = f"{text} of each species" if species else text
        dims = (*leading, *species, *DIMENSIONS.get(field, ("bin", "component")))
        variables[name] = (dims, estimate, {"units": unit, "long_name": text})
        long_name = f"standard error of the {text}"
        variables[f"{name}_error"] = (dims, error, {"units": unit, "long_name": long_name})
    return variables


def _checks(fields: OneBodyFields, group: str) -> dict[str, Any]:
    p_value, numbers = fields.balance(group)
    found: dict[str, tuple[float, str]] = {
        "balance_p_value": (p_value, "p value of the force balance"),
        "balance_numbers": (numbers, "numbers tested at once"),
        "replicas": (len(fields.sums[group].replicas), "replicas reduced"),
        "blocks": (int((fields.blocks[group]["steps"] > 0).sum()), "blocks in time"),
    }
    for name, value in fields.steadiness(group).items():
        text = f"change of the {UNITS[name][1]} between halves of the blocks, over its error"
        found[f"{name}_steadiness"] = (value, text)
    return {
        name: ((), value, {"units": "1", "long_name": text})
        for name, (value, text) in found.items()
    }


def _soundness(fields: OneBodyFields, group: str) -> dict[str, Any]:
    found = soundness(fields, group)
    described: dict[str, tuple[float | bool | str, str, str]] = {
        "lowest_density": (found.lowest_density, "sigma^-3", "lowest density of any place"),
        "heterogeneity": (
            found.heterogeneity,
            "1",
            "variance of densities between slabs, over that of one sample of an ideal gas",
        ),
        "is_sound": (found.is_sound, "1", "whether nothing speaks against the state point"),
        "unsound_because": (found.unsound_because, "1", "what speaks against the state point"),
    }
    return {
        name: ((), value, {"units": unit, "long_name": text})
        for name, (value, unit, text) in described.items()
    }
