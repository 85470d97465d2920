"""Ending what earlier generations of the manager left running.

Workers may outlive a manager for minutes. Before a new one hands out work it makes sure that
nobody else computes: processes of this host are killed, those of others are waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from . import job_names
from .claims import Claim, read_claims
from .executors.slurm_adaptor import end_jobs
from .journal import Journal
from .layout import Layout

FOREIGN_SILENCE_SECONDS = 600.0
POLL_SECONDS = 1.0


def end_predecessors(
    layout: Layout,
    journal: Journal,
    generation: int,
    report: Callable[[str], None],
    *,
    on_slurm: bool,
) -> None:
    """Return once no try of an older generation runs."""
    if on_slurm or journal.state.ledger.open:
        _end_blocks(layout, journal, report)
    for process in journal.state.processes:
        if process.is_local:
            process.kill_tree()
    for claim in read_claims(layout.claims):
        if claim.generation >= generation:
            continue
        if claim.process.is_local:
            claim.process.kill_tree()
        else:
            _wait_for_silence(layout, claim, report)
        journal.record("try-ended", token=claim.token, task=claim.task, ending="superseded")
        claim.remove(layout.claims)
    journal.record("ended-processes")


def _end_blocks(layout: Layout, journal: Journal, report: Callable[[str], None]) -> None:
    """Cancel the blocks of older generations: those in the journal, and those named like them.

    A job that was accepted and not journaled any more is known by its name only.
    """
    jobs = list(journal.state.ledger.open)
    end_jobs(job_names.all_blocks(layout), jobs, report)
    for job in jobs:
        journal.record("block-ended", job=job, registered=True)


def _wait_for_silence(layout: Layout, claim: Claim, report: Callable[[str], None]) -> None:
    """Wait until a worker elsewhere has noticed the new generation, or must be dead."""
    report(f"waiting for a worker on {claim.process.host} to leave task {claim.task}")
    last, since = claim.updated, time.monotonic()
    while time.monotonic() - since < FOREIGN_SILENCE_SECONDS:
        current = {other.token: other for other in read_claims(layout.claims)}.get(claim.token)
        if current is None:
            return
        if current.updated != last:
            last, since = current.updated, time.monotonic()
        time.sleep(POLL_SECONDS)
