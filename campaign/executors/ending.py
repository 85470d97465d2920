"""The end of blocks: cancelling them for sure, and what they said last."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ...site_configs import slurm_queue
from ...site_configs.slurm_queue import NoSlurmError, QueueError
from .block import Block

RETRY_SECONDS = 5.0
POLL_SECONDS = 0.5
LAST_WORDS = 2000
_CANCELLED = re.compile(r"CANCELLED AT (?!.*DUE TO TIME LIMIT)")


def end_jobs(
    name: str,
    jobs: Iterable[str],
    say: Callable[[str], None],
    *,
    patience: float = float("inf"),
    check: Callable[[], None] = lambda: None,
) -> None:
    """Cancel these jobs and all whose names begin with `name`; return once none is in the queue.

    Raises `QueueError` if that takes longer than `patience`, in seconds, or there is no Slurm here;
    `check` is called again and again, and may raise to end the wait.
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
        except NoSlurmError:
            raise
        except QueueError as failure:
            say(f"waiting for Slurm to end blocks: {failure}")
            error, pause = failure, RETRY_SECONDS
        if time.monotonic() > deadline:
            raise error
        check()
        time.sleep(pause)


def last_words(block: Block) -> str:
    """What the processes of a block said last."""
    words = _log(block)
    return f"block {block.job} said: {words}" if words else f"block {block.job} said nothing"


def has_run(block: Block) -> bool:
    """Whether a block ever had its nodes, be it too briefly to be seen in the queue."""
    return block.runs or Path(block.log).exists()


def was_cancelled(block: Block) -> bool:
    """Whether Slurm says that somebody ended the block, and not its walltime."""
    return _CANCELLED.search(_log(block)) is not None


def _log(block: Block) -> str:
    try:
        return Path(block.log).read_text(errors="replace")[-LAST_WORDS:].strip()
    except OSError:
        return ""
