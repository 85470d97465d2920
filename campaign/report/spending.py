"""Where the time of a campaign went, from its journal.

A stage takes wall time while any of its tries runs; managers take the rest: starting workers,
reducing, selecting, waiting. Pauses between managers do not count. Clocks are Unix times of the
manager and its workers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

Interval: TypeAlias = tuple[float, float]


class Stage(StrEnum):
    """What time is spent on."""

    SIMULATE = "simulate"
    TRAIN = "train"
    EXPLORE = "explore"
    UNFINISHED = "lost or running"
    REST = "the rest"

    @classmethod
    def of(cls, task: str) -> Stage:
        """Stage that a task of this name belongs to."""
        if task.startswith("train-"):
            return cls.TRAIN
        return cls.EXPLORE if task.startswith("explore-") else cls.SIMULATE


@dataclass(frozen=True)
class StageSpending:
    """What one stage took.

    Attributes
    ----------
    tries
        How many tries it had.
    wall, core
        Wall time with any of them running, and processor time, seconds.
    intervals
        When that was, in seconds of the managers' time.
    """

    stage: Stage
    tries: int
    wall: float
    core: float
    intervals: tuple[Interval, ...]


@dataclass(frozen=True)
class Spending:
    """Where the time went.

    Attributes
    ----------
    wall
        Time of all managers, seconds.
    stages
        In the order of `Stage`, those with any time.
    managers
        How many there were, as far as the journal goes back.
    is_whole
        Whether the journal goes back to the first manager.
    """

    wall: float = 0.0
    stages: tuple[StageSpending, ...] = ()
    managers: int = 0
    is_whole: bool = True


@dataclass
class _Manager:
    """One manager's events."""

    generation: int
    began: float
    ended: float
    tries: dict[str, float] = field(default_factory=dict)
    intervals: dict[Stage, list[Interval]] = field(default_factory=dict)


def measure_spending(
    events: Iterable[Mapping[str, Any]],
    processors: Mapping[Stage, int],
    now: float | None = None,
) -> Spending:
    """Add up the tries of all managers.

    Parameters
    ----------
    events
        Records of the journal, oldest first.
    processors
        How many processors a try of a stage keeps busy; unknown, or none, if not given.
    now
        Unix time, if the last manager is running.
    """
    managers = list(_managers(events))
    if managers and now is not None:
        managers[-1].ended = max(now, managers[-1].ended)
    for manager in managers:
        _count_unfinished(manager)
    offset, spans = 0.0, dict[Stage, list[Interval]]()
    for manager in managers:
        for stage, intervals in manager.intervals.items():
            shift = offset - manager.began
            spans.setdefault(stage, []).extend((a + shift, b + shift) for a, b in intervals)
        offset += manager.ended - manager.began
    busy = union([interval for intervals in spans.values() for interval in intervals])
    idle = _gaps(busy, offset)
    rest = StageSpending(Stage.REST, 0, _length(idle), 0.0, idle)
    found = [_spent(s, spans[s], processors.get(s, 0)) for s in Stage if _length(spans.get(s, ()))]
    return Spending(
        wall=offset,
        stages=(*found, rest) if managers else (),
        managers=len(managers),
        is_whole=not managers or managers[0].generation <= 1,
    )


def union(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """Merge intervals that overlap."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _managers(events: Iterable[Mapping[str, Any]]) -> Iterator[_Manager]:
    """Cut the journal into managers, and their tries into intervals."""
    manager: _Manager | None = None
    for event in events:
        try:
            name, time = event["event"], float(event["time"])
            if name == "manager-started":
                if manager is not None:
                    yield manager
                manager = _Manager(int(event["generation"]), time, time)
            elif manager is not None and name != "snapshot":
                manager.ended = max(time, manager.ended)
                _note(manager, name, time, event)
        except (KeyError, TypeError, ValueError):
            continue
    if manager is not None:
        yield manager


def _note(manager: _Manager, name: str, time: float, event: Mapping[str, Any]) -> None:
    if name == "try":
        manager.tries[event["token"]] = time
    elif name == "try-ended":
        submitted = manager.tries.pop(event["token"], time)
        stages = event.get("stages") or {}
        stage = Stage.of(event["task"]) if stages else Stage.UNFINISHED
        start = float(stages.get("started", submitted))
        end = float(stages.get("published", time))
        manager.intervals.setdefault(stage, []).append(
            (max(start, manager.began), min(end, manager.ended))
        )


def _count_unfinished(manager: _Manager) -> None:
    """Count tries that have not ended, or whose manager died first."""
    for submitted in manager.tries.values():
        manager.intervals.setdefault(Stage.UNFINISHED, []).append((submitted, manager.ended))


def _spent(stage: Stage, intervals: Sequence[Interval], processors: int) -> StageSpending:
    merged = union(intervals)
    core = processors * _length(intervals)
    return StageSpending(stage, len(intervals), _length(merged), core, merged)


def _gaps(intervals: Sequence[Interval], end: float) -> tuple[Interval, ...]:
    """What `intervals`, merged and in order, leave free between 0 and `end`."""
    edges = [0.0, *(edge for interval in intervals for edge in interval), end]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((start, stop) for start, stop in pairs if stop > start)


def _length(intervals: Iterable[Interval]) -> float:
    return sum(max(0.0, end - start) for start, end in intervals)
