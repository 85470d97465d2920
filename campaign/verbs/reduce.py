"""`perrin reduce`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from ...analysis.correlation_plot import plot_correlations
from ...analysis.dataset import save
from ...analysis.plots import plot_history, plot_one_body
from ...analysis.relaxation_plot import plot_relaxation
from ...analysis.series_plot import plot_series
from ...engines.system import ParticleSystem
from ..reduce import reduce_campaign, reduce_over_time
from ..tables import reduction_table
from .opening import open_campaign
from .printing import console, print_json, warn
from .unsound import print_unsound, sound_part, unsound_points

OPTIONAL_PLOTS = {"correlations": plot_correlations, "series": plot_series}
"""Pictures of what not every campaign samples, by the names of their files."""


def is_uniform(system: ParticleSystem) -> bool:
    """Whether a system is the same everywhere: neither driven nor active."""
    return system.field is None and getattr(system, "activity", None) is None


def reduce_and_show(file: Path, *, over_time: bool, only_sound: bool, as_json: bool) -> None:
    """Reduce a campaign to fields, save and plot them; exit status 1 if files are damaged."""
    planned, layout, store = open_campaign(file)
    if over_time:
        uniform = all(is_uniform(point.parameters) for point in planned.points)
        reduction, plot = reduce_over_time, plot_relaxation if uniform else plot_history
    else:
        reduction, plot = reduce_campaign, plot_one_body
    dataset, damaged = reduction(planned, layout, store)
    reduced = dataset.sizes["state_point"]
    unsound = {} if over_time else unsound_points(dataset)
    dataset = sound_part(dataset) if only_sound else dataset
    layout.reduced.mkdir(exist_ok=True)
    data = layout.reduced / ("one_body_over_time.nc" if over_time else "one_body.nc")
    picture = data.with_suffix(".png")
    save(dataset, data)
    drawn = plot(dataset, picture, planned.campaign.name)
    more = {} if over_time else _optional_plots(dataset, layout.reduced, planned.campaign.name)
    if as_json:
        plots = {name: str(more[name]) if name in more else None for name in OPTIONAL_PLOTS}
        judged = {"unsound": unsound, "left_out": list(unsound) if only_sound else []}
        print_json({"data": str(data), "plot": str(picture), **plots, **judged, "damaged": damaged})
    else:
        if not over_time:
            console.print(reduction_table(dataset))
            console.print("balance p: p value of the force balance (numbers tested at once)")
        print_unsound(unsound, reduced, left_out=only_sound)
        console.print(f"fields   {data}", soft_wrap=True)
        shown = f" (the first {drawn} state points)" if drawn < dataset.sizes["state_point"] else ""
        console.print(f"plot     {picture}{shown}", soft_wrap=True)
        for other in more.values():
            console.print(f"plot     {other}", soft_wrap=True)
    for name in damaged:
        warn(f"{name} is damaged and left out; `perrin run {file}` recomputes its replicas")
    if damaged:
        raise typer.Exit(1)


def _optional_plots(dataset: Any, directory: Path, title: str) -> dict[str, Path]:
    """Draw what was sampled: name -> file."""
    paths = {name: directory / f"{name}.png" for name in OPTIONAL_PLOTS}
    return {
        name: path for name, path in paths.items() if OPTIONAL_PLOTS[name](dataset, path, title)
    }
