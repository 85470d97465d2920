"""`perrin stop`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ..layout import Layout
from ..leaving import Leaving
from .printing import console, print_json


def stop_campaign(file: Path, as_json: bool) -> None:
    """Ask the manager to drain, wait until it is gone, and cancel those that would follow."""
    told = Console(stderr=True, highlight=False)
    leaving = Leaving(Layout.of(file), lambda words: told.print(words, soft_wrap=True))
    leaving.wait()
    manager = leaving.manager
    if as_json:
        stopped = manager.as_document() if manager else None
        print_json({"stopped": stopped, "jobs_cancelled": leaving.cancelled})
    elif manager is None and not leaving.cancelled:
        console.print("no manager is running")
    else:
        console.print(f"stopped; continue with: perrin run {file}", soft_wrap=True)
