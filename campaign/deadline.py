"""When a try must have left: its own deadline, and the end of the block that it runs on."""

from __future__ import annotations

import os

BLOCK_END = "PERRIN_BLOCK_END"
"""Environment variable with the Unix time at which the block of this process ends."""


def effective_deadline(own: float | None) -> float | None:
    """Unix time of the earlier of the two, None without a limit."""
    block = os.environ.get(BLOCK_END)
    limits = [limit for limit in (own, float(block) if block else None) if limit is not None]
    return min(limits, default=None)
