"""Workers that were lost with a try: whether the try killed them shows only afterwards."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from .executors.adaptor import ExecutorAdaptor
from .journal import Journal
from .verdict import judge_crash


@dataclass(frozen=True)
class Suspicion:
    """A lost worker, and the replicas that it had not finished.

    Attributes
    ----------
    block
        Slurm job on which it was seen last, if any.
    since
        Monotonic time at which the loss was noticed.
    """

    keys: list[str]
    token: str
    reason: str
    block: str | None
    since: float = field(default_factory=time.monotonic)


class Suspicions:
    """Losses that nobody has judged yet."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._open: list[Suspicion] = []

    def add(self, suspicion: Suspicion) -> None:
        """Note a loss."""
        self._open.append(suspicion)
        self._journal.suspected.update(suspicion.keys)

    def judge(self, executor: ExecutorAdaptor) -> None:
        """Count what turns out to be a crash, forget what was not, keep what is still open."""
        still_open = []
        for suspicion in self._open:
            verdict = executor.is_crash(suspicion.block, suspicion.since)
            if verdict is None:
                still_open.append(suspicion)
                continue
            self._journal.suspected.subtract(suspicion.keys)
            if verdict:
                judge_crash(self._journal, suspicion.keys, suspicion.token, suspicion.reason)
        self._open = still_open
