"""`perrin stop`."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console

from ..drain import request_drain
from ..layout import Layout
from ..lease import newest_generation
from .living import living_manager
from .printing import console, print_json

DRAIN_POLL_SECONDS = 0.2


def stop_campaign(file: Path, as_json: bool) -> None:
    """Ask the manager to drain, and wait until it is gone."""
    layout = Layout.of(file)
    manager = living_manager(layout)
    if manager is not None:
        request_drain(layout.lease, newest_generation(layout.lease))
        with Console(stderr=True).status("waiting for the running segments to end"):
            while living_manager(layout) == manager:
                time.sleep(DRAIN_POLL_SECONDS)
    if as_json:
        print_json({"stopped": manager.as_document() if manager else None})
    elif manager is None:
        console.print("no manager is running")
    else:
        console.print(f"stopped; continue with: perrin run {file}")
