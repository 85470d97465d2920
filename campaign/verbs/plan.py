"""`perrin plan`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ..journal import read_state
from ..learning.cost import learning_cost
from ..learning.selection import selections_of
from ..preflight import preflight
from ..tables import plan_table
from .opening import open_campaign
from .printing import console, print_json


def show_plan(file: Path, site: str | None, as_json: bool) -> None:
    """Print what a campaign consists of, what it will cost, and what is strange about it."""
    planned, layout, store = open_campaign(file, site)
    state = read_state(layout.journal)
    cost, warnings = planned.cost(store, state.quarantined), preflight(planned)
    selections = selections_of(planned.campaign, state.selections)
    to_come = learning_cost(planned, selections)
    done = sum(planned.is_published(key, store) for key in planned.wanted)
    if as_json:
        print_json(
            {
                "campaign": planned.campaign.name,
                "state_points": len(planned.points),
                "replicas": planned.replica_count,
                "replicas_published": done,
                "replicas_per_task": planned.replicas_per_task(planned.replica_count),
                "segment_steps": planned.segment_steps,
                "left": dataclasses.asdict(cost),
                "learning": dataclasses.asdict(to_come) if planned.campaign.learning else None,
                "warnings": warnings,
            }
        )
        return
    console.print(plan_table(planned, cost, to_come, done, layout.root))
    for warning in warnings:
        console.print(f"[yellow]warning:[/] {warning}", soft_wrap=True)
