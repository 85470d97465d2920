"""Opening a campaign as its files are now."""

from __future__ import annotations

from pathlib import Path

from ..journal import read_state
from ..layout import Layout
from ..learning.library import Library
from ..open_plan import open_plan
from ..plan import Plan
from ..store import Store


def open_campaign(file: Path, site: str | None = None) -> tuple[Plan, Layout, Store]:
    """Plan of a campaign file, the directory of its data, and what is published there."""
    planned, layout = open_plan(file, site)
    return planned, layout, Store.open(layout)


def open_library(file: Path, site: str | None = None) -> Library | None:
    """What a learning campaign has made so far; None for one that only simulates."""
    planned, layout, store = open_campaign(file, site)
    if planned.campaign.learning is None:
        return None
    return Library(planned, layout, store, read_state(layout.journal))
