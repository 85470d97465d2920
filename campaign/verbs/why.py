"""`perrin why`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ..why import explain
from .opening import open_campaign
from .printing import console, print_json


def tell_why(file: Path, key: str, as_json: bool) -> None:
    """Print the story of a replica."""
    planned, layout, store = open_campaign(file)
    store.read_checkpoints()
    explanation = explain(planned, layout, store, key)
    if as_json:
        print_json(dataclasses.asdict(explanation))
        return
    console.print(f"{explanation.key}: {explanation.state}")
    for line in explanation.story:
        console.print(f"  {line}", soft_wrap=True, highlight=False)
