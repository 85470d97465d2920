"""Taking a snapshot of a campaign from its plan, its files and its journal."""

from __future__ import annotations

from collections.abc import Sequence

from .claims import Claim
from .journal import JournalState
from .learning.ending import ending_of
from .learning.library import Library
from .learning.selection import selections_of
from .outlook import Outlook
from .plan import Plan
from .precision.attainment import attainment
from .snapshot import Snapshot
from .standing import Standing
from .store import Store


def survey(
    plan: Plan,
    store: Store,
    state: JournalState,
    claims: Sequence[Claim],
    standing: Standing,
    *,
    meaning: str,
    generation: int,
    evidence: str | None = None,
    outlook: Outlook | None = None,
) -> Snapshot:
    """Sum up a campaign.

    Parameters
    ----------
    plan, store, state
        The campaign, what is durable of it, and what its journal says.
    claims
        Running tries.
    standing
        Its replicas, counted.
    meaning, generation, evidence
        As in `Snapshot`; the evidence is that of before `store` and `state` were read.
    outlook
        Speed, spending and prospects, as far as a manager watched them.
    """
    attained = attainment(plan, state.decisions)
    return Snapshot(
        campaign=meaning,
        generation=generation,
        standing=standing,
        tasks_running=len(claims),
        quarantined=state.quarantined,
        learning=_learning(plan, store, state, claims, may_have_ended=evidence is not None),
        precision=attained.as_document() if attained else None,
        precision_text=attained.text if attained else None,
        evidence=evidence,
        outlook=outlook,
    )


def _learning(
    plan: Plan, store: Store, state: JournalState, claims: Sequence[Claim], *, may_have_ended: bool
) -> str | None:
    """In a few words: what is being done, or why it has ended, or how far it is."""
    learning = plan.campaign.learning
    if learning is None:
        return None
    titles = sorted({claim.title for claim in claims if claim.title})
    if titles:
        return "; ".join(titles)
    if may_have_ended:
        ending = ending_of(Library(plan, store.layout, store, state))
        if ending is not None:
            return ending.text
    selections = selections_of(plan.campaign, state.selections)
    return f"{len(selections)} of {learning.rounds} rounds selected"
