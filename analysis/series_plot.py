"""Energy and pressure of state points, sample after sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

PANELS = (
    ("energy_series", r"$U/N\epsilon$"),
    ("pressure_series", r"$P\sigma^d/\epsilon$"),
)
MOST_LINES = 12


def plot_series(dataset: xr.Dataset, path: Path, title: str) -> int:
    """Draw means over replicas with error bands, a colour for each state point.

    Returns
    -------
    int
        Number of state points drawn: the first `MOST_LINES` at most, and 0 if there are no series.
    """
    if not dataset.sizes.get("series_time"):
        return 0
    matplotlib.use("agg")
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots(1, len(PANELS))
    drawn = min(dataset.sizes["state_point"], MOST_LINES)
    colours = matplotlib.colormaps["viridis"](np.linspace(0.05, 0.85, drawn))
    by_temperature = dataset.sortby(["temperature", "mean_density"])
    for axis, (name, title_of_panel) in zip(axes, PANELS, strict=True):
        for number, colour in enumerate(colours):
            _draw(axis, by_temperature.isel(state_point=number), name, colour)
        axis.set_xlabel(r"$t/\tau$")
        axis.set_title(title_of_panel)
    axes[0].legend(fontsize=8, frameon=False)
    figure.suptitle(title)
    figure.savefig(path, dpi=110)
    return drawn


def _draw(axis: Axes, point: xr.Dataset, name: str, colour: Any) -> None:
    point = point.dropna("series_time", how="all", subset=[name])
    label = f"T = {float(point['temperature']):g}, ρ = {float(point['mean_density']):.3g}"
    time, value, error = (point[of].values for of in ("series_time", name, f"{name}_error"))
    axis.plot(time, value, color=colour, lw=0.8, label=label)
    if np.isfinite(error).any():
        axis.fill_between(time, value - error, value + error, color=colour, alpha=0.3, lw=0)
