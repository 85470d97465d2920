"""Requests to release from quarantine: only a manager writes a journal, and there may be none.

A request is a small file beside the leases. The manager that runs, or else the next one, journals
the release and removes the file; to apply a request twice does no harm.
"""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..engines.durable import write_text
from .journal import Journal, JournalState

_PATTERN = "release-*.json"


def release_requests(directory: Path) -> list[Path]:
    """Files of the requests that no manager has seen yet, oldest first."""
    return sorted(directory.glob(_PATTERN))


def request_release(directory: Path, keys: list[str] | None) -> None:
    """Ask for the release of these replicas, members or explorations; None for all there are."""
    token = uuid.uuid4().hex
    path = directory / f"release-{time.time_ns()}-{token[:8]}.json"
    write_text(path, json.dumps({"replicas": keys}), token)


def apply_releases(directory: Path, journal: Journal) -> bool:
    """Journal every request that is there; True if there was any."""
    requests = release_requests(directory)
    for path in requests:
        for keys in _read(path):
            journal.record("released", replicas=keys)
        path.unlink(missing_ok=True)
    return bool(requests)


def with_requests(state: JournalState, directory: Path) -> JournalState:
    """Fold the requests that no manager has seen yet into a state of the journal."""
    for path in release_requests(directory):
        for keys in _read(path):
            state.apply({"event": "released", "replicas": keys})
    return state


def _read(path: Path) -> Iterator[list[str] | None]:
    with contextlib.suppress(OSError, TypeError, KeyError, ValueError):
        document: dict[str, Any] = json.loads(path.read_text())
        yield document["replicas"]
