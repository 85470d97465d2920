"""Who manages a campaign."""

from __future__ import annotations

from ..layout import Layout
from ..lease import living_holder
from ..processes import ProcessName


def living_manager(layout: Layout) -> ProcessName | None:
    """Process that manages the campaign, as far as this host can tell."""
    return living_holder(layout.lease)
