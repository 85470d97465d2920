"""The end of blocks: cancelling them for sure, and what they said last."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ...site_configs import slurm_queue
from ...site_configs.slurm_queue import QueueError
from .block import Block

RETRY_SECONDS = 5.0
POLL_SECONDS = 0.5
LAST_WORDS = 2000


def end_jobs(
    name: str, jobs: Iterable[str], say: Callable[[str], None], patience: float = float("inf")
) -> None:
    """Cancel these jobs and all whose names begin with `name`; return once none is in the queue.

    Raises `QueueError` if that takes longer than `patience`, in seconds.
    """
    known = set(jobs)
    deadline = time.monotonic() + patience
    while True:
        try:
            mine = [j for j in slurm_queue.jobs() if j.id in known or j.name.startswith(name)]
            if not mine:
                return
            slurm_queue.cancel([job.id for job in mine])
            error = QueueError(f"jobs {', '.join(job.id for job in mine)} do not end")
            pause = POLL_SECONDS
        except QueueError as failure:
            say(f"waiting for Slurm to end blocks: {failure}")
            error, pause = failure, RETRY_SECONDS
        if time.monotonic() > deadline:
            raise error
        time.sleep(pause)


def last_words(block: Block) -> str:
    """What the processes of a block said last."""
    try:
        words = Path(block.log).read_text(errors="replace")[-LAST_WORDS:].strip()
    except OSError:
        words = ""
    return f"block {block.job} said: {words}" if words else f"block {block.job} said nothing"
