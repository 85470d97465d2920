"""From a campaign file to its plan, with everything that has been decided so far."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .journal import JournalState, read_state
from .layout import Layout
from .learning.selection import selections_of
from .load import load_campaign
from .plan import Plan
from .precision.decision import replicas_decided


def open_plan(path: Path, site: str | None = None) -> tuple[Plan, Layout]:
    """Plan the campaign of a file, on its own site or another one, and say where its data are."""
    campaign, layout = load_campaign(path), Layout.of(path)
    state = read_state(layout.journal)
    plan = Plan.of(campaign, path.parent, site, selections_of(campaign, state.selections))
    return _with_replicas_decided(plan, state), layout


def as_decided(plan: Plan, state: JournalState) -> Plan:
    """Let a plan follow all selections of learning, and all decisions on a precision."""
    if plan.campaign.learning is not None:
        plan = plan.following(selections_of(plan.campaign, state.selections))
    return _with_replicas_decided(plan, state)


def _with_replicas_decided(plan: Plan, state: JournalState) -> Plan:
    if plan.campaign.precision is None:
        return plan
    return replace(plan, extents=replicas_decided(plan, state.decisions))
