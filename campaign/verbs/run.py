"""`perrin run`."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import typer
from rich.console import Console

from ..journal import read_state
from ..layout import Layout
from ..learning.ending import ending_of
from ..progress import describe, make_watcher
from ..runner import run_campaign
from ..tables import duration
from .opening import open_library
from .printing import console, print_json, print_quarantine
from .status import standing_document


def run_and_show(
    file: Path, site: str | None, *, takeover: bool, retry: bool, as_json: bool
) -> None:
    """Run a campaign and print where it stands; exit status 1 if anything is left to do."""
    began = time.monotonic()
    with make_watcher(Console(stderr=as_json)) as watcher:
        standing = run_campaign(file, watcher, site=site, takeover=takeover, retry=retry)
    library = open_library(file, site)
    ending = ending_of(library) if library is not None else None
    complete = standing.is_complete and (library is None or ending is not None)
    if as_json:
        document = standing_document(standing)
        document["learning"] = dataclasses.asdict(ending) if ending else None
        print_json(document)
    else:
        console.print(f"{describe(standing)} in {duration(time.monotonic() - began)}")
        print_quarantine(read_state(Layout.of(file).journal).quarantined, file)
        if ending is not None:
            console.print(f"learning: {ending.text}", soft_wrap=True, highlight=False)
            console.print(f"next: perrin report {file}", soft_wrap=True)
        elif not complete and not standing.replicas_quarantined:
            console.print(f"not finished; continue with: perrin run {file}")
    if not complete or (ending is not None and ending.is_failure):
        raise typer.Exit(1)
