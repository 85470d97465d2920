"""Naming a process so that nobody else can be mistaken for it."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

_OUTERMOST = "pid:[4026531836]"


@cache
def boot_id() -> str:
    """Identity of this host since it was last started, and of the processes that it shows here.

    Containers share the kernel of their host and its boot, but number their processes anew: a
    process of one is neither dead nor alive to another, which cannot see it.
    """
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    container = os.readlink("/proc/self/ns/pid")
    return boot if container == _OUTERMOST else f"{boot} {container}"


@dataclass(frozen=True)
class ProcessName:
    """Host, boot, pid and start time: a pid alone is soon reused.

    The start time is in clock ticks since boot, which no change of the wall clock moves.
    """

    host: str
    boot: str
    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> ProcessName:
        """Name of a live process of this host."""
        return cls(socket.gethostname(), boot_id(), pid, _start_ticks(pid))

    @classmethod
    def mine(cls) -> ProcessName:
        """Name of the calling process."""
        return cls.of(os.getpid())

    def as_document(self) -> dict[str, Any]:
        """Plain values, the inverse of ``ProcessName(**document)``."""
        return asdict(self)

    @property
    def is_local(self) -> bool:
        """Whether it belongs to this boot of this host and container, so that it can be seen."""
        return self.boot == boot_id()

    def is_alive(self) -> bool:
        """Whether this very process still runs; only to be asked of a local one."""
        try:
            return _start_ticks(self.pid) == self.started and _runs(psutil.Process(self.pid))
        except (FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess):
            return False

    def kill_tree(self) -> None:
        """SIGKILL the process and all its descendants, and wait until none runs."""
        if not self.is_alive():
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(self.pid)
            doomed = [root, *root.children(recursive=True)]
            for process in doomed:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            while any(map(_runs, doomed)):
                time.sleep(0.01)


def _start_ticks(pid: int) -> int:
    """Field 22 of ``/proc/PID/stat``; the second, a name in brackets, may contain anything."""
    text = Path(f"/proc/{pid}/stat").read_text()
    return int(text.rpartition(")")[2].split()[19])


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
