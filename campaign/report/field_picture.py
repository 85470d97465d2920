"""Pictures of one-body fields: density, velocity and internal force along z."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...engines.arrays import Floats
from .style import FOURTH, INK, LEARNED, RANDOM, canvas, to_svg, zero_line

HEIGHT = 3.3
AXES = ("x", "y", "z")
SMALLEST_SPAN = 0.2


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a committee says of one field, shapes (3, n), epsilon/sigma."""

    force: Floats
    spread: Floats


def draw_field(point: Any, name: str, prediction: Prediction | None) -> str:
    """Draw the fields of one state point, a row of an `analysis.dataset.one_body_dataset`.

    Parameters
    ----------
    point
        Density, velocity and internal force with their errors, and z.
    name
        Of the SVG element.
    prediction
        To be drawn over the internal force, if there is one.
    """
    with canvas(HEIGHT) as figure:
        flow, force = (list(row) for row in figure.subplots(2, 3, sharex=True))
        for panel in force[1:]:
            panel.sharey(force[0])
        z = point["z"].values
        _draw_density(flow[0], point, z)
        _draw_velocities(flow[1:], point, z)
        for number, panel in enumerate(force):
            _draw_force(panel, point, z, number, prediction)
        for panel in force:
            panel.set_xlabel(r"$z/\sigma$")
            panel.set_xlim(0, float(point["box_length"]))
        _name(figure, (force[0], flow[1]))
        return to_svg(figure, name)


def _draw_density(panel: Any, point: Any, z: Floats) -> None:
    _band(panel, z, point["density"].values, point["density_error"].values, INK)
    panel.set_ylabel(r"$\rho\sigma^3$")
    panel.set_ylim(bottom=0)


def _draw_velocities(panels: list[Any], point: Any, z: Floats) -> None:
    lateral, normal = panels
    for axis, colour in (("x", FOURTH), ("y", RANDOM)):
        value, error = _component(point, "velocity", axis)
        _band(lateral, z, value, error, colour, f"$v_{axis}$")
    _band(normal, z, *_component(point, "velocity", "z"), INK)
    lateral.set_ylabel(r"$v_x\tau/\sigma$, $v_y\tau/\sigma$")
    normal.set_ylabel(r"$v_z\tau/\sigma$")
    for panel in panels:
        _widen(panel)
        zero_line(panel)


def _draw_force(
    panel: Any, point: Any, z: Floats, number: int, prediction: Prediction | None
) -> None:
    axis = AXES[number]
    _band(panel, z, *_component(point, "internal_force", axis), INK, "simulation")
    if prediction is not None:
        mean, spread = prediction.force[number], prediction.spread[number]
        _band(panel, z, mean, spread, LEARNED, "committee")
    zero_line(panel)
    panel.set_ylabel(rf"$f_{axis}\sigma/\epsilon$")


def _name(figure: Any, panels: tuple[Any, ...]) -> None:
    """Name the lines of some panels below all of them."""
    handles, labels = [], []
    for panel in panels:
        found = panel.get_legend_handles_labels()
        handles += found[0]
        labels += found[1]
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))


def _component(point: Any, name: str, axis: str) -> tuple[Floats, Floats]:
    value = point[name].sel(component=axis).values
    return value, point[f"{name}_error"].sel(component=axis).values


def _band(
    panel: Any, z: Floats, value: Floats, error: Floats, colour: str, label: str | None = None
) -> None:
    panel.plot(z, value, color=colour, lw=1.1, label=label)
    if np.isfinite(error).any():
        panel.fill_between(z, value - error, value + error, color=colour, alpha=0.25, lw=0)


def _widen(panel: Any) -> None:
    """Keep noise around a constant from filling the panel."""
    low, high = panel.get_ylim()
    missing = max(0.0, SMALLEST_SPAN - (high - low)) / 2
    panel.set_ylim(low - missing, high + missing)
