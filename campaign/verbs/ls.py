"""`perrin ls`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ..journal import read_state
from ..listing import replicas as list_replicas
from ..listing import state_points as list_state_points
from ..releases import with_requests
from ..tables import listing_table
from .opening import open_campaign
from .printing import WIDE, console, print_json


def list_campaign(file: Path, *, replicas: bool, as_json: bool) -> None:
    """Print a row for each state point, or for each replica."""
    planned, layout, store = open_campaign(file)
    store.read_checkpoints()
    quarantined = set(with_requests(read_state(layout.journal), layout.lease).quarantined)
    rows = (list_replicas if replicas else list_state_points)(planned, store, quarantined)
    if as_json:
        print_json(rows)
        return
    wide = console if console.is_terminal else Console(width=WIDE)
    wide.print(listing_table(rows))
