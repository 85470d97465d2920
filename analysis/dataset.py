"""Reductions as labelled arrays."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import xarray as xr

from ..engines.durable import replace, temporary_name
from .force_balance import check_balance
from .one_body import UNITS, NothingComputedError, OneBodyFields

COMPONENTS = ("x", "y", "z")
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "density": ("bin",),
    "energy": (),
    "pressure": (),
    "balance_modes": ("mode", "component", "part"),
}


def one_body_dataset(fields: OneBodyFields) -> xr.Dataset:
    """Fields of every state point: dims state_point x bin x component, units in attrs.

    Every variable NAME comes with NAME_error, its standard error. State points with fewer bins
    than others are filled up with NaN.
    """
    if not fields.sums:
        raise NothingComputedError("no replica to reduce")
    groups = sorted(fields.sums)
    parts = [_state_point(fields, group) for group in groups]
    index = xr.DataArray(groups, dims="state_point", name="state_point")
    return xr.concat(parts, index, data_vars="all", coords="all", join="outer", compat="equals")


def save(dataset: xr.Dataset, path: Path) -> None:
    """Write a NetCDF4 file; whoever reads it meanwhile sees the old one or the new one."""
    temporary = temporary_name(path, str(os.getpid()))
    dataset.to_netcdf(temporary, engine="h5netcdf")
    replace(temporary, path)


def _state_point(fields: OneBodyFields, group: str) -> xr.Dataset:
    ensemble, sums = fields.ensembles[group], fields.sums[group]
    parameters, geometry = ensemble.parameters, ensemble.geometry
    variables: dict[str, Any] = {}
    for name, (estimate, error) in fields.estimates(group).items():
        unit, text = UNITS[name]
        dims = DIMENSIONS.get(name, ("bin", "component"))
        variables[name] = (dims, estimate, {"units": unit, "long_name": text})
        long_name = f"standard error of the {text}"
        variables[f"{name}_error"] = (dims, error, {"units": unit, "long_name": long_name})
    p_value, numbers = check_balance(sums)
    variables["balance_p_value"] = ((), p_value, {"long_name": "p value of the force balance"})
    variables["balance_numbers"] = ((), numbers, {"long_name": "numbers tested at once"})
    variables["replicas"] = ((), len(sums.replicas), {"long_name": "replicas reduced"})
    bins = len(variables["density"][1])
    return xr.Dataset(
        variables,
        coords={
            "component": list(COMPONENTS),
            "bin": range(bins),
            "z": ("bin", geometry.centres(bins), {"units": "sigma"}),
            "particles": geometry.particles,
            "box_length": geometry.length,
            "temperature": geometry.temperature,
            "mean_density": geometry.particles / geometry.length**3,
            "parameters": json.dumps(parameters),
        },
    )
