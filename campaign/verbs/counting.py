"""Counting a campaign from its files, for when no snapshot can be believed."""

from __future__ import annotations

import time
from pathlib import Path

from ..claims import Claim, read_claims
from ..collector import without_collector
from ..journal import read_state
from ..layout import Layout
from ..lease import newest_generation
from ..open_plan import open_plan
from ..outlook import Outlook
from ..releases import with_requests
from ..snapshot import Snapshot, evidence_of, meaning_of
from ..store import Store
from ..survey import survey
from ..tally import Tally


def count_campaign(file: Path) -> Snapshot:
    """Take a snapshot of a campaign as its files are now."""
    with without_collector():
        return _count(file)


def _count(file: Path) -> Snapshot:
    layout = Layout.of(file)
    meaning, generation = meaning_of(file), newest_generation(layout.lease)
    evidence = evidence_of(layout)
    claims = [claim for claim in read_claims(layout.claims) if _is_live(claim, generation)]
    planned, layout = open_plan(file)
    store, state = Store.open(layout), with_requests(read_state(layout.journal), layout.lease)
    store.read_checkpoints()
    return survey(
        planned,
        store,
        state,
        claims,
        Tally(store).standing(planned, state.quarantined, claims),
        meaning=meaning,
        generation=generation,
        evidence=None if claims else evidence,
        outlook=Outlook(core_hours_spent=state.ledger.granted(time.time()) / 3600),
    )


def _is_live(claim: Claim, generation: int) -> bool:
    """Whether a claim is of the newest manager and, as far as one can tell, of a live process."""
    dead = claim.process.is_local and not claim.process.is_alive()
    return claim.generation == generation and not dead
