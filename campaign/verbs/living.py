"""Who manages a campaign."""

from __future__ import annotations

from ..layout import Layout
from ..lease import holder
from ..processes import ProcessName


def living_manager(layout: Layout) -> ProcessName | None:
    """Process that manages the campaign, as far as this host can tell."""
    manager = holder(layout.lease)
    return None if manager and manager.is_local and not manager.is_alive() else manager
