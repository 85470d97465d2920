"""Which file and row hold a replica: a cache of the results directory, never the truth."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
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
        return {**self.__dict__, "rows": [list(row) for row in self.rows]}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> IndexedFile:
        """Inverse of `as_document`."""
        rows = tuple(Row(*row) for row in document["rows"])
        return cls(**{**document, "rows": rows})


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
    """

    def __init__(self, files: Iterable[IndexedFile] = ()) -> None:
        self.files: dict[str, IndexedFile] = {}
        self._locations: dict[tuple[str, str], Location] = {}
        self._log: JsonLines | None = None
        for file in files:
            self._insert(file)

    @classmethod
    def read(cls, directory: Path) -> Index:
        """Read every index log of `directory`."""
        index = cls()
        for path in sorted(directory.glob(GENERATION + ".jsonl")):
            for document in read_json_lines(path):
                with contextlib.suppress(KeyError, TypeError):
                    index._insert(IndexedFile.from_document(document))
        return index

    def save_to(self, directory: Path, generation: int) -> None:
        """Write the whole index as the log of `generation`, and drop the older logs."""
        self._log = JsonLines(directory / f"{generation:06d}.jsonl")
        self._log.append(*(file.as_document() for file in self.files.values()))
        for path in directory.glob(GENERATION + ".jsonl"):
            if int(path.stem) < generation:
                path.unlink()

    def close(self) -> None:
        """Close the log."""
        if self._log is not None:
            self._log.close()

    def add(self, file: IndexedFile) -> None:
        """Record a published file."""
        self._insert(file)
        if self._log is not None:
            self._log.append(file.as_document())

    def _insert(self, file: IndexedFile) -> None:
        self.files[file.name] = file
        for row in file.rows:
            known = self._locations.get((row.key, file.sampling))
            if known is None or known.row.step < row.step:
                self._locations[row.key, file.sampling] = Location(file.name, row)

    def discard(self, *names: str) -> None:
        """Forget files."""
        for name in names:
            self.files.pop(name, None)
        self._locations.clear()
        for file in self.files.values():
            self._insert(file)

    def find(self, key: str, sampling: str) -> Location | None:
        """Where the longest run of a replica under one sampling is."""
        return self._locations.get((key, sampling))

    def holding(self, key: str) -> Iterator[Location]:
        """Every published run of a replica, whatever its sampling."""
        for file in self.files.values():
            yield from (Location(file.name, row) for row in file.rows if row.key == key)
