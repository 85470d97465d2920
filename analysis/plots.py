"""Pictures of reductions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from numpy.typing import NDArray

LARGEST_NUMBER_OF_ROWS = 8
COLOURS = {"x": "#4477aa", "y": "#ccbb44", "z": "#aa3377"}
BLOCKS = "▁▂▃▄▅▆▇█"
COLUMNS = (
    ("density", r"$\rho\sigma^d$"),
    ("velocity", r"$v\tau/\sigma$"),
    ("internal_force", r"$f_\mathrm{int}\sigma/\epsilon$"),
    ("residual", r"residual $\sigma^{d+1}/\epsilon$"),
)
MAPS = 3


def plot_one_body(dataset: xr.Dataset, path: Path, title: str) -> int:
    """Draw density, velocity, internal force and any force-balance residual with error bands.

    Returns
    -------
    int
        Number of state points drawn: the first `LARGEST_NUMBER_OF_ROWS` at most.
    """
    columns = [(name, label) for name, label in COLUMNS if name in dataset]
    figure, axes = _panels(dataset, len(columns), 2.1, sharex=True)
    for row in range(len(axes)):
        point = dataset.isel(state_point=row)
        for column, (name, label) in enumerate(columns):
            _draw(axes[row, column], point, name)
            if row == 0:
                axes[row, column].set_title(label)
        axes[row, 0].set_ylabel(_describe(point), fontsize=8)
    for axis in axes[-1]:
        axis.set_xlabel(_position(dataset))
    axes[0, 1].legend(ncols=3, fontsize=8, frameon=False)
    figure.suptitle(title)
    figure.savefig(path, dpi=110)
    return len(axes)


def plot_history(dataset: xr.Dataset, path: Path, title: str) -> int:
    """Draw density and internal force over position and time, and profiles at three times.

    Returns
    -------
    int
        Number of state points drawn: the first `LARGEST_NUMBER_OF_ROWS` at most.
    """
    figure, axes = _panels(dataset, MAPS + 1, 2.8, sharex=False)
    for row in range(len(axes)):
        point = dataset.isel(state_point=row).dropna("time", how="all")
        point = point.isel(bin=np.isfinite(point["z"].values))
        _map(figure, axes[row, 0], point["density"], r"$\rho\sigma^d$")
        for axis, component in zip(axes[row, 1:MAPS], ("x", _axis(point)), strict=True):
            label = rf"$f_{{\mathrm{{int}},{component}}}\sigma/\epsilon$"
            _map(figure, axis, point["internal_force"].sel(component=component), label)
        _profiles(axes[row, -1], point)
        axes[row, 0].set_ylabel(_describe(point) + "\n" + r"$t/\tau$", fontsize=8)
    figure.suptitle(title)
    figure.savefig(path, dpi=110)
    return len(axes)


def _panels(dataset: xr.Dataset, columns: int, height: float, *, sharex: bool) -> tuple[Any, Any]:
    """A figure with a row of panels for each of the first state points, `height` inches each."""
    matplotlib.use("agg")
    rows = min(dataset.sizes["state_point"], LARGEST_NUMBER_OF_ROWS)
    figure = Figure(figsize=(13, height * rows + 0.8), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, sharex=sharex)


def _axis(data: xr.Dataset | xr.DataArray) -> str:
    """Axis along which profiles are drawn: y in two dimensions."""
    return str(data["z"].attrs["long_name"])


def _position(data: xr.Dataset | xr.DataArray) -> str:
    return rf"${_axis(data)}/\sigma$"


def _map(figure: Figure, axis: Any, field: xr.DataArray, label: str) -> None:
    signed = bool((field < 0).any())
    largest = float(np.abs(field).max())
    style = {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest} if signed else {"cmap": "viridis"}
    image = axis.pcolormesh(field["z"], field["time"], field, shading="nearest", **style)
    figure.colorbar(image, ax=axis)
    axis.set_title(label)
    axis.set_xlabel(_position(field))


def _profiles(axis: Any, point: xr.Dataset) -> None:
    last = point.sizes["time"] - 1
    for moment, colour in zip(sorted({0, last // 2, last}), COLOURS.values(), strict=False):
        now = point.isel(time=moment)
        label = rf"$t = {float(now['time']):.3g}\tau$"
        z, density, error = (now[name].values for name in ("z", "density", "density_error"))
        _band(axis, z, density, error, colour, label)
    axis.set_ylim(bottom=0)
    axis.set_title(r"$\rho\sigma^d$")
    axis.set_xlabel(_position(point))
    axis.legend(fontsize=8, frameon=False)


def _draw(axis: Any, point: xr.Dataset, name: str) -> None:
    z = point["z"].values
    if name == "density":
        _band(axis, z, point[name].values, point[f"{name}_error"].values, "0.2", None)
        _draw_species(axis, point)
        axis.set_ylim(bottom=0)
        return
    for component in COLOURS:
        value = point[name].sel(component=component).values
        error = point[f"{name}_error"].sel(component=component).values
        _band(axis, z, value, error, COLOURS[component], component)
    axis.axhline(0, color="0.8", lw=0.6, zorder=0)


def _draw_species(axis: Any, point: xr.Dataset) -> None:
    """Draw the density of each species of a mixture."""
    if "species_density" not in point:
        return
    for species, colour in zip(range(point.sizes["species"]), COLOURS.values(), strict=False):
        part = point.isel(species=species)
        value, error = part["species_density"].values, part["species_density_error"].values
        _band(axis, point["z"].values, value, error, colour, f"species {species}")
    axis.legend(fontsize=8, frameon=False)


def _band(axis: Any, z: Any, value: Any, error: Any, colour: str, label: str | None) -> None:
    axis.plot(z, value, color=colour, lw=1, label=label)
    if np.isfinite(error).any():
        axis.fill_between(z, value - error, value + error, color=colour, alpha=0.3, lw=0)


def _describe(point: xr.Dataset) -> str:
    replicas = int(point["replicas"])
    return (
        f"{str(point['state_point'].values)[:8]}\n"
        f"N={int(point['particles'])}, T={float(point['temperature']):g}\n"
        f"{replicas} replica{'s' if replicas > 1 else ''}"
    )


def sparkline(profile: NDArray[np.float64], width: int = 20) -> str:
    """Sketch a profile, shape (bins,), in one line of text, from its smallest to its largest."""
    values = profile[np.isfinite(profile)]
    coarse = np.array([part.mean() for part in np.array_split(values, min(width, len(values)))])
    span = max(float(np.ptp(coarse)), 1e-300)
    levels = ((coarse - coarse.min()) / span * (len(BLOCKS) - 1)).round().astype(int)
    return "".join(BLOCKS[level] for level in levels)
