"""`perrin verify`."""

from __future__ import annotations

from pathlib import Path

import typer

from ..layout import Layout
from ..learning.damage import verify as verify_learning
from ..load import load_campaign
from ..store import Store
from .printing import console, print_json


def verify_files(file: Path, as_json: bool) -> None:
    """Check every file and print what is damaged; exit status 1 if anything is."""
    layout = Layout.of(file)
    load_campaign(file)
    store = Store.open(layout)
    count = sum(1 for _ in layout.results.glob("*.h5"))
    learned, failures = verify_learning(store)
    count, failures = count + learned, [*store.verify(), *failures]
    if as_json:
        print_json({"files": count, "damaged": [str(failure) for failure in failures]})
    else:
        console.print(f"{count} files checked, {len(failures)} damaged")
        for failure in failures:
            console.print(f"  {failure}: moved to {layout.damaged}", soft_wrap=True)
    if failures:
        raise typer.Exit(1)
