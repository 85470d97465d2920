"""A manager in the background: a process of its own session, whose words go to files."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .jsonlines import read_json_lines
from .layout import Layout
from .lease import holder, newest_generation
from .logbook import Tail
from .processes import ProcessName

POLL_SECONDS = 0.1
COMMAND = (sys.executable, "-P", "-m", "perrin.campaign")
"""The `perrin` command; nothing in the working directory is imported."""


@dataclass(frozen=True)
class Started:
    """A process in the background, and its exit status if it has ended already."""

    process: ProcessName
    exit_status: int | None
    words: str


def start_detached(file: Path, arguments: Sequence[str], say: Callable[[str], None]) -> Started:
    """Start `perrin run` in the background; return when it hands out work, or has ended.

    Parameters
    ----------
    file
        The campaign file.
    arguments
        Further arguments of `perrin run`.
    say
        Told what it logs meanwhile.
    """
    layout = Layout.of(file)
    layout.create()
    output = layout.executor / "manager.out"
    tail = Tail(layout.log)
    with open(output, "wb") as out:
        child = subprocess.Popen(
            [*COMMAND, "run", str(file.resolve()), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        name = ProcessName.of(child.pid)
        status = None
        while status is None and not _works(name, layout):
            time.sleep(POLL_SECONDS)
            status = child.poll()
            for line in tail.read():
                say(line)
    return Started(name, status, output.read_text(errors="replace").strip())


def _works(process: ProcessName, layout: Layout) -> bool:
    """Whether a process holds the lease and has started its executor."""
    if holder(layout.lease) != process:
        return False
    path = layout.journal / f"{newest_generation(layout.lease):06d}.jsonl"
    return path.exists() and any(
        event.get("event") == "started-processes" for event in read_json_lines(path)
    )
