"""Why a replica is as it is: computed, recomputed, waiting or quarantined."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .. import PerrinError
from ..engines.ensemble import EnsembleFile
from ..engines.identity import Physics, differences
from .journal import read_events, read_state
from .layout import Layout
from .plan import Plan
from .precision.decision import Decision, ensemble_of
from .releases import with_requests
from .store import Store
from .verdict import last_line

LEARNING_TASKS = ("train-", "explore-")


class UnknownKeyError(PerrinError, KeyError):
    """A replica key that the campaign does not have."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Explanation:
    """What is known of one replica.

    Attributes
    ----------
    state
        "published", "quarantined" or "pending".
    story
        What happened to it, oldest first.
    """

    key: str
    state: str
    story: list[str]


def explain(plan: Plan, layout: Layout, store: Store, prefix: str) -> Explanation:
    """Tell the story of the one replica whose key begins with `prefix`."""
    quarantined = with_requests(read_state(layout.journal), layout.lease).quarantined
    learned = [key for key in _learning_keys(layout) if key.startswith(prefix)]
    if len(learned) == 1 and not any(key.startswith(prefix) for key in plan.wanted):
        return _explain_learning(layout, store, learned[0], quarantined)
    key = _complete(plan, prefix)
    story = [_origin(plan, layout, store, key), *_added(plan, layout, key)]
    story += _events(layout, store, key)
    if plan.is_published(key, store):
        location = store.index.find(key, plan.sampling_hash)
        if location is not None:
            story += _runs(layout, location.file, key)
        return Explanation(key, "published", story)
    if key in quarantined:
        return Explanation(key, "quarantined", [*story, f"quarantined: {quarantined[key]}"])
    steps, total = store.steps_done(key, plan.sampling_hash), plan.wanted[key][0].total_steps
    return Explanation(key, "pending", [*story, f"{steps} of {total} steps are durable"])


def _learning_keys(layout: Layout) -> set[str]:
    """Keys of all members and explorations that were ever queued."""
    return {
        key
        for event in read_events(layout.journal)
        if event.get("event") == "task" and event["task"].startswith(LEARNING_TASKS)
        for key in event["replicas"]
    }


def _explain_learning(
    layout: Layout, store: Store, key: str, quarantined: dict[str, str]
) -> Explanation:
    """Tell the story of a member of a committee, or of an exploration."""
    member, explored = layout.models / f"{key}.json", layout.explored / f"{key}.npz"
    story = _events(layout, store, key)
    if key in quarantined:
        return Explanation(key, "quarantined", [*story, f"quarantined: {quarantined[key]}"])
    for path in (member, explored):
        if path.exists():
            return Explanation(key, "published", [*story, f"published in {path}"])
    return Explanation(key, "pending", story)


def _complete(plan: Plan, prefix: str) -> str:
    matches = [key for key in plan.wanted if key.startswith(prefix)]
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise UnknownKeyError(
            f"{prefix}: no replica of this campaign; `perrin ls --replicas` shows the keys"
        )
    raise UnknownKeyError(f"{prefix}: begins {len(matches)} keys; give more digits")


def _origin(plan: Plan, layout: Layout, store: Store, key: str) -> str:
    """Say which stored replica comes closest, and what about it differs."""
    point, replica = plan.wanted[key]
    if any(True for _ in store.index.holding(key)):
        return f"replica {replica} of state point {point.physics.state_point_hash[:8]}"
    nearest = min(
        (differences(other, point.physics) for other in _stored(layout, store)),
        key=len,
        default=None,
    )
    if nearest is None:
        return "new: nothing is stored yet"
    if not nearest:
        return f"new: replica {replica} of an ensemble that is stored"
    return f"new: differs from the nearest stored ensemble in {'; '.join(nearest)}"


def _stored(layout: Layout, store: Store) -> Iterator[Physics]:
    for name in store.index.files:
        with EnsembleFile(layout.results / name) as file:
            yield from map(file.physics, file.groups)


def _added(plan: Plan, layout: Layout, key: str) -> Iterator[str]:
    """Decisions on a precision that made the replica wanted."""
    point, replica = plan.wanted[key]
    for event in read_events(layout.journal):
        if event.get("event") == "decided":
            decision = Decision(**event["decision"])
            is_ours = decision.ensemble == ensemble_of(plan, point)
            if is_ours and decision.replicas <= replica < decision.wanted:
                yield f"{_date(event['time'])}  {decision.reason}"


def _events(layout: Layout, store: Store, key: str) -> list[str]:
    """Everything dated that concerns a replica, oldest first."""
    dated = [*_journaled(layout, key), *_damaged(store, key)]
    return [f"{_date(time)}  {text}" for time, text in sorted(dated)]


def _date(time: float) -> str:
    return datetime.datetime.fromtimestamp(time).isoformat(" ", "seconds")


def _damaged(store: Store, key: str) -> Iterator[tuple[float, str]]:
    for note in store.damage_notes():
        if key in note.replicas:
            yield note.time, f"set aside with {note.file}: {note.reason}"


def _journaled(layout: Layout, key: str) -> Iterator[tuple[float, str]]:
    tasks = set()
    for event in read_events(layout.journal):
        at = event.get("time", 0.0)
        match event.get("event"):
            case "task" if key in event["replicas"]:
                tasks.add(event["task"])
                steps = event["replicas"][key]
                how = f"resumed from step {steps}" if steps else "from its seed"
                yield at, f"queued in task {event['task']}, {how}"
            case "result-missing" if Path(event["file"]).stem in tasks:
                yield at, f"{event['file']} is gone; its replicas are computed again"
            case "try-ended" if event["task"] in tasks:
                yield at, f"try {event['token']}: {event['ending']}"
            case "failed" if event["replica"] == key:
                yield at, f"raised {last_line(event['traceback'])}"
            case "quarantined" if event["replica"] == key and event["traceback"]:
                yield at, f"quarantined after\n{event['traceback']}"
            case "released" if event.get("replicas") is None:
                yield at, "everything in quarantine was released"
            case "released" if key in event["replicas"]:
                yield at, "released from quarantine"
            case "crashed" if key in event["replicas"]:
                yield at, f"its worker died: {event['reason']}"


def _runs(layout: Layout, name: str, key: str) -> Iterator[str]:
    with EnsembleFile(layout.results / name) as file:
        for row in file.rows():
            if row.key == key:
                for run in file.record(row).runs:
                    yield (
                        f"steps {run.first_step}-{run.last_step} by try {run.token} on {run.host}, "
                        f"{run.cpu_seconds:.1f} s CPU, fingerprint {run.fingerprint[:8]}"
                    )
    yield f"published in {layout.results / name}"
