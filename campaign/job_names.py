"""Names of the Slurm jobs of a campaign: by them a job is found whose number nobody noted."""

from __future__ import annotations

import uuid

from ..engines.canonical import digest
from .layout import Layout


def _prefix(layout: Layout) -> str:
    return f"perrin-{digest(str(layout.root), 8)}"


def all_blocks(layout: Layout) -> str:
    """How the names of all blocks begin, whatever the generation of the manager."""
    return f"{_prefix(layout)}-g"


def blocks(layout: Layout, generation: int) -> str:
    """How the names of the blocks of one manager begin."""
    return f"{all_blocks(layout)}{generation}-"


def reduction(layout: Layout) -> str:
    """How the names of the blocks of one reduction begin."""
    return f"{_prefix(layout)}-reduce-{uuid.uuid4().hex[:8]}-"


def manager(layout: Layout) -> str:
    """Name of the job in which a manager runs."""
    return f"{_prefix(layout)}-manager"
