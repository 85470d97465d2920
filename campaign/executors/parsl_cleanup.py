"""Leaving Parsl, even if one of its interchanges is gone or goes meanwhile."""

from __future__ import annotations

import atexit
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread

from parsl.dataflow.dflow import DataFlowKernel

from ..processes import ProcessName
from .parsl_answers import NO_ANSWER

POLL_SECONDS = 0.1
GRACE_SECONDS = 5.0


def clean_up(kernel: DataFlowKernel, interchanges: Sequence[subprocess.Popen[bytes]]) -> None:
    """Have Parsl clean up; leave it alone where it waits for the answer of a dead interchange.

    Such a wait never ends. The interchanges are gone afterwards in any case.
    """
    if _alive(interchanges):
        thread = Thread(target=_clean_up, args=(kernel,), name="Parsl's clean-up", daemon=True)
        thread.start()
        while thread.is_alive() and _alive(interchanges):
            thread.join(POLL_SECONDS)
        thread.join(GRACE_SECONDS)
    atexit.unregister(kernel.atexit_cleanup)
    for process in interchanges:
        if process.poll() is None:
            ProcessName.of(process.pid).kill_tree()


def _clean_up(kernel: DataFlowKernel) -> None:
    with suppress(*NO_ANSWER):
        kernel.cleanup()


def _alive(interchanges: Sequence[subprocess.Popen[bytes]]) -> bool:
    return all(process.poll() is None for process in interchanges)
