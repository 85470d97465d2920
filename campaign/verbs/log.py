"""`perrin log`."""

from __future__ import annotations

import time
from pathlib import Path

from ... import PerrinError
from ..layout import Layout
from ..logbook import Tail, last_lines

POLL_SECONDS = 0.5


class NoLogError(PerrinError, FileNotFoundError):
    """A campaign that no manager has ever had."""


def show_log(file: Path, *, lines: int, follow: bool) -> None:
    """Print the last lines of the log, and with `follow` all that come, until interrupted."""
    path = Layout.of(file).log
    tail = Tail(path)
    found = last_lines(path, lines)
    if not path.exists() and not follow:
        raise NoLogError(f"{path}: nothing is logged yet; begin with `perrin run {file}`")
    _print(found)
    while follow:
        time.sleep(POLL_SECONDS)
        _print(tail.read())


def _print(lines: list[str]) -> None:
    for line in lines:
        print(line, flush=True)
