"""Signals that ask a manager to leave, and why a manager left before its campaign was finished."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from types import FrameType


class Cause(Enum):
    """Why a manager was asked to leave."""

    STOP = "`perrin stop`"
    INTERRUPT = "Ctrl-C"
    TERMINATION = "SIGTERM"
    HANGUP = "the terminal was closed"
    WALLTIME = "its walltime is nearly over"


WALLTIME_SIGNAL = signal.SIGUSR1
_CAUSES = {
    signal.SIGINT: Cause.INTERRUPT,
    signal.SIGTERM: Cause.TERMINATION,
    signal.SIGHUP: Cause.HANGUP,
    WALLTIME_SIGNAL: Cause.WALLTIME,
}
_IMPATIENT = (signal.SIGINT, signal.SIGTERM)


class DrainSignals:
    """Drains on the first signal; a second SIGINT or SIGTERM leaves at once, a third dies.

    Attributes
    ----------
    cause
        What the first signal was, None without one.
    """

    def __init__(self, drain: Callable[[], None], say: Callable[[str], None]) -> None:
        self._drain, self._say = drain, say
        self._impatience = 0
        self.cause: Cause | None = None

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle them for as long as the context lasts; `nohup` stays in force."""
        immune = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        mine = [number for number in _CAUSES if not (immune and number is signal.SIGHUP)]
        previous = {number: signal.signal(number, self._handle) for number in mine}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        impatient = number in _IMPATIENT
        self._impatience += impatient
        if self.cause is None:
            self.cause = _CAUSES[signal.Signals(number)]
            again = "; again to leave at once" if impatient else ""
            self._say(f"{self.cause.value}: finishing the running segments{again}")
            self._drain()
        elif impatient and self._impatience == 2:
            raise KeyboardInterrupt
        elif impatient and self._impatience > 2:
            os._exit(128 + number)
