"""One manager per campaign.

The lease of generation g is the file ``lease/g.json``; creating it by a link is what makes a
manager the manager. The holder touches it to renew. Whoever finds a newer generation has lost.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from .. import PerrinError
from ..engines.durable import publish, temporary_name
from .jsonlines import GENERATION
from .processes import ProcessName

RENEWAL_SECONDS = 10.0
EXPIRY_SECONDS = 60.0
_LEASE = GENERATION + ".json"


class LeaseError(PerrinError, RuntimeError):
    """Another manager has the campaign."""


def _path(directory: Path, generation: int) -> Path:
    return directory / f"{generation:06d}.json"


def newest_generation(directory: Path) -> int:
    """Return the generation of the newest lease, 0 if there never was one."""
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return 0
    return max((int(name[:6]) for name in names if fnmatchcase(name, _LEASE)), default=0)


def holder(directory: Path) -> ProcessName | None:
    """Process that holds the newest lease; None if nobody does."""
    generation = newest_generation(directory)
    if generation == 0 or _released(directory, generation).exists():
        return None
    try:
        return ProcessName(**json.loads(_path(directory, generation).read_text()))
    except FileNotFoundError:
        return holder(directory)
    except (TypeError, ValueError):
        return None


def possible_holder(directory: Path) -> ProcessName | None:
    """Process that holds the newest lease, unless this host knows that it is dead."""
    found = holder(directory)
    return None if found and found.is_local and not found.is_alive() else found


def living_holder(directory: Path) -> ProcessName | None:
    """Process that holds the newest lease and, if it is elsewhere, has renewed it lately.

    A glance, by the clock of the file system; to take the lease is another matter.
    """
    found = possible_holder(directory)
    if found is None or found.is_local:
        return found
    silence = _time_there(directory) - last_renewal(directory, newest_generation(directory))
    return found if silence < EXPIRY_SECONDS * 1e9 else None


def _time_there(directory: Path) -> int:
    """Time by the clock of the file system, or of this host if nothing can be written."""
    probe = temporary_name(directory / "clock", uuid.uuid4().hex)
    try:
        probe.touch()
        return probe.stat().st_mtime_ns
    except OSError:
        return time.time_ns()
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)


def last_renewal(directory: Path, generation: int) -> int:
    """When a lease was last renewed, by the clock of the file system, in nanoseconds.

    It is opened, for NFS may keep for a minute what it knows of a file that is not.
    """
    try:
        with open(_path(directory, generation)) as file:
            return os.fstat(file.fileno()).st_mtime_ns
    except FileNotFoundError:
        return -1


def _released(directory: Path, generation: int) -> Path:
    return _path(directory, generation).with_suffix(".released")


@dataclass
class Lease:
    """The right to manage a campaign, as one generation of its manager."""

    directory: Path
    generation: int

    @classmethod
    def acquire(
        cls,
        directory: Path,
        *,
        takeover: bool = False,
        expiry_seconds: float = EXPIRY_SECONDS,
        on_wait: Callable[[str], None] = print,
        after: int = 0,
    ) -> Lease:
        """Become the manager, or raise `LeaseError`.

        Parameters
        ----------
        directory
            Where the leases of the campaign are.
        takeover
            Do not ask whether the holder is alive.
        expiry_seconds
            How long a holder on another host may go without renewing, by this host's clock.
        on_wait
            Told why, when the wait for a foreign holder begins.
        after
            A generation that is known to have been, whatever became of its lease.
        """
        generation = newest_generation(directory)
        current = holder(directory)
        if current is not None and not takeover:
            _refuse_if_alive(current, directory, generation, expiry_seconds, on_wait)
        mine = cls(directory, max(generation, after) + 1)
        path = _path(directory, mine.generation)
        temporary = temporary_name(path, uuid.uuid4().hex)
        temporary.write_text(json.dumps(ProcessName.mine().as_document()))
        if not publish(temporary, path):
            raise LeaseError("another manager took this campaign at the same moment")
        mine.check()
        mine._forget_old()
        return mine

    def _forget_old(self) -> None:
        for path in self.directory.glob(GENERATION + ".*"):
            if int(path.stem) < self.generation:
                path.unlink(missing_ok=True)

    def renew(self) -> None:
        """Show that the holder is alive."""
        with contextlib.suppress(OSError):
            os.utime(_path(self.directory, self.generation))

    @contextlib.contextmanager
    def renewed(self) -> Iterator[None]:
        """Renew the lease from a thread of its own, whatever the manager is busy with."""
        done = threading.Event()

        def keep_renewing() -> None:
            while not done.wait(RENEWAL_SECONDS):
                self.renew()

        thread = threading.Thread(target=keep_renewing, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def is_current(self) -> bool:
        """Whether no newer generation has taken over."""
        return newest_generation(self.directory) == self.generation

    def check(self) -> None:
        """Raise `LeaseError` if a newer generation has taken over."""
        if not self.is_current():
            newest = newest_generation(self.directory)
            if not newest:
                raise LeaseError(f"{self.directory} was moved or removed; this manager stops")
            raise LeaseError(f"generation {newest} manages this campaign now; this one stops")

    def release(self) -> None:
        """Give the campaign up."""
        _released(self.directory, self.generation).touch()


def _refuse_if_alive(
    current: ProcessName,
    directory: Path,
    generation: int,
    expiry_seconds: float,
    on_wait: Callable[[str], None],
) -> None:
    if current.is_local:
        if current.is_alive():
            raise LeaseError(
                f"process {current.pid} on {current.host} manages this campaign; see "
                "`perrin status`, end it with `perrin stop`, or use --takeover if it hangs"
            )
        return
    on_wait(f"waiting {expiry_seconds:.0f} s to see whether the manager on {current.host} is alive")
    before = last_renewal(directory, generation)
    deadline = time.monotonic() + expiry_seconds
    while time.monotonic() < deadline:
        time.sleep(min(1.0, expiry_seconds / 10))
        if last_renewal(directory, generation) != before:
            raise LeaseError(
                f"process {current.pid} on {current.host} manages this campaign; end it with "
                "`perrin stop`, or use --takeover if you know that it is gone"
            )
