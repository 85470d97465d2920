"""What happened to a campaign, and the part of its state that files do not hold.

Each generation of the manager writes its own file, which begins with a snapshot of the state so
far: replay starts at the newest snapshot, and the older files are history.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .jsonlines import GENERATION, JsonLines, read_json_lines
from .ledger import Ledger
from .processes import ProcessName

KEPT_GENERATIONS = 200
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
    ledger
        Slurm blocks, likewise, and what was spent.
    selections
        What rounds of active learning decided, oldest first.
    decisions
        Ensemble -> newest decision on how many replicas it is to have.
    """

    failures: dict[str, int] = field(default_factory=dict)
    crashes: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, str] = field(default_factory=dict)
    processes: list[ProcessName] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    selections: list[dict[str, Any]] = field(default_factory=list)
    decisions: dict[str, dict[str, Any]] = field(default_factory=dict)

    def apply(self, record: dict[str, Any]) -> None:
        """Fold one record of the journal into the state."""
        self.ledger.apply(record)
        match record.get("event"):
            case "snapshot":
                self.failures = dict(record["failures"])
                self.crashes = dict(record["crashes"])
                self.quarantined = dict(record["quarantined"])
                self.processes = [ProcessName(**name) for name in record["processes"]]
                self.ledger = Ledger.from_document(record.get("ledger", asdict(Ledger())))
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
                self._release(record.get("replicas"))
            case "started-processes":
                self.processes += [ProcessName(**name) for name in record["processes"]]
            case "ended-processes":
                self.processes = []
            case "selected":
                self.selections.append(record["selection"])
            case "decided":
                self.decisions[record["decision"]["ensemble"]] = record["decision"]

    def _release(self, keys: list[str] | None) -> None:
        """Forget the failures of some replicas, or of all."""
        for counts in (self.failures, self.crashes, self.quarantined):
            for key in list(counts) if keys is None else keys:
                counts.pop(key, None)

    def snapshot(self) -> dict[str, Any]:
        """Return the record that restores this state."""
        return {"event": "snapshot", **asdict(self)}


def _files(directory: Path) -> list[Path]:
    return sorted(directory.glob(GENERATION + ".jsonl"))


def newest_journal(directory: Path) -> int:
    """Return the newest generation whose journal has its name taken, 0 if there is none."""
    return max((int(path.stem) for path in _files(directory)), default=0)


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
                    with contextlib.suppress(AttributeError, KeyError, TypeError, ValueError):
                        state.apply(record)
            break
    return state


def deaths_in_a_row(directory: Path) -> int:
    """How many of the last managers neither ended in order nor had any try end well."""
    deaths = 0
    for path in reversed(_files(directory)):
        if any(map(_is_a_sign_of_life, read_json_lines(path))):
            break
        deaths += 1
    return deaths


def _is_a_sign_of_life(event: dict[str, Any]) -> bool:
    well = event.get("ending") in ("published", "drained")
    return event.get("event") == "manager-ended" or well


def _nobody(event: dict[str, Any]) -> None:
    del event


class Journal:
    """The journal of one generation, open for appending; an observer is told of each event.

    Attributes
    ----------
    state
        What all events together say.
    suspected
        Replicas whose workers were lost lately, and how often; not judged yet, nor written down.
    """

    def __init__(
        self,
        directory: Path,
        generation: int,
        observer: Callable[[dict[str, Any]], None] = _nobody,
    ) -> None:
        self.state = read_state(directory)
        self.suspected: Counter[str] = Counter()
        self._observer = observer
        self._log = JsonLines(directory / f"{generation:06d}.jsonl")
        self._log.append({"time": time.time(), **self.state.snapshot()})
        for old in _files(directory)[:-KEPT_GENERATIONS]:
            old.unlink()

    def record(self, event: str, **details: Any) -> None:
        """Append one event, force it to disk, and fold it into the state."""
        self.note(event, **details)
        self.sync()

    def note(self, event: str, **details: Any) -> None:
        """Do the same, but leave it to the next `sync` to force the event to disk.

        A manager that is killed does not lose it; a machine that goes down may.
        """
        entry = {"time": time.time(), "event": event, **details}
        self._log.write(entry)
        self.state.apply(entry)
        self._observer(entry)

    def sync(self) -> None:
        """Force every event to disk."""
        self._log.sync()

    def close(self) -> None:
        """Close the file."""
        self._log.close()
