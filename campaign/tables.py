"""Tables that the `perrin` command prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from .cost import Cost
from .duration import duration
from .learning.cost import LearningCost
from .plan import Plan
from .precision.attainment import Attainment

SHOWN_DIGITS = 12
SYMBOLS = {"particles": "N", "box_length": "L", "temperature": "T"}


def plan_table(
    planned: Plan,
    cost: Cost,
    to_come: LearningCost,
    attained: Attainment | None,
    done: int,
    root: Path,
) -> Table:
    """What a campaign consists of, and what is left of it; `done` replicas are published."""
    table = Table(show_header=False, box=None)
    table.add_row("campaign", f"{planned.campaign.name}, {planned.campaign.problem.engine} engine")
    table.add_row("state points", str(len(planned.points)))
    table.add_row("replicas", f"{planned.replica_count}, of which {done} published")
    table.add_row("left to compute", f"{cost.core_hours:.3g} core hours ({cost.basis})")
    if attained is not None:
        table.add_row("precision", attained.aim)
        table.add_row(
            "replicas to come",
            f"as many as it takes, up to {attained.precision.most_replicas} of each state point: "
            f"at most {attained.core_hours_at_most:.3g} core hours",
        )
    table.add_row(
        "on this site",
        f"{planned.site.name}: {planned.site.workers} {planned.site.executor} workers, "
        f"about {duration(3600 * cost.wall_hours)}",
    )
    table.add_row(
        "tasks, files",
        f"{cost.tasks} of at most {planned.replicas_per_task(planned.replica_count)} replicas",
    )
    if planned.campaign.learning is not None:
        table.add_row(
            "labels to come", f"{to_come.labels}, {to_come.label_core_hours:.3g} core hours"
        )
        hours = cost.core_hours + to_come.label_core_hours + to_come.exploring_core_hours
        total = duration(3600 * (hours + to_come.training_core_hours) / planned.site.workers)
        table.add_row("in all", f"about {total}, with all workers busy")
        table.add_row("exploring", f"{to_come.exploring_core_hours:.3g} core hours")
        table.add_row(
            "training in all", f"{to_come.training_core_hours:.3g} core hours (nominal speed)"
        )
    table.add_row("disk", f"{cost.bytes / 1e6:.3g} MB in {root}")
    return table


def listing_table(rows: list[dict[str, Any]]) -> Table:
    """State points or replicas, a row each; at least one."""
    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in rows[0]:
        table.add_column(SYMBOLS.get(name, name.replace("_", " ")), no_wrap=True)
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    return table


def reduction_table(dataset: Any) -> Table:
    """Thermodynamics, force balance and density of each state point of a reduction."""
    from ..analysis.plots import sparkline
    from ..analysis.rounding import with_error

    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in ("point", "N", "replicas", "U/N", "P", "balance p", "density(z)"):
        table.add_column(name, justify="right", no_wrap=True)
    for index in range(dataset.sizes["state_point"]):
        point = dataset.isel(state_point=index)
        table.add_row(
            str(point["state_point"].values)[:8],
            str(int(point["particles"])),
            str(int(point["replicas"])),
            with_error(float(point["energy"]), float(point["energy_error"])),
            with_error(float(point["pressure"]), float(point["pressure_error"])),
            _balance(point),
            sparkline(point["density"].values),
        )
    return table


def training_rows(rows: list[dict[str, Any]]) -> Table:
    """Members of a committee with their losses and errors."""
    from ..analysis.rounding import with_error

    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in ("member", "fields", "epochs", "loss", "validation", "RMS(df)/RMS(f)", "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        error = row["error"]
        table.add_row(
            *(str(row["member"]), str(row["fields"]), str(row["epochs"]), _cell(row["loss"])),
            _cell(row["validation"]),
            "-" if error is None else with_error(error, row["error_error"]),
            f"{row['seconds']:.0f}",
        )
    return table


def _balance(point: Any) -> str:
    numbers = int(point["balance_numbers"])
    return f"{float(point['balance_p_value']):.2g} ({numbers})" if numbers else "-"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "-" if value is None else str(value)[:SHOWN_DIGITS]
