"""Which file and row hold a replica: a cache of the results directory, never the truth."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple

from ..engines.ensemble import EnsembleFile, Row
from ..engines.identity import sampling_hash
from .jsonlines import GENERATION, JsonLines, read_json_lines


@dataclass(frozen=True)
class IndexedFile:
    """One published ensemble file and what it holds."""

    name: str
    size: int
    digest: str
    sampling: str
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, path: Path) -> IndexedFile:
        """Index a file by reading it; raises `DamagedFileError` if it does not prove itself."""
        with EnsembleFile(path) as file:
            return cls(
                path.name,
                file.size,
                file.digest,
                sampling_hash(file.sampling),
                tuple(file.rows()),
            )

    def as_document(self) -> dict[str, Any]:
        """Plain values, the inverse of `from_document`."""
        return dict(self.__dict__)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> IndexedFile:
        """Inverse of `as_document`."""
        rows = (Row(key, intern(group), row, step) for key, group, row, step in document["rows"])
        return cls(**{**document, "sampling": intern(document["sampling"]), "rows": tuple(rows)})


class Location(NamedTuple):
    """A replica in a published file."""

    file: str
    row: Row


class Index:
    """Replica key and sampling -> file and row, the longest run of a replica first.

    Using
    -----
    `Index.read` gives what earlier managers recorded; `add` and `discard` keep it up to date;
    `save_to` names the log that later calls of `add` append to.

    Attributes
    ----------
    files
        File name -> what it holds.
    additions
        The same, in the order in which it came; begins anew with every era.
    era
        How often files were forgotten.
    """

    def __init__(self, files: Iterable[IndexedFile] = ()) -> None:
        self.files: dict[str, IndexedFile] = {}
        self.additions: list[IndexedFile] = []
        self.era = 0
        self._locations: defaultdict[str, dict[str, Location]] = defaultdict(dict)
        self._log: JsonLines | None = None
        for file in files:
            self._insert(file)

    @classmethod
    def read(cls, directory: Path) -> Index:
        """Read every index log of `directory`."""
        index = cls()
        for path in sorted(directory.glob(GENERATION + ".jsonl")):
            for document in read_json_lines(path):
                with contextlib.suppress(KeyError, TypeError, ValueError):
                    index._insert(IndexedFile.from_document(document))
        return index

    def save_to(self, directory: Path, generation: int) -> None:
        """Write the whole index as the log of `generation`, and drop the older logs."""
        self._log = JsonLines(directory / f"{generation:06d}.jsonl")
        for file in self.files.values():
            self._log.write(file.as_document())
        self._log.sync()
        for path in directory.glob(GENERATION + ".jsonl"):
            if int(path.stem) < generation:
                path.unlink()

    def close(self) -> None:
        """Close the log."""
        if self._log is not None:
            self._log.close()

    def add(self, file: IndexedFile) -> None:
        """Record a published file; `sync` forces the record to disk."""
        self._insert(file)
        if self._log is not None:
            self._log.write(file.as_document())

    def sync(self) -> None:
        """Force what was added to disk."""
        if self._log is not None:
            self._log.sync()

    def _insert(self, file: IndexedFile) -> None:
        self.files[file.name] = file
        self.additions.append(file)
        locations = self._locations[file.sampling]
        for row in file.rows:
            known = locations.get(row.key)
            if known is None or known.row.step < row.step:
                locations[row.key] = Location(file.name, row)

    def discard(self, *names: str) -> None:
        """Forget files."""
        known = [name for name in names if name in self.files]
        if not known:
            return
        for name in known:
            del self.files[name]
        self.era += 1
        self.additions.clear()
        self._locations.clear()
        for file in self.files.values():
            self._insert(file)

    def find(self, key: str, sampling: str) -> Location | None:
        """Where the longest run of a replica under one sampling is."""
        return self._locations[sampling].get(key)

    def holding(self, key: str) -> Iterator[Location]:
        """Every published run of a replica, whatever its sampling."""
        for file in self.files.values():
            yield from (Location(file.name, row) for row in file.rows if row.key == key)
