"""Running a campaign in this process: lease, signals, manager."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from .lease import Lease, LeaseError
from .manager import Manager, Watcher
from .open_plan import open_plan
from .standing import Standing


def run_campaign(
    path: Path,
    watcher: Watcher,
    *,
    site: str | None = None,
    takeover: bool = False,
    retry: bool = False,
    only_train: bool = False,
) -> Standing:
    """Compute what is missing of a campaign; return where it stands.

    Parameters
    ----------
    path
        The campaign file.
    watcher
        Told how it proceeds.
    site
        Where to run, instead of the site of the file.
    takeover
        Take the campaign from a manager that still seems to be alive.
    retry
        Release what is in quarantine.
    only_train
        Train a committee on what is published, and do nothing else.

    Raises
    ------
    SpecError
        The campaign file is wrong.
    LeaseError
        Another manager has the campaign, or took it while this one ran.
    """
    plan, layout = open_plan(path, site)
    layout.create()
    lease = Lease.acquire(layout.lease, takeover=takeover, on_wait=watcher.say)
    shutil.copyfile(path, layout.root / "campaign.toml")
    manager = Manager(plan, layout, lease, watcher, retry, only_train)
    try:
        with _draining_on_signals(manager, watcher):
            standing = manager.run()
    except LeaseError:
        raise
    except BaseException:
        lease.release()
        raise
    lease.release()
    return standing


@contextmanager
def _draining_on_signals(manager: Manager, watcher: Watcher) -> Iterator[None]:
    """Drain on the first SIGINT or SIGTERM, leave at once on the second, die on the third."""
    received = 0

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        nonlocal received
        received += 1
        if received == 1:
            watcher.say("finishing the running segments; again to leave at once")
            manager.drain()
        elif received == 2:
            raise KeyboardInterrupt
        else:
            os._exit(128 + number)

    previous = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
