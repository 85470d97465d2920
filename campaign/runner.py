"""Running a campaign in this process: lease, signals, manager."""

from __future__ import annotations

import shutil
import traceback
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from .. import PerrinError
from ..site_configs.slurm_environment import forget_own_job
from .chronicle import Chronicle, Display
from .collector import without_collector
from .drain_signals import Cause, DrainSignals
from .journal import newest_journal
from .lease import Lease, LeaseError
from .logbook import Logbook
from .manager import Manager
from .open_plan import open_plan
from .progress import describe
from .standing import Standing
from .succession import Succession


@dataclass(frozen=True)
class Departure:
    """Where a campaign stood when its manager left, and who asked it to; None if nobody did."""

    standing: Standing
    cause: Cause | None


def run_campaign(
    path: Path,
    display: Display,
    *,
    site: str | None = None,
    takeover: bool = False,
    retry: bool = False,
    only_train: bool = False,
    succession: Succession | None = None,
) -> Departure:
    """Compute what is missing of a campaign; return where it stands.

    Parameters
    ----------
    path
        The campaign file.
    display
        Shows how it proceeds.
    site
        Where to run, instead of the site of the file.
    takeover
        Take the campaign from a manager that still seems to be alive.
    retry
        Release what is in quarantine.
    only_train
        Train a committee on what is published, and do nothing else.
    succession
        Entered once the campaign is this process's, and left before it is given up.

    Raises
    ------
    SpecError
        The campaign file is wrong.
    LeaseError
        Another manager has the campaign, or took it while this one ran.
    """
    with without_collector():
        plan, layout = open_plan(path, site)
    if plan.site.slurm is not None:
        forget_own_job()
    layout.create()
    log = Logbook(layout.log)
    watcher = Chronicle(display, log)
    newest = newest_journal(layout.journal)
    lease = Lease.acquire(layout.lease, takeover=takeover, on_wait=watcher.say, after=newest)
    try:
        shutil.copyfile(path, layout.root / "campaign.toml")
        manager = Manager(plan, layout, lease, watcher, retry, only_train)
        departure = _run(manager, watcher, succession)
    except BaseException as error:
        log.write(_words(error))
        if not isinstance(error, LeaseError):
            lease.release()
        raise
    why = f" ({departure.cause.value})" if departure.cause else ""
    log.write(f"the manager leaves{why}: {describe(departure.standing)}")
    lease.release()
    return departure


def _run(manager: Manager, watcher: Chronicle, succession: Succession | None) -> Departure:
    """Run a manager that drains when a signal says so."""

    def leave() -> None:
        if succession is not None and signals.cause is not None:
            succession.asked_to_leave(signals.cause)
        manager.drain()

    signals = DrainSignals(leave, watcher.say)
    with signals.handled(), succession or nullcontext():
        standing = manager.run()
    return Departure(standing, signals.cause or (Cause.STOP if manager.draining else None))


def _words(error: BaseException) -> str:
    if isinstance(error, PerrinError | KeyboardInterrupt):
        return f"{type(error).__name__}: {error}".rstrip(": ")
    return "".join(traceback.format_exception(error))
