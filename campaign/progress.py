"""Showing how a campaign proceeds: a bar with an ETA on a terminal, lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import NamedTuple, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from .duration import duration
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
        self._name = ""
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
        now = current(standing)
        if now.name != self._name:
            self._name = now.name
            self._progress.reset(self._task)
        self._progress.update(self._task, description=now.text, total=now.total, completed=now.done)

    def say(self, message: str) -> None:
        """Print a remark above the bar, once."""
        if message != self._last:
            self._last = message
            self._progress.console.print(message)


class LineWatcher:
    """One line every now and then, for logs.

    Parameters
    ----------
    show
        Told each line.
    seconds
        How long to be silent about mere progress.
    """

    def __init__(self, show: Callable[[str], object], seconds: float) -> None:
        self._show, self._seconds = show, seconds
        self._started = self._shown = time.monotonic()
        self._first = 0.0
        self._name = ""
        self._last = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, standing: Standing) -> None:
        """Print a line if the last one is old."""
        now, activity = time.monotonic(), current(standing)
        if activity.name != self._name:
            self._name, self._started, self._first = activity.name, now, activity.done
            self._shown = now
            self._show(activity.text)
        elif now - self._shown > self._seconds:
            self._shown = now
            rate = (activity.done - self._first) / (now - self._started)
            left = (activity.total - activity.done) / rate if rate > 0 else None
            eta = f", about {duration(left)} left" if left is not None else ""
            share = 100 * activity.done / max(1, activity.total)
            self._show(f"{activity.text}, {share:.0f} %{eta}")

    def say(self, message: str) -> None:
        """Print a remark, once."""
        if message != self._last:
            self._last = message
            self._show(message)


class Silence:
    """Shows nothing: the log says it all."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, standing: Standing) -> None:
        """Show nothing."""

    def say(self, message: str) -> None:
        """Show nothing."""


class Activity(NamedTuple):
    """What is being done: its name, the same with counts, how much is done, and of how much."""

    name: str
    text: str
    done: float
    total: float


def current(standing: Standing) -> Activity:
    """Simulating, unless nothing is left to simulate and learning has something to do."""
    if standing.stages and standing.replicas_waiting + standing.replicas_running == 0:
        stage = standing.stages[0]
        text = f"{stage.title} {int(stage.done)}/{stage.total}"
        return Activity(stage.title, text, stage.done, stage.total)
    return Activity("replicas", describe(standing), standing.steps_done, standing.steps_total)


def describe(standing: Standing) -> str:
    """Replicas done of all, and how many are in quarantine."""
    text = f"{standing.replicas_done}/{standing.replicas_total} replicas"
    if standing.replicas_quarantined:
        text += f", {standing.replicas_quarantined} quarantined"
    return text


def make_watcher(console: Console, *, quiet: bool = False) -> BarWatcher | LineWatcher | Silence:
    """Choose by whether somebody looks."""
    if quiet:
        return Silence()
    if console.is_terminal:
        return BarWatcher(console)
    return LineWatcher(partial(console.print, soft_wrap=True), LINE_SECONDS)
