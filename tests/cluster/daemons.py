"""Daemons that one process starts, and ends again."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path


class DaemonError(RuntimeError):
    """A daemon ended that should run."""


class Daemons:
    """Named daemons in the foreground of sessions of their own, each with a log in one directory.

    They end with the thread that started them, however it ends, so that a killed test leaves none.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str, environment: Mapping[str, str]) -> None:
        """Start a daemon under a name."""
        with open(self._log(name), "ab") as log:
            self._started[name] = subprocess.Popen(
                ("setpriv", "--pdeathsig=TERM", *command),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self, name: str, signal_number: int = signal.SIGTERM) -> None:
        """Signal a daemon and wait until it is gone; SIGKILL it after 10 s."""
        daemon = self._started.pop(name)
        daemon.send_signal(signal_number)
        try:
            daemon.wait(10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    def end_all(self) -> None:
        """End them, the last one first."""
        for name in reversed([*self._started]):
            self.end(name)

    def runs(self, name: str) -> bool:
        """Whether a daemon was started and lives."""
        return name in self._started and self._started[name].poll() is None

    def check(self, name: str) -> None:
        """Raise DaemonError, with the end of its log, if a daemon does not live."""
        if not self.runs(name):
            log = self._log(name).read_text(errors="replace")
            raise DaemonError(f"{name} does not run; its log ends with: {log[-2000:]}")

    def _log(self, name: str) -> Path:
        return self.directory / f"{name}.log"
