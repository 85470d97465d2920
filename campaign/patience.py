"""Waiting for space on a full disk."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..engines.durable import FULL_DISK

FULL_DISK_POLL_SECONDS = 1.0


def when_space_allows(action: Callable[[], object], must_leave: Callable[[], bool]) -> bool:
    """Do `action`, waiting while the disk is full; False if told to leave meanwhile."""
    while True:
        try:
            action()
            return True
        except OSError as error:
            if error.errno not in FULL_DISK:
                raise
        if must_leave():
            return False
        time.sleep(FULL_DISK_POLL_SECONDS)
