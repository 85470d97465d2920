"""Why nothing runs on a cluster."""

from __future__ import annotations

from collections.abc import Sequence

from .executors.block import Block


def why_idle(blocks: Sequence[Block]) -> str | None:
    """Why no worker has anything to do although replicas wait."""
    if not blocks:
        return "no block is there yet"
    if not any(block.runs for block in blocks):
        reasons = ", ".join(sorted({block.reason for block in blocks if block.reason}))
        return f"all blocks wait in the queue ({reasons or 'Slurm gives no reason'})"
    if not any(block.registered for block in blocks if block.runs):
        return "blocks run, and their workers are starting"
    if all(block.held for block in blocks if block.runs):
        return "the blocks that run are about to end"
    return None
