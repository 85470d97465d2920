"""What an executor is started for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _ignore(*arguments: object, **details: object) -> None:
    del arguments, details


@dataclass(frozen=True)
class Purpose:
    """What an executor is started for.

    Attributes
    ----------
    name
        How the names of its Slurm jobs begin.
    segment_seconds
        Time that a block must have left to be given a task.
    record, say
        Told what happens to blocks: for the journal, and for people.
    """

    name: str
    segment_seconds: float
    record: Callable[..., None] = _ignore
    say: Callable[[str], None] = _ignore
