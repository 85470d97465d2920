"""Collecting what a report is about: from plan, files and journal to `Findings`."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.dataset import one_body_dataset
from ...engines.ensemble import Row
from ...engines.provenance import provenance
from ..journal import JournalState, read_events, read_state
from ..layout import Layout
from ..learning.fields import Purpose
from ..lease import holder
from ..plan import Plan
from ..precision.attainment import attainment
from ..precision.decision import Decision
from ..reduce import partial_reduction
from ..store import Store
from .findings import Findings, Learned, Simulated
from .reader import Reader
from .spending import Stage, measure_spending

if TYPE_CHECKING:
    from ..learning.library import Committee, Library

SHOWN_FIELDS = 5


def gather(plan: Plan, layout: Layout, store: Store, source: str) -> Findings:
    """Look at everything that a campaign has come to; writes data sets and nothing else.

    Parameters
    ----------
    plan, layout, store
        The campaign.
    source
        Text of its file.
    """
    reader, state, learned = Reader(), read_state(layout.journal), None
    members: dict[str, str] = {}
    if plan.campaign.learning is not None:
        from ..learning.library import Library
        from .learned import Judge

        library = Library(plan, layout, store, state)
        learned = Judge(library, reader).learned()
        members = _members(library, reader)
    events = list(read_events(layout.journal))
    return Findings(
        campaign=plan.campaign,
        source=source,
        simulated=_simulated(plan, store),
        quarantined=_quarantined(plan, store, state, members),
        spending=measure_spending(events, _processors(plan), _now(layout)),
        software=_software(events),
        fields=_fields(plan, layout, store, learned, reader),
        learned=learned,
        attained=attainment(plan, state.decisions),
        decisions=tuple(_decisions(plan, events)),
        complaints=tuple(reader.complaints),
    )


def _decisions(plan: Plan, events: Iterable[Mapping[str, Any]]) -> Iterator[Decision]:
    """Journaled decisions that answer to the present target."""
    precision = plan.campaign.precision
    if precision is None:
        return
    for event in events:
        if event.get("event") == "decided":
            decision = Decision(**event["decision"])
            if decision.answers(precision):
                yield decision


def _simulated(plan: Plan, store: Store) -> dict[Purpose, Simulated]:
    counts: dict[Purpose, list[int]] = defaultdict(lambda: [0, 0])
    for key, (point, _) in plan.wanted.items():
        counts[point.purpose][0] += plan.is_published(key, store)
        counts[point.purpose][1] += 1
    return {purpose: Simulated(*counts[purpose]) for purpose in Purpose if purpose in counts}


def _quarantined(
    plan: Plan, store: Store, state: JournalState, members: Mapping[str, str]
) -> dict[str, str]:
    """Name what is in quarantine, but for replicas of other plans and those published since."""
    found = {}
    for key, reason in state.quarantined.items():
        if key in plan.wanted and not plan.is_published(key, store):
            point, replica = plan.wanted[key]
            name = f"replica {replica} of state point {point.physics.state_point_hash[:8]}"
            found[f"{name} ({point.purpose})"] = reason
        elif key in members:
            found[members[key]] = reason
    return found


def _members(library: Library, reader: Reader) -> dict[str, str]:
    """Members of all committees, in words."""
    found: dict[str, str] = {}
    for number in range(len(library.selections) + 1):
        for branch in (Purpose.SELECTED, Purpose.RANDOM):
            committee = reader.read(partial(library.committee, branch, number))
            found = {**_names(committee), **found}
    return found


def _names(committee: Committee | None) -> dict[str, str]:
    if committee is None:
        return {}
    kind = " on random fields" if committee.branch is Purpose.RANDOM else ""
    return {
        member.key: f"member {member.number} of round {committee.round}{kind}"
        for member in committee.members
    }


def _processors(plan: Plan) -> dict[Stage, int]:
    learning = plan.campaign.learning
    processes = learning.training.processes if learning is not None else 1
    return {
        Stage.SIMULATE: plan.site.threads_per_worker,
        Stage.TRAIN: processes,
        Stage.EXPLORE: 1,
    }


def _now(layout: Layout) -> float | None:
    """Time, if a manager is running on this host."""
    manager = holder(layout.lease)
    running = manager is not None and manager.is_local and manager.is_alive()
    return time.time() if running else None


def _software(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the last manager ran on, else what this process runs on."""
    found = [e["software"] for e in events if isinstance(e.get("software"), dict)]
    return found[-1] if found else provenance()


def _fields(
    plan: Plan, layout: Layout, store: Store, learned: Learned | None, reader: Reader
) -> Any:
    """Reduce a few state points: held-out ones from well to badly predicted, or the first ones."""
    rows: dict[str, list[Row]] = defaultdict(list)
    shown = _shown(plan, store, learned)
    for key, (point, _) in plan.wanted.items():
        location = store.index.find(key, plan.sampling_hash)
        if point.physics.state_point_hash in shown and location is not None:
            rows[location.file].append(location.row)
    fields, damaged = partial_reduction(str(layout.results), rows)
    for name, reason in damaged:
        reader.complain(f"{layout.results / name}: {reason}")
    return one_body_dataset(fields) if fields.sums else None


def _shown(plan: Plan, store: Store, learned: Learned | None) -> set[str]:
    """Hashes of the state points to show."""
    judged = learned.judged if learned is not None else []
    judgement = judged[-1].judgement if judged else None
    if judgement is not None:
        order = np.argsort(judgement.true_errors)
        count = min(SHOWN_FIELDS, len(order))
        ranks = np.linspace(0, len(order) - 1, count).round().astype(int)
        return {judgement.names[row] for row in order[ranks]}
    purpose = Purpose.INITIAL if learned is None else Purpose.HELD_OUT
    published = dict.fromkeys(
        point.physics.state_point_hash
        for key, (point, _) in plan.wanted.items()
        if point.purpose is purpose and store.index.find(key, plan.sampling_hash) is not None
    )
    return set(list(published)[:SHOWN_FIELDS])
