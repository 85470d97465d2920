"""The results of a campaign: published files, checkpoints, and what they prove."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeAlias

from ..engines.durable import TEMPORARY_SUFFIX, write_text
from ..engines.ensemble import EnsembleFile, Row
from ..engines.identity import sampling_hash
from ..engines.seal import DamagedFileError
from .index import Index, IndexedFile
from .layout import Layout


def _ignore(*arguments: object, **details: object) -> None:
    del arguments, details


Version: TypeAlias = tuple[str, int, int, int]
"""Name, inode, size and time of a file: those of a file that was replaced are others."""


@dataclass
class Checkpointed:
    """How far a replica is in the checkpoint that has it furthest."""

    path: Path
    step: int


@dataclass(frozen=True)
class DamageNote:
    """Which file was set aside, why and when (Unix time), and what it had held."""

    file: str
    reason: str
    time: float
    replicas: list[str]


@dataclass
class Store:
    """Index and checkpoints of a campaign, as found on disk.

    Attributes
    ----------
    layout
        The directories of the campaign.
    index
        Published replicas.
    checkpointed
        (Replica key, sampling hash) -> where its furthest checkpoint is.
    lost
        Names of indexed files that are not there any more.
    report
        Told what was found damaged or new.
    """

    layout: Layout
    index: Index
    lost: set[str] = field(default_factory=set)
    report: Callable[..., None] = _ignore
    checkpointed: dict[tuple[str, str], Checkpointed] = field(default_factory=dict)
    _read: dict[Version, tuple[str, list[Row]]] = field(default_factory=dict)

    @classmethod
    def open(cls, layout: Layout, patience_seconds: float = 0.0) -> Store:
        """Read the index as it was left, less the files that are not there.

        Parameters
        ----------
        layout
            The directories of the campaign.
        patience_seconds
            How long to wait for files that a network file system may not show yet.
        """
        store = cls(layout, Index.read(layout.index))
        store.lost = store._missing(patience_seconds)
        store.index.discard(*store.lost)
        return store

    def _missing(self, patience_seconds: float) -> set[str]:
        deadline = time.monotonic() + patience_seconds
        while True:
            present = {path.name for path in _ensembles(self.layout.results)}
            missing = self.index.files.keys() - present
            if not missing or time.monotonic() >= deadline:
                return missing
            time.sleep(0.2)

    def recover(self) -> None:
        """Make index and checkpoints agree with the files: names and sizes, not digests.

        A file that is cut short is set aside; one that the index does not know is read and, if it
        proves itself, indexed. Only for the manager, and only while no worker runs.
        """
        for name, known in list(self.index.files.items()):
            path = self.layout.results / name
            if path.stat().st_size != known.size:
                self.set_aside(path, f"{path.stat().st_size} bytes instead of {known.size}")
        for path in _ensembles(self.layout.results):
            if path.name not in self.index.files:
                self._adopt(path)
        self.read_checkpoints(on_damage=self.set_aside)

    def _adopt(self, path: Path) -> None:
        try:
            self.index.add(IndexedFile.of(path))
            self.report("result-found", file=path.name)
        except DamagedFileError as error:
            self.set_aside(path, error.reason)

    def read_checkpoints(self, on_damage: Callable[[Path, str], None] = _ignore) -> None:
        """Find the furthest checkpoint of every replica that has one.

        Workers may write meanwhile: a checkpoint that is gone by now is skipped. One that has not
        been replaced since it was last read is not read again.
        """
        self.checkpointed.clear()
        known, self._read = self._read, {}
        for path in _ensembles(self.layout.checkpoints):
            try:
                version = _version(path)
                if version not in known:
                    with EnsembleFile(path) as file:
                        known[version] = sampling_hash(file.sampling), file.rows()
            except FileNotFoundError:
                continue
            except DamagedFileError as error:
                on_damage(path, error.reason)
                continue
            self._read[version] = known[version]
            self._note_checkpoint(path, *known[version])

    def _note_checkpoint(self, path: Path, sampling: str, rows: list[Row]) -> None:
        for row in rows:
            known = self.checkpointed.get((row.key, sampling))
            if known is None or known.step < row.step:
                self.checkpointed[row.key, sampling] = Checkpointed(path, row.step)

    def set_aside(self, path: Path, reason: str) -> None:
        """Move a file that failed a check out of the way; its replicas become missing."""
        self.layout.damaged.mkdir(exist_ok=True)
        number = sum(1 for _ in self.layout.damaged.glob(f"{path.stem}.*{path.suffix}"))
        moved = self.layout.damaged / f"{path.stem}.{number}{path.suffix}"
        path.rename(moved)
        known = self.index.files.get(path.name)
        note = DamageNote(
            path.name, reason, time.time(), [r.key for r in known.rows] if known else []
        )
        write_text(moved.with_suffix(".json"), json.dumps(asdict(note)), "note")
        self.index.discard(path.name)
        self.report("result-damaged", file=path.name, reason=reason)

    def damage_notes(self) -> Iterator[DamageNote]:
        """What was ever set aside, in no particular order."""
        for path in self.layout.damaged.glob("*.json"):
            with contextlib.suppress(OSError, TypeError, ValueError):
                yield DamageNote(**json.loads(path.read_text()))

    def verify(self) -> list[DamagedFileError]:
        """Check the digest of every published file; set aside and return what fails."""
        failures = []
        for path in _ensembles(self.layout.results):
            known = self.index.files.get(path.name)
            try:
                found = IndexedFile.of(path)
                if known is not None and known.digest != found.digest:
                    raise DamagedFileError(path, "not the file that was published")
            except DamagedFileError as error:
                self.set_aside(path, error.reason)
                failures.append(error)
        return failures

    def steps_done(self, key: str, sampling: str) -> int:
        """Durable steps of a replica, in whatever file has it furthest; 0 if none has."""
        location = self.index.find(key, sampling)
        checkpoint = self.checkpointed.get((key, sampling))
        return max(
            location.row.step if location else 0,
            checkpoint.step if checkpoint else 0,
        )

    def source(self, key: str, sampling: str) -> Path | None:
        """File that a new try of a replica should start from, if any."""
        location = self.index.find(key, sampling)
        checkpoint = self.checkpointed.get((key, sampling))
        published = location.row.step if location else 0
        if checkpoint is not None and checkpoint.step > published:
            return checkpoint.path
        return self.layout.results / location.file if location else None

    def remove_spent_checkpoints(self) -> None:
        """Delete checkpoints whose replicas are all published at least as far."""
        for path in _ensembles(self.layout.checkpoints):
            try:
                with EnsembleFile(path) as file:
                    sampling, rows = sampling_hash(file.sampling), file.rows()
            except DamagedFileError as error:
                self.set_aside(path, error.reason)
                continue
            if all(self._is_published(row.key, sampling, row.step) for row in rows):
                path.unlink()

    def _is_published(self, key: str, sampling: str, step: int) -> bool:
        location = self.index.find(key, sampling)
        return location is not None and location.row.step >= step

    def remove_leftovers(self) -> None:
        """Delete what killed writers and MPI groups left behind; only when none is left."""
        layout = self.layout
        for directory in (layout.root, layout.results, layout.checkpoints, layout.claims):
            for path in directory.glob(f".*{TEMPORARY_SUFFIX}"):
                if path.is_file():
                    path.unlink()
        shutil.rmtree(layout.groups, ignore_errors=True)


def _version(path: Path) -> Version:
    found = path.stat()
    return path.name, found.st_ino, found.st_size, found.st_mtime_ns


def _ensembles(directory: Path) -> list[Path]:
    """Ensemble files of a directory, sorted; links that lead nowhere and folders are none."""
    return sorted(path for path in directory.glob("[!.]*.h5") if path.is_file())
