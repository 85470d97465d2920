"""Parsl's interchange, made to end with the manager, and to leave Ctrl-C to it.

Workers outlive a killed manager until they miss its heartbeat; an interchange would for ever.
"""

from __future__ import annotations

import os
import runpy

from ...engines.orphans import end_with_parent


def main() -> None:
    """Run the interchange until the manager ends it, or ends."""
    end_with_parent(os.getppid())
    os.setpgrp()
    runpy.run_module("parsl.executors.high_throughput.interchange", run_name="__main__")


if __name__ == "__main__":
    main()
