"""`perrin status`."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table

from ..duration import duration
from ..layout import Layout
from ..lease import living_holder
from ..outlook import BlockView, Outlook
from ..processes import ProcessName
from ..snapshot import Snapshot, valid_snapshot
from ..standing import Standing
from .printing import console, print_json, print_quarantine

WATCH_SECONDS = 2.0
MOST_BLOCKS_SHOWN = 20


def show_status(file: Path, *, as_json: bool, watch: bool) -> None:
    """Print where a campaign stands and who manages it, once or until nobody manages it."""
    if as_json:
        print_json(_document(*_look(file)))
        return
    snapshot, manager = _look(file)
    if not watch:
        console.print(_rendered(file, snapshot, manager))
        print_quarantine(snapshot.quarantined, file)
        return
    with Live(console=console, auto_refresh=False) as live:
        while manager is not None:
            live.update(_rendered(file, snapshot, manager), refresh=True)
            time.sleep(WATCH_SECONDS)
            snapshot, manager = _look(file)
        live.update(_rendered(file, snapshot, manager), refresh=True)
    print_quarantine(snapshot.quarantined, file)


def _look(file: Path) -> tuple[Snapshot, ProcessName | None]:
    layout = Layout.of(file)
    manager = living_holder(layout.lease)
    return valid_snapshot(file, layout) or _counted(file, layout, keep=manager is None), manager


def _counted(file: Path, layout: Layout, *, keep: bool) -> Snapshot:
    """Count the files, and leave the snapshot for the next who asks if no manager does."""
    from .counting import count_campaign

    snapshot = count_campaign(file)
    if keep and layout.root.is_dir():
        snapshot.write(layout)
    return snapshot


def _document(snapshot: Snapshot, manager: ProcessName | None) -> dict[str, Any]:
    document = standing_document(snapshot.standing)
    outlook = snapshot.outlook
    if outlook is not None and manager is None:
        outlook = outlook.at_rest
    return {
        **document,
        "manager": manager.as_document() if manager else None,
        "quarantined": snapshot.quarantined,
        "learning": snapshot.learning,
        "precision": snapshot.precision,
        "outlook": dataclasses.asdict(outlook) if outlook else None,
    }


def _rendered(file: Path, snapshot: Snapshot, manager: ProcessName | None) -> RenderableType:
    standing = snapshot.standing
    share = 100 * standing.steps_done / max(1, standing.steps_total)
    table = Table(show_header=False, box=None)
    table.add_row("replicas", f"{standing.replicas_done} of {standing.replicas_total} published")
    table.add_row("running", f"{standing.replicas_running} in {snapshot.tasks_running} tasks")
    table.add_row("waiting", str(standing.replicas_waiting))
    if standing.replicas_quarantined:
        table.add_row("quarantined", f"[red]{standing.replicas_quarantined}[/]")
    table.add_row("steps", f"{share:.0f} %")
    for name, text in (("learning", snapshot.learning), ("precision", snapshot.precision_text)):
        if text is not None:
            table.add_row(name, text)
    outlook = snapshot.outlook or Outlook()
    if snapshot.outlook is not None:
        table.add_row("spent", f"{outlook.core_hours_spent:.3g} core hours")
    if manager is None:
        rest = "" if standing.is_complete else f"; continue with: perrin run {file}"
        table.add_row("manager", f"none{rest}")
        return table
    table.add_row("manager", f"process {manager.pid} on {manager.host}")
    _add_prospects(table, outlook)
    return Group(table, _blocks_table(outlook.blocks)) if outlook.blocks else table


def _add_prospects(table: Table, outlook: Outlook) -> None:
    table.add_row("speed", f"{outlook.steps_per_second:.3g} steps/s")
    if outlook.core_hours_left is not None:
        table.add_row("left", f"about {outlook.core_hours_left:.3g} core hours")
    if outlook.seconds_left is not None:
        wait = outlook.queue_wait
        how = f" (blocks waited {duration(wait)} on average)" if wait is not None else ""
        table.add_row("ETA", f"{duration(outlook.seconds_left)}{how}")
    if outlook.trouble is not None:
        table.add_row("trouble", f"[yellow]{outlook.trouble}[/]")


def _blocks_table(blocks: tuple[BlockView, ...]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in ("block", "pool", "state", "for", "walltime left", "busy", "reason"):
        table.add_column(name)
    for block in blocks[:MOST_BLOCKS_SHOWN]:
        left = duration(max(0.0, block.ends - time.time())) if block.ends is not None else "-"
        since = duration(time.time() - block.since)
        busy = f"{block.busy}/{block.workers}"
        table.add_row(block.job, block.pool, block.state, since, left, busy, block.reason)
    if len(blocks) > MOST_BLOCKS_SHOWN:
        table.add_row(f"and {len(blocks) - MOST_BLOCKS_SHOWN} more")
    return table


def standing_document(standing: Standing) -> dict[str, Any]:
    """Plain values of a standing, and what follows from them."""
    document = dataclasses.asdict(standing)
    return {**document, "complete": standing.is_complete, "waiting": standing.replicas_waiting}
