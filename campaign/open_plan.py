"""From a campaign file to its plan, with everything that learning has decided so far."""

from __future__ import annotations

from pathlib import Path

from .journal import read_state
from .layout import Layout
from .learning.selection import selections_of
from .load import load_campaign
from .plan import Plan


def open_plan(path: Path, site: str | None = None) -> tuple[Plan, Layout]:
    """Plan the campaign of a file, on its own site or another one, and say where its data are."""
    campaign, layout = load_campaign(path), Layout.of(path)
    selections = selections_of(campaign, read_state(layout.journal).selections)
    return Plan.of(campaign, path.parent, site, selections), layout
