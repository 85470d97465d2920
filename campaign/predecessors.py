"""Ending what earlier generations of the manager left running.

Workers may outlive a manager for minutes. Before a new one hands out work it makes sure that
nobody else computes: processes of this host are killed, those of others are waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from .. import PerrinError
from ..site_configs import slurm_queue
from ..site_configs.slurm_queue import QueueError
from . import job_names
from .claims import Claim, read_claims
from .drain import drain_requested
from .executors.ending import end_jobs
from .journal import Journal
from .layout import Layout

FOREIGN_SILENCE_SECONDS = 600.0
POLL_SECONDS = 1.0


class LeavingError(PerrinError, RuntimeError):
    """A manager that was told to leave before it had begun."""


def end_predecessors(
    layout: Layout,
    journal: Journal,
    generation: int,
    report: Callable[[str], None],
    *,
    on_slurm: bool,
) -> None:
    """Return once no try of an older generation runs.

    Raises `LeavingError` if asked to leave meanwhile.
    """

    def check() -> None:
        if drain_requested(layout.lease, generation):
            raise LeavingError("asked to leave while old blocks or workers were still ending")

    if on_slurm or journal.state.ledger.open:
        _end_blocks(layout, journal, report, check)
    for process in journal.state.processes:
        if process.is_local:
            process.kill_tree()
    old = [claim for claim in read_claims(layout.claims) if claim.generation < generation]
    for claim in old:
        if claim.process.is_local:
            claim.process.kill_tree()
    foreign = _alive(claim for claim in old if not claim.process.is_local)
    _wait_for_silence(layout, foreign, report, check)
    for claim in old:
        journal.record("try-ended", token=claim.token, task=claim.task, ending="superseded")
        claim.remove(layout.claims)
    journal.record("ended-processes")


def _end_blocks(
    layout: Layout, journal: Journal, report: Callable[[str], None], check: Callable[[], None]
) -> None:
    """Cancel the blocks of older generations: those in the journal, and those named like them.

    A job that was accepted and not journaled any more is known by its name only.
    """
    jobs = list(journal.state.ledger.open)
    end_jobs(job_names.all_blocks(layout), jobs, report, check=check)
    for job in jobs:
        journal.record("block-ended", job=job, registered=True)


def _alive(foreign: Iterable[Claim]) -> list[Claim]:
    """Claims of workers elsewhere that may live: a block that Slurm has forgotten took its own."""
    claims = list(foreign)
    if not any(claim.block for claim in claims):
        return claims
    try:
        queued = {job.id for job in slurm_queue.jobs()}
    except QueueError:
        return claims
    return [claim for claim in claims if claim.block is None or claim.block in queued]


def _wait_for_silence(
    layout: Layout,
    claims: list[Claim],
    report: Callable[[str], None],
    check: Callable[[], None],
) -> None:
    """Wait until workers elsewhere have noticed the new generation, or must be dead."""
    if claims:
        hosts = ", ".join(sorted({claim.process.host for claim in claims}))
        report(f"waiting for {len(claims)} tries of an older manager to end on {hosts}")
    updated = {claim.token: claim.updated for claim in claims}
    since = dict.fromkeys(updated, time.monotonic())
    while since:
        current = {claim.token: claim.updated for claim in read_claims(layout.claims)}
        for token in list(since):
            if current.get(token, updated[token]) != updated[token]:
                updated[token], since[token] = current[token], time.monotonic()
            if token not in current or time.monotonic() - since[token] >= FOREIGN_SILENCE_SECONDS:
                del since[token]
        if since:
            check()
            time.sleep(POLL_SECONDS)
