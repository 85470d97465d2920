"""What a manager does, told twice: to whoever looks on, and in its log."""

from __future__ import annotations

import contextlib
import datetime
from typing import Any, Protocol

from .logbook import Logbook
from .progress import LineWatcher
from .standing import Standing
from .verdict import last_line

LOG_SECONDS = 60.0
_DIGITS = 12
_UNUSUAL = ("lost", "raised", "crashed", "unlaunched", "damaged")


class Display(Protocol):
    """Shows how the campaign proceeds, to somebody who may be gone."""

    def update(self, standing: Standing) -> None:
        """Take note of the standing."""

    def say(self, message: str) -> None:
        """Pass on a remark."""


class Chronicle:
    """The watcher of a manager: a display, which may fail, and the log."""

    def __init__(self, display: Display, log: Logbook) -> None:
        self._display, self._log = display, log
        self._lines = LineWatcher(log.write, LOG_SECONDS)

    def update(self, standing: Standing) -> None:
        """Show the standing; log it now and then."""
        with contextlib.suppress(OSError):
            self._display.update(standing)
        self._lines.update(standing)

    def say(self, message: str) -> None:
        """Show and log a remark."""
        with contextlib.suppress(OSError):
            self._display.say(message)
        self._lines.say(message)

    def note(self, event: dict[str, Any]) -> None:
        """Log an event of the journal that people would want to know of."""
        text = words_of(event)
        if text:
            self._log.write(text)


def words_of(event: dict[str, Any]) -> str:
    """Say in words what happened; nothing for what happens all the time."""
    match event["event"]:
        case "manager-started":
            process = event["process"]
            return (
                f"generation {event['generation']}: process {process['pid']} on {process['host']}"
            )
        case "block-submitted":
            return f"block {event['job']} is asked for ({event['name']})"
        case "block-started":
            return f"block {event['job']} runs on {event['nodes']}{_until(event['ends'])}"
        case "block-registered":
            workers = "a worker" if event["workers"] == 1 else f"{event['workers']} workers"
            return f"block {event['job']} has {workers}"
        case "block-held":
            return f"block {event['job']} gets no more tasks: {event['reason']}"
        case "block-ended":
            how = "" if event["registered"] else " without ever having had a worker"
            return f"block {event['job']} has ended{how}"
        case "try-ended" if event["ending"].startswith(_UNUSUAL):
            reason = event.get("reason", "")
            return f"try {event['token']} of task {event['task']}: {event['ending']} {reason}"
        case "result-missing":
            return f"{event['file']} is gone; its replicas are computed again"
        case "failed":
            return f"{event['replica'][:_DIGITS]} raised {last_line(event['traceback'])}"
        case "quarantined":
            return f"{event['replica'][:_DIGITS]} is quarantined: {event['reason']}"
        case "released":
            keys = event.get("replicas")
            what = "everything" if keys is None else ", ".join(key[:_DIGITS] for key in keys)
            return f"released from quarantine: {what}"
        case _:
            return ""


def _until(ends: float | None) -> str:
    if ends is None:
        return ""
    return f" until {datetime.datetime.fromtimestamp(ends).isoformat(' ', 'seconds')}"
