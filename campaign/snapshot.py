"""What a manager last knew of its campaign, for `perrin status` to read instead of counting.

A snapshot is never the truth. While its manager lives it is at most seconds old; after that it
counts only if nothing of what it was made from has changed since, which names, sizes and times of
files tell. In doubt, files are counted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from .. import __version__
from ..engines.durable import temporary_name
from .layout import Layout
from .lease import holder, newest_generation
from .outlook import Outlook
from .releases import release_requests
from .standing import Standing

FRESH_SECONDS = 10.0
_ENGINES = Path(__file__).parent.parent / "engines"


@dataclass(frozen=True)
class Snapshot:
    """A campaign at one moment; plain values throughout.

    Attributes
    ----------
    campaign
        What was counted for, as by `meaning_of`.
    generation
        Generation of the manager that wrote it.
    standing
        Counts of replicas and steps, and stages of learning.
    tasks_running
        Tasks that a worker has claimed.
    quarantined
        Replica key -> why it is not tried again.
    learning
        What learning does, or how it ended; None if the campaign does not learn.
    precision, precision_text
        How far a precision is attained, for scripts and in a sentence; None if none is asked for.
    outlook
        Speed, spending and prospects; None if no manager watched.
    evidence
        Files that it follows from, as by `evidence_of`; None while tries run.
    written
        Unix time.
    """

    campaign: str
    generation: int
    standing: Standing
    tasks_running: int
    quarantined: dict[str, str]
    learning: str | None = None
    precision: dict[str, Any] | None = None
    precision_text: str | None = None
    outlook: Outlook | None = None
    evidence: str | None = None
    written: float = field(default_factory=time.time)

    def write(self, layout: Layout) -> None:
        """Replace the snapshot on disk; one that cannot be written is done without."""
        temporary = temporary_name(layout.snapshot, f"{self.generation:06d}-{os.getpid()}")
        with contextlib.suppress(OSError):
            temporary.write_text(json.dumps(asdict(self)))
            os.replace(temporary, layout.snapshot)

    @classmethod
    def read(cls, layout: Layout) -> Self | None:
        """Whatever lies there; None if it cannot be understood."""
        try:
            document: dict[str, Any] = json.loads(layout.snapshot.read_text())
            standing = Standing.from_document(document.pop("standing"))
            outlook = document.pop("outlook")
            seen = Outlook.from_document(outlook) if outlook is not None else None
            return cls(standing=standing, outlook=seen, **document)
        except (OSError, AttributeError, KeyError, TypeError, ValueError):
            return None


def valid_snapshot(campaign_file: Path, layout: Layout) -> Snapshot | None:
    """Return the snapshot of a campaign if it says what its files would."""
    snapshot = Snapshot.read(layout)
    if snapshot is None or snapshot.campaign != meaning_of(campaign_file):
        return None
    if _is_kept_fresh(snapshot, layout):
        return snapshot
    if snapshot.evidence is None or snapshot.evidence != evidence_of(layout):
        return None
    return snapshot


def _is_kept_fresh(snapshot: Snapshot, layout: Layout) -> bool:
    """Whether a manager that seems to be alive wrote it a moment ago."""
    manager = holder(layout.lease)
    if manager is None or (manager.is_local and not manager.is_alive()):
        return False
    is_recent = abs(time.time() - snapshot.written) < FRESH_SECONDS
    return is_recent and snapshot.generation == newest_generation(layout.lease)


def meaning_of(campaign_file: Path) -> str:
    """Digest of a campaign file, and of the code that says which replicas it asks for."""
    stamps = "\n".join([__version__, *map(_stamp, sorted(_ENGINES.rglob("*.py")))])
    text = campaign_file.read_bytes() if campaign_file.is_file() else b""
    return hashlib.sha256(stamps.encode() + text).hexdigest()


def evidence_of(layout: Layout) -> str:
    """Digest of the names, and of the sizes and times of what changes, of a campaign's files."""
    return hashlib.sha256("\n".join(_facts(layout)).encode()).hexdigest()


def _facts(layout: Layout) -> Iterator[str]:
    for directory in (layout.results, layout.models, layout.explored):
        yield from sorted(_names(directory))
    yield from (path.name for path in release_requests(layout.lease))
    for directory in (layout.journal, layout.index, layout.checkpoints, layout.claims):
        yield from (_stamp(directory / name) for name in sorted(_names(directory)))


def _names(directory: Path) -> list[str]:
    return os.listdir(directory) if directory.is_dir() else []


def _stamp(path: Path) -> str:
    try:
        found = path.stat()
    except FileNotFoundError:
        return path.name
    return f"{path.name} {found.st_size} {found.st_mtime_ns}"
