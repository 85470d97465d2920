"""Showing how a campaign proceeds: a bar with an ETA on a terminal, lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from .standing import Standing

LINE_SECONDS = 15.0


class BarWatcher:
    """A progress bar over simulation steps, with counts of replicas."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            console=console,
        )
        self._task = self._progress.add_task("starting", total=None)
        self._last = ""

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def update(self, standing: Standing) -> None:
        """Move the bar."""
        self._progress.update(
            self._task,
            description=describe(standing),
            total=standing.steps_total,
            completed=standing.steps_done,
        )

    def say(self, message: str) -> None:
        """Print a remark above the bar, once."""
        if message != self._last:
            self._last = message
            self._progress.console.print(message)


class LineWatcher:
    """One line every now and then, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = self._shown = time.monotonic()
        self._first: Standing | None = None
        self._last = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, standing: Standing) -> None:
        """Print a line if the last one is old."""
        now = time.monotonic()
        if self._first is None:
            self._first = standing
        elif now - self._shown > LINE_SECONDS:
            self._shown = now
            share = 100 * standing.steps_done / max(1, standing.steps_total)
            rate = (standing.steps_done - self._first.steps_done) / (now - self._started)
            left = (standing.steps_total - standing.steps_done) / rate if rate > 0 else None
            eta = f", {left:.0f} s left" if left is not None else ""
            self._console.print(f"{describe(standing)}, {share:.0f} % of all steps{eta}")

    def say(self, message: str) -> None:
        """Print a remark, once."""
        if message != self._last:
            self._last = message
            self._console.print(message)


def describe(standing: Standing) -> str:
    """Replicas done of all, and how many are in quarantine."""
    text = f"{standing.replicas_done}/{standing.replicas_total} replicas"
    if standing.replicas_quarantined:
        text += f", {standing.replicas_quarantined} quarantined"
    return text


def make_watcher(console: Console) -> BarWatcher | LineWatcher:
    """Choose by whether somebody looks."""
    return BarWatcher(console) if console.is_terminal else LineWatcher(console)
