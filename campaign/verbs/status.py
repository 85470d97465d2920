"""`perrin status`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from rich.table import Table

from ..claims import Claim, read_claims
from ..journal import read_state
from ..layout import Layout
from ..learning.ending import ending_of
from ..learning.library import Library
from ..lease import newest_generation
from ..standing import Standing, measure_standing
from .living import living_manager
from .opening import open_campaign, open_library
from .printing import console, print_json, print_quarantine


def show_status(file: Path, as_json: bool) -> None:
    """Print where a campaign stands and who manages it."""
    planned, layout, store = open_campaign(file)
    store.read_checkpoints()
    claims = [claim for claim in read_claims(layout.claims) if _is_live(claim, layout)]
    state = read_state(layout.journal)
    standing = measure_standing(planned, store, state.quarantined, claims)
    manager = living_manager(layout)
    library = open_library(file)
    if as_json:
        document = standing_document(standing)
        document["manager"] = manager.as_document() if manager else None
        document["quarantined"] = state.quarantined
        document["learning"] = _learning_state(library, claims) if library else None
        print_json(document)
        return
    share = 100 * standing.steps_done / max(1, standing.steps_total)
    table = Table(show_header=False, box=None)
    table.add_row("replicas", f"{standing.replicas_done} of {standing.replicas_total} published")
    table.add_row("running", f"{standing.replicas_running} in {len(claims)} tasks")
    table.add_row("waiting", str(standing.replicas_waiting))
    table.add_row("steps", f"{share:.0f} %")
    if library is not None:
        table.add_row("learning", _learning_state(library, claims))
    table.add_row("manager", f"process {manager.pid} on {manager.host}" if manager else "none")
    console.print(table)
    print_quarantine(state.quarantined, file)


def standing_document(standing: Standing) -> dict[str, Any]:
    """Plain values of a standing, and what follows from them."""
    document = dataclasses.asdict(standing)
    return {**document, "complete": standing.is_complete, "waiting": standing.replicas_waiting}


def _learning_state(library: Library, claims: list[Claim]) -> str:
    """In a few words: what is being done, or why it has ended, or how far it is."""
    titles = sorted({claim.title for claim in claims if claim.title})
    if titles:
        return "; ".join(titles)
    ending = ending_of(library)
    if ending is not None:
        return ending.text
    return f"{len(library.selections)} of {library.learning.rounds} rounds selected"


def _is_live(claim: Claim, layout: Layout) -> bool:
    """Whether a claim is of the newest manager and, as far as one can tell, of a live process."""
    dead = claim.process.is_local and not claim.process.is_alive()
    return claim.generation == newest_generation(layout.lease) and not dead
