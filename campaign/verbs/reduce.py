"""`perrin reduce`."""

from __future__ import annotations

from pathlib import Path

import typer

from ...analysis.correlation_plot import plot_correlations
from ...analysis.dataset import save
from ...analysis.plots import plot_history, plot_one_body
from ...analysis.relaxation_plot import plot_relaxation
from ...engines.system import ParticleSystem
from ..reduce import reduce_campaign, reduce_over_time
from ..tables import reduction_table
from .opening import open_campaign
from .printing import console, print_json, warn


def is_uniform(system: ParticleSystem) -> bool:
    """Whether a system is the same everywhere: neither driven nor active."""
    return system.field is None and getattr(system, "activity", None) is None


def reduce_and_show(file: Path, over_time: bool, as_json: bool) -> None:
    """Reduce a campaign to fields, save and plot them; exit status 1 if files are damaged."""
    planned, layout, store = open_campaign(file)
    if over_time:
        uniform = all(is_uniform(point.parameters) for point in planned.points)
        reduction, plot = reduce_over_time, plot_relaxation if uniform else plot_history
    else:
        reduction, plot = reduce_campaign, plot_one_body
    dataset, damaged = reduction(planned, layout, store)
    layout.reduced.mkdir(exist_ok=True)
    data = layout.reduced / ("one_body_over_time.nc" if over_time else "one_body.nc")
    picture = data.with_suffix(".png")
    save(dataset, data)
    drawn = plot(dataset, picture, planned.campaign.name)
    correlations = layout.reduced / "correlations.png"
    correlated = not over_time and plot_correlations(dataset, correlations, planned.campaign.name)
    if as_json:
        plots = {"plot": str(picture), "correlations": str(correlations) if correlated else None}
        print_json({"data": str(data), **plots, "damaged": damaged})
    else:
        if not over_time:
            console.print(reduction_table(dataset))
            console.print("balance p: p value of the force balance (numbers tested at once)")
        console.print(f"fields   {data}", soft_wrap=True)
        shown = f" (the first {drawn} state points)" if drawn < len(planned.points) else ""
        console.print(f"plot     {picture}{shown}", soft_wrap=True)
        if correlated:
            console.print(f"plot     {correlations}", soft_wrap=True)
    for name in damaged:
        warn(f"{name} is damaged and left out; `perrin run {file}` recomputes its replicas")
    if damaged:
        raise typer.Exit(1)
