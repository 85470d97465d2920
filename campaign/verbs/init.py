"""`perrin init`."""

from __future__ import annotations

from pathlib import Path

from ..scaffold import write_scaffold
from .printing import console, print_json


def make_campaign(directory: Path, as_json: bool) -> None:
    """Write a campaign file to start from."""
    written = write_scaffold(directory, directory.resolve().name)
    if as_json:
        print_json({"written": [str(path) for path in written]})
        return
    for path in written:
        console.print(f"wrote {path}")
    console.print(f"next: perrin plan {directory / 'campaign.toml'}")
