"""What verbs print with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console

WIDE = 200
"""Columns for tables that nobody sees on a terminal: nothing is cut."""

console = Console()


def print_json(document: Any) -> None:
    """Print a document for scripts."""
    print(json.dumps(document, indent=2))


def warn(message: str) -> None:
    """Print a warning where it does not mix with what was asked for."""
    Console(stderr=True).print(f"[yellow]warning:[/] {message}", soft_wrap=True)


def print_quarantine(quarantined: dict[str, str], file: Path) -> None:
    """Print what is in quarantine, and what to do about it."""
    for key, reason in quarantined.items():
        console.print(f"[red]quarantined[/] {key[:12]}  {reason}", soft_wrap=True)
    if quarantined:
        console.print(f"see `perrin why {file} KEY`; mend the cause, then `perrin run --retry`")
