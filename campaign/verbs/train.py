"""`perrin train`."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console

from ... import PerrinError
from ..journal import read_state
from ..layout import Layout
from ..learning.training_table import training_table
from ..load import load_campaign
from ..progress import make_watcher
from ..runner import run_campaign
from ..tables import training_rows
from .consent import ask_to_train
from .opening import open_library
from .printing import console, print_json, print_quarantine


class LearningError(PerrinError, ValueError):
    """Learning was asked of a campaign that cannot learn, or not yet."""


def train_and_show(file: Path, site: str | None, *, retry: bool, yes: bool, as_json: bool) -> None:
    """Train a committee and print its members; exit status 1 if any is missing."""
    if load_campaign(file).learning is None:
        raise LearningError(f"{file}: no [learning] table, so there is nothing to train")
    ask_to_train(file, site, yes=yes)
    with make_watcher(Console(stderr=as_json)) as watcher:
        run_campaign(file, watcher, site=site, retry=retry, only_train=True)
    library = open_library(file, site)
    committee = library.committee_so_far() if library is not None else None
    if library is None or committee is None:
        raise LearningError(f"{file}: no field is simulated yet; begin with `perrin run {file}`")
    rows = training_table(library, committee)
    if as_json:
        print_json({"members": rows, "missing": len(committee.missing)})
    else:
        console.print(training_rows(rows))
        for row in rows:
            console.print(f"member {row['member']}  {row['file']}", soft_wrap=True)
        print_quarantine(read_state(Layout.of(file).journal).quarantined, file)
    if committee.missing or not committee.is_usable:
        raise typer.Exit(1)
