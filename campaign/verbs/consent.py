"""Asking before a campaign spends the core hours of a cluster."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from ... import PerrinError
from ...site_configs.slurm import Pool
from ..journal import read_state
from ..learning.cost import learning_cost
from ..learning.selection import selections_of
from ..open_plan import open_plan
from ..plan import Plan
from ..preflight.estimate import Estimate, estimate
from ..preflight.spending import blocks_to_train, words_of_blocks
from ..releases import with_requests
from ..speed import known_speed
from ..store import Store
from .printing import warn


class ConsentError(PerrinError, RuntimeError):
    """Nobody agreed to what a campaign will take."""


class PreflightError(PerrinError, ValueError):
    """A campaign that cannot succeed as it is."""


def ask_to_spend(file: Path, site: str | None, *, yes: bool, retry: bool) -> None:
    """Say what a Slurm cluster will be asked for and wait for a yes; on this machine do not ask.

    Raises
    ------
    PreflightError
        Something is left to do and, on whatever machine, it cannot succeed.
    ConsentError
        There is nobody to ask, or the answer is no.
    """
    planned, layout = open_plan(file, site)
    store = Store.open(layout)
    state = with_requests(read_state(layout.journal), layout.lease)
    if retry:
        state.apply({"event": "released", "replicas": None})
    found = estimate(planned, layout, store, state, known_speed(planned, store))
    if found.spending.is_nothing:
        return
    errors = [finding.text for finding in found.findings if finding.is_error]
    if errors:
        raise PreflightError("\n".join([*errors, f"nothing was started; see `perrin plan {file}`"]))
    if planned.site.slurm is None:
        return
    for finding in found.findings:
        warn(finding.text)
    _agree(_request(planned, found), yes=yes)


def ask_to_train(file: Path, site: str | None, *, yes: bool) -> None:
    """Ask likewise before a committee is trained on a Slurm cluster."""
    planned, layout = open_plan(file, site)
    if planned.site.slurm is None:
        return
    selections = selections_of(planned.campaign, read_state(layout.journal).selections)
    hours = learning_cost(planned, selections).training_core_hours
    blocks = _words(planned, blocks_to_train(planned))
    _agree(
        f"This asks {planned.site.name} for up to {blocks} at the same time, for less than "
        f"{hours:.3g} core hours in all (nominal speed).",
        yes=yes,
    )


def _agree(request: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConsentError(f"{request}\nThere is no terminal to ask at: agree by --yes")
    if not typer.confirm(f"{request}\nContinue?", err=True):
        raise ConsentError("nothing was started")


def _words(planned: Plan, blocks: dict[Pool, int]) -> str:
    return " and ".join(
        words_of_blocks(pool, count, planned.site.pools[pool]) for pool, count in blocks.items()
    )


def _request(planned: Plan, found: Estimate) -> str:
    blocks = _words(planned, found.spending.blocks)
    hours, cost = found.spending.core_hours, found.cost
    return (
        f"This asks {planned.site.name} for up to {blocks} at the same time, for about "
        f"{hours:.3g} core hours in all ({cost.basis}), and writes {cost.bytes / 1e6:.3g} MB."
    )
