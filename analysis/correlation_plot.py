"""Radial distribution functions, displacements and scattering functions of state points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

MOST_LINES = 12
STYLES = ("-", "--", ":", "-.")


def plot_correlations(dataset: xr.Dataset, path: Path, title: str) -> int:
    """Draw what was sampled of them, a colour for each state point, with error bands.

    Returns
    -------
    int
        Number of state points drawn: the first `MOST_LINES` at most, and 0 if there is nothing.
    """
    matplotlib.use("agg")
    panels: list[Callable[[Axes, xr.Dataset, Any, str], None]] = []
    if "pair_distribution" in dataset:
        panels.append(_pairs)
    if "mean_squared_displacement" in dataset:
        panels.append(_displacements)
    if dataset.sizes.get("wavenumber", 0) > 0:
        panels.append(_scattering)
    if not panels:
        return 0
    figure = Figure(figsize=(4.8 * len(panels), 4), layout="constrained")
    drawn = min(dataset.sizes["state_point"], MOST_LINES)
    colours = matplotlib.colormaps["viridis"](np.linspace(0.05, 0.85, drawn))
    by_temperature = dataset.sortby(["temperature", "mean_density"])
    for axis, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for number, colour in enumerate(colours):
            point = by_temperature.isel(state_point=number)
            label = f"T = {float(point['temperature']):g}, ρ = {float(point['mean_density']):.3g}"
            panel(axis, point, colour, label)
        axis.legend(fontsize=8, frameon=False)
    figure.suptitle(title)
    figure.savefig(path, dpi=110)
    return drawn


def _band(axis: Axes, x: Any, value: xr.DataArray, error: xr.DataArray, **style: Any) -> None:
    axis.plot(x, value, lw=1.2, **style)
    axis.fill_between(x, value - error, value + error, color=style["color"], alpha=0.3, lw=0)


def _pairs(axis: Axes, point: xr.Dataset, colour: Any, label: str) -> None:
    for name, text in (
        ("pair_distribution", label),
        ("pair_distribution_by_forces", "from forces"),
    ):
        if name in point:
            style = {"color": colour, "ls": "-" if text == label else ":", "label": text}
            _band(axis, point["distance"], point[name], point[f"{name}_error"], **style)
    axis.set_xlabel(r"$r/\sigma$")
    axis.set_title(r"$g(r)$")


def _displacements(axis: Axes, point: xr.Dataset, colour: Any, label: str) -> None:
    inside = point.isel(frame=1, lag=slice(1, None))
    for species in range(point.sizes["species"]):
        text = label if point.sizes["species"] == 1 else f"{label}, species {species}"
        value, error = (
            inside[f"mean_squared_displacement{end}"].isel(species=species)
            for end in ("", "_error")
        )
        style = {"color": colour, "ls": STYLES[species % 4], "label": text}
        _band(axis, inside["lag"], value, error, **style)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel(r"$t/\tau$")
    axis.set_title(r"$\langle \Delta r^2\rangle/\sigma^2$")


def _scattering(axis: Axes, point: xr.Dataset, colour: Any, label: str) -> None:
    inside = point.isel(frame=1, species=0, lag=slice(1, None))
    for number in range(point.sizes["wavenumber"]):
        at = inside.isel(wavenumber=number)
        text = f"{label}, q = {float(at['wavenumber']):g}"
        style = {"color": colour, "ls": STYLES[number % 4], "label": text}
        _band(axis, at["lag"], at["self_scattering"], at["self_scattering_error"], **style)
    axis.set_xscale("log")
    axis.set_xlabel(r"$t/\tau$")
    axis.set_title(r"$F_s(q, t)$")
