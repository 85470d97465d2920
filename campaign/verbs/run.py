"""`perrin run`."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import typer
from rich.console import Console

from ..conclusion import Conclusion, conclude
from ..duration import duration
from ..precision.table import precision_table
from ..progress import describe, make_watcher
from ..runner import run_campaign
from .printing import console, print_json, print_quarantine
from .status import standing_document


def run_and_show(
    file: Path,
    site: str | None,
    *,
    takeover: bool,
    retry: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run a campaign and print where it stands; the exit status is that of its conclusion."""
    began = time.monotonic()
    with make_watcher(Console(stderr=as_json), quiet=quiet) as watcher:
        departure = run_campaign(file, watcher, site=site, takeover=takeover, retry=retry)
    conclusion = conclude(file, site, departure)
    if as_json:
        print_json(_document(conclusion))
    else:
        console.print(f"{describe(departure.standing)} in {duration(time.monotonic() - began)}")
        _print(conclusion, file)
    if conclusion.exit_status:
        raise typer.Exit(conclusion.exit_status)


def _document(conclusion: Conclusion) -> dict[str, object]:
    learning, precision = conclusion.learning, conclusion.precision
    cause = conclusion.departure.cause
    return {
        **standing_document(conclusion.departure.standing),
        "learning": dataclasses.asdict(learning) if learning else None,
        "precision": precision.as_document() if precision else None,
        "left_after": cause.value if cause else None,
    }


def _print(conclusion: Conclusion, file: Path) -> None:
    print_quarantine(conclusion.quarantined, file)
    if conclusion.precision is not None:
        console.print(precision_table(conclusion.precision))
        console.print(f"precision: {conclusion.precision.text}", soft_wrap=True, highlight=False)
    if conclusion.learning is not None:
        console.print(f"learning: {conclusion.learning.text}", soft_wrap=True, highlight=False)
        console.print(f"next: perrin report {file}", soft_wrap=True)
    elif not conclusion.is_complete and not conclusion.departure.standing.replicas_quarantined:
        console.print(f"not finished; continue with: perrin run {file}", soft_wrap=True)
