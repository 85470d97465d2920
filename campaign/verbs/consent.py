"""Asking before a campaign spends the core hours of a cluster."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from ... import PerrinError
from ..journal import read_state
from ..open_plan import open_plan
from ..plan import Plan
from ..preflight.estimate import Estimate, estimate
from ..preflight.spending import words_of_blocks
from ..releases import with_requests
from ..speed import known_speed
from ..store import Store
from .printing import warn


class ConsentError(PerrinError, RuntimeError):
    """Nobody agreed to what a campaign will take."""


def ask_to_spend(file: Path, site: str | None, *, yes: bool) -> None:
    """Say what a Slurm cluster will be asked for and wait for a yes; on this machine do nothing.

    Raises
    ------
    ConsentError
        There is nobody to ask, or the answer is no.
    """
    planned, layout = open_plan(file, site)
    if planned.site.slurm is None:
        return
    store = Store.open(layout)
    state = with_requests(read_state(layout.journal), layout.lease)
    found = estimate(planned, layout, store, state, known_speed(planned, store))
    for finding in found.findings:
        warn(finding.text)
    if yes or found.spending.is_nothing:
        return
    request = _words(planned, found)
    if not sys.stdin.isatty():
        raise ConsentError(f"{request}\nThere is no terminal to ask at: agree by --yes")
    if not typer.confirm(f"{request}\nContinue?", err=True):
        raise ConsentError("nothing was started")


def _words(planned: Plan, found: Estimate) -> str:
    blocks = " and ".join(
        words_of_blocks(pool, count, planned.site.pools[pool])
        for pool, count in found.spending.blocks.items()
    )
    hours, cost = found.spending.core_hours, found.cost
    return (
        f"This asks {planned.site.name} for up to {blocks} at the same time, for about "
        f"{hours:.3g} core hours in all ({cost.basis}), and writes {cost.bytes / 1e6:.3g} MB."
    )
