"""How energy and pressure of systems without external force relax."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

COLUMNS = (
    ("energy", r"$U/N\epsilon$"),
    ("pressure", r"$P\sigma^3/\epsilon$"),
    ("kinetic_energy", r"$K/N\epsilon$"),
)
MOST_LINES = 12


def plot_relaxation(dataset: xr.Dataset, path: Path, title: str) -> int:
    """Draw energy, pressure and any kinetic energy over time, a line for each state point.

    Returns
    -------
    int
        Number of state points drawn: the first `MOST_LINES` at most.
    """
    matplotlib.use("agg")
    columns = [(name, label) for name, label in COLUMNS if name in dataset]
    figure = Figure(figsize=(4.5 * len(columns), 4), layout="constrained")
    axes = figure.subplots(1, len(columns), squeeze=False)[0]
    drawn = min(dataset.sizes["state_point"], MOST_LINES)
    colours = matplotlib.colormaps["viridis"](np.linspace(0.05, 0.85, drawn))
    by_temperature = dataset.sortby(["temperature", "mean_density"])
    for number, colour in enumerate(colours):
        point = by_temperature.isel(state_point=number).dropna("time", how="all")
        label = f"T = {float(point['temperature']):g}, ρ = {float(point['mean_density']):.3g}"
        for axis, (name, _) in zip(axes, columns, strict=True):
            value, error = point[name].values, point[f"{name}_error"].values
            axis.plot(point["time"], value, color=colour, lw=1.2, label=label)
            axis.fill_between(
                point["time"], value - error, value + error, color=colour, alpha=0.3, lw=0
            )
    for axis, (_, label) in zip(axes, columns, strict=True):
        axis.set_xscale("log")
        axis.set_xlabel(r"$t/\tau$")
        axis.set_title(label)
    axes[0].legend(fontsize=8, frameon=False)
    figure.suptitle(title)
    figure.savefig(path, dpi=110)
    return drawn
