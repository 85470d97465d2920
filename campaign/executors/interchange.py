"""Parsl's interchange, made to end with the manager, and to leave Ctrl-C to it.

Workers outlive a killed manager until they miss its heartbeat; an interchange would for ever.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Run the interchange until the manager ends it, or ends."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setpgrp()
    if os.getppid() == parent:
        runpy.run_module("parsl.executors.high_throughput.interchange", run_name="__main__")


if __name__ == "__main__":
    main()
