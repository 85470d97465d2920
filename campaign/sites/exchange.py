"""Questions and answers through files, between a node and the manager.

They show that each sees what the other writes, how soon, and how their clocks differ: as in the
network time protocol, a question that is sent at t0 and seen at t1, whose answer is sent at t2 and
seen at t3, gives a skew of ((t1 - t0) + (t2 - t3)) / 2, to within half the time on the way.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict

EXCHANGES = 10
ANSWER_SECONDS = 90.0
POLL_SECONDS = 0.005
_QUESTION, _ANSWER = ".question", ".answer"


class ExchangeReport(BaseModel):
    """What a node learnt from its questions.

    Attributes
    ----------
    answered
        Whether every one was answered.
    slowest_seconds
        Longest time from a question to its answer; how long it waited, without one.
    skew_seconds, skew_bound_seconds
        By how much the manager's clock is ahead of the node's, and how far off that may be.
    """

    model_config = ConfigDict(frozen=True)

    answered: bool
    slowest_seconds: float
    skew_seconds: float = 0.0
    skew_bound_seconds: float = 0.0


def ask(folder: Path, node: str) -> ExchangeReport:
    """Ask a few questions one after the other; the quickest answer tells the skew."""
    slowest, best = 0.0, (float("inf"), 0.0)
    for number in range(EXCHANGES):
        sent = time.time()
        _write(folder / f"{node}-{number}{_QUESTION}", "")
        answer = _wait_for(folder, f"{node}-{number}{_ANSWER}")
        seen = time.time()
        slowest = max(slowest, seen - sent)
        if answer is None:
            return ExchangeReport(answered=False, slowest_seconds=slowest)
        arrived, answered = map(float, answer.split())
        on_the_way = (seen - sent) - (answered - arrived)
        best = min(best, (on_the_way / 2, (arrived - sent + answered - seen) / 2))
    return ExchangeReport(
        answered=True,
        slowest_seconds=slowest,
        skew_seconds=best[1],
        skew_bound_seconds=max(best[0], 0.0),
    )


class Answerer:
    """The manager's side."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._answered: set[str] = set()

    def answer(self) -> bool:
        """Answer new questions; whether there were any."""
        seen = {name for name in os.listdir(self._folder) if name.endswith(_QUESTION)}
        arrived = time.time()
        for name in seen - self._answered:
            path = self._folder / f"{name.removesuffix(_QUESTION)}{_ANSWER}"
            _write(path, f"{arrived!r} {time.time()!r}")
        new, self._answered = seen - self._answered, seen
        return bool(new)


def _wait_for(folder: Path, name: str) -> str | None:
    """Text of a file that somebody else writes; listing a directory makes NFS look."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while name not in os.listdir(folder):
        if time.monotonic() > deadline:
            return None
        time.sleep(POLL_SECONDS)
    return (folder / name).read_text()


def _write(path: Path, text: str) -> None:
    temporary = path.with_suffix(f"{path.suffix}.new")
    temporary.write_text(text)
    temporary.replace(path)
