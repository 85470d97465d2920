"""What happened to a campaign, and the part of its state that files do not hold.

Each generation of the manager writes its own file, which begins with a snapshot of the state so
far: replay starts at the newest snapshot, and the older files are history.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .jsonlines import GENERATION, JsonLines, read_json_lines
from .processes import ProcessName

KEPT_GENERATIONS = 20
SNAPSHOT_KEYS = {"failures", "crashes", "quarantined", "processes"}


@dataclass
class JournalState:
    """Counts and decisions, replica by replica.

    Attributes
    ----------
    failures, crashes
        How often a replica raised, and how often a worker died with it.
    quarantined
        Replica key -> why it is not tried again.
    processes
        What managers started on this or another host and nobody has yet seen end.
    jobs
        Slurm jobs, likewise.
    selections
        What rounds of active learning decided, oldest first.
    decisions
        Ensemble -> newest decision on how many replicas it is to have.
    """

    failures: dict[str, int] = field(default_factory=dict)
    crashes: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, str] = field(default_factory=dict)
    processes: list[ProcessName] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    selections: list[dict[str, Any]] = field(default_factory=list)
    decisions: dict[str, dict[str, Any]] = field(default_factory=dict)

    def apply(self, record: dict[str, Any]) -> None:
        """Fold one record of the journal into the state."""
        match record.get("event"):
            case "snapshot":
                self.failures = dict(record["failures"])
                self.crashes = dict(record["crashes"])
                self.quarantined = dict(record["quarantined"])
                self.processes = [ProcessName(**name) for name in record["processes"]]
                self.jobs = list(record.get("jobs", []))
                self.selections = list(record.get("selections", []))
                self.decisions = dict(record.get("decisions", {}))
            case "failed":
                self.failures[record["replica"]] = self.failures.get(record["replica"], 0) + 1
            case "crashed":
                for key in record["replicas"]:
                    self.crashes[key] = self.crashes.get(key, 0) + 1
            case "quarantined":
                self.quarantined[record["replica"]] = record["reason"]
            case "released":
                self.failures, self.crashes, self.quarantined = {}, {}, {}
            case "started-processes":
                self.processes += [ProcessName(**name) for name in record["processes"]]
            case "ended-processes":
                self.processes = []
            case "block-submitted":
                self.jobs.append(record["job"])
            case "block-ended":
                self.jobs.remove(record["job"])
            case "selected":
                self.selections.append(record["selection"])
            case "decided":
                self.decisions[record["decision"]["ensemble"]] = record["decision"]

    def snapshot(self) -> dict[str, Any]:
        """Return the record that restores this state."""
        return {"event": "snapshot", **asdict(self)}


def _files(directory: Path) -> list[Path]:
    return sorted(directory.glob(GENERATION + ".jsonl"))


def read_events(directory: Path) -> Iterator[dict[str, Any]]:
    """Yield every record that is kept, oldest first."""
    for path in _files(directory):
        yield from read_json_lines(path)


def read_state(directory: Path) -> JournalState:
    """Rebuild the state from the newest file that begins with a whole snapshot."""
    files = _files(directory)
    state = JournalState()
    for number in reversed(range(len(files))):
        first = next(read_json_lines(files[number]), {})
        if first.keys() >= SNAPSHOT_KEYS or number == 0:
            for path in files[number:]:
                for record in read_json_lines(path):
                    with contextlib.suppress(KeyError, TypeError, ValueError):
                        state.apply(record)
            break
    return state


class Journal:
    """The journal of one generation, open for appending."""

    def __init__(self, directory: Path, generation: int) -> None:
        self.state = read_state(directory)
        self._log = JsonLines(directory / f"{generation:06d}.jsonl")
        self._log.append({"time": time.time(), **self.state.snapshot()})
        for old in _files(directory)[:-KEPT_GENERATIONS]:
            old.unlink()

    def record(self, event: str, **details: Any) -> None:
        """Append one event and fold it into the state."""
        entry = {"time": time.time(), "event": event, **details}
        self._log.append(entry)
        self.state.apply(entry)

    def close(self) -> None:
        """Close the file."""
        self._log.close()
