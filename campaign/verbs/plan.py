"""`perrin plan`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import typer

from ..journal import read_state
from ..preflight.estimate import estimate
from ..preflight.spending import words_of_blocks
from ..releases import with_requests
from ..speed import known_speed, speed_here
from ..tables import plan_table
from .opening import open_campaign
from .printing import console, print_json


def show_plan(file: Path, site: str | None, *, measure: bool, as_json: bool) -> None:
    """Print what a campaign is, what it will cost, and what is strange; exit status 1 on errors."""
    planned, layout, store = open_campaign(file, site)
    state = with_requests(read_state(layout.journal), layout.lease)
    speed = speed_here(planned) if measure else known_speed(planned, store)
    found = estimate(planned, layout, store, state, speed)
    done = sum(planned.is_published(key, store) for key in planned.wanted)
    learns = planned.campaign.learning is not None
    errors = [finding.text for finding in found.findings if finding.is_error]
    warnings = [finding.text for finding in found.findings if not finding.is_error]
    if as_json:
        print_json(
            {
                "campaign": planned.campaign.name,
                "state_points": len(planned.points),
                "replicas": planned.replica_count,
                "replicas_published": done,
                "replicas_per_task": planned.replicas_per_task(planned.replica_count),
                "segment_steps": planned.segment_steps,
                "left": dataclasses.asdict(found.cost),
                "learning": dataclasses.asdict(found.learning) if learns else None,
                "precision": found.precision.as_document() if found.precision else None,
                "core_hours": found.spending.core_hours,
                "blocks": {pool.value: count for pool, count in found.spending.blocks.items()},
                "warnings": warnings,
                "errors": errors,
            }
        )
    else:
        table = plan_table(planned, found.cost, found.learning, found.precision, done, layout.root)
        for pool, count in found.spending.blocks.items():
            table.add_row(
                "blocks", f"up to {words_of_blocks(pool, count, planned.site.pools[pool])}"
            )
        console.print(table)
        for text in errors:
            console.print(f"[red]error:[/] {text}", soft_wrap=True)
        for text in warnings:
            console.print(f"[yellow]warning:[/] {text}", soft_wrap=True)
    if errors:
        raise typer.Exit(1)
