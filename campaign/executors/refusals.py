"""What Slurm says when it takes no job: words that pass, and words that stay."""

from __future__ import annotations

import re

from ...site_configs.slurm_queue import QueueError
from .adaptor import ExecutorError

MOST_REFUSALS = 3
_STAYS = re.compile(
    r"invalid|not permitted|not available|unrecognized|unknown|denied|cannot be satisfied|"
    r"not found",
    re.IGNORECASE,
)


class Refusals:
    """Counts refusals in a row that asking again will not change."""

    def __init__(self, site: str) -> None:
        self._site, self._count = site, 0

    def note(self, error: QueueError) -> None:
        """Take note of a refusal; raise `ExecutorError` at the third that stays."""
        if not _STAYS.search(str(error)):
            return
        self._count += 1
        if self._count >= MOST_REFUSALS:
            raise ExecutorError(f"Slurm refuses the blocks of site {self._site}: {error}")

    def forget(self) -> None:
        """Begin anew: a job was taken."""
        self._count = 0
