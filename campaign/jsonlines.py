"""Append-only JSON lines that survive being cut anywhere."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..engines.durable import FULL_DISK, sync_directory

_RESERVE_BYTES = 1 << 20
_FULL_DISK_POLL_SECONDS = 1.0
GENERATION = "[0-9][0-9][0-9][0-9][0-9][0-9]"
"""Pattern of the names that one generation of the manager gives its files, less the suffix."""


class JsonLines:
    """A log open for appending by one writer.

    A reserve of 1 MiB beside the log is given up when the disk is full, so that the log can
    still say so.

    Using
    -----
    What was given to `write` outlives this process, what was there at the last `sync` outlives
    the machine; `append` is both. All wait for space if even the reserve is used up.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        if not _ends_with_newline(path):
            os.write(self._descriptor, b"\n")
        self._unsynced: list[bytes] = []
        self._reserve = path.with_name("reserve")
        self._keep_reserve()
        sync_directory(path.parent)

    def _keep_reserve(self) -> None:
        descriptor = os.open(self._reserve, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.posix_fallocate(descriptor, 0, _RESERVE_BYTES)
        except OSError as error:
            if error.errno not in FULL_DISK | {errno.EOPNOTSUPP, errno.EINVAL}:
                raise
        finally:
            os.close(descriptor)

    def append(self, *records: dict[str, Any]) -> None:
        """Write records and force them to disk."""
        self.write(*records)
        self.sync()

    def write(self, *records: dict[str, Any]) -> None:
        """Hand records to the operating system."""
        lines = [json.dumps(record, separators=(",", ":")) + "\n" for record in records]
        text = "".join(lines).encode()
        self._write(text)
        self._unsynced.append(text)

    def sync(self) -> None:
        """Force to disk what is not there yet."""
        while self._unsynced and not self._is_synced():
            self._make_space()
            self._write(b"\n" + b"".join(self._unsynced))
        self._unsynced.clear()

    def _write(self, text: bytes) -> None:
        while not self._is_written(text):
            self._make_space()
            text = b"\n" + text.lstrip(b"\n")

    def _is_written(self, text: bytes) -> bool:
        with _full_disk_suppressed():
            while text:
                text = text[os.write(self._descriptor, text) :]
        return not text

    def _is_synced(self) -> bool:
        with _full_disk_suppressed():
            os.fsync(self._descriptor)
            return True
        return False

    def _make_space(self) -> None:
        if self._reserve.exists():
            self._reserve.unlink()
        else:
            time.sleep(_FULL_DISK_POLL_SECONDS)

    def close(self) -> None:
        """Force to disk what is not there yet, and close the log."""
        self.sync()
        os.close(self._descriptor)


@contextlib.contextmanager
def _full_disk_suppressed() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def read_json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a log; a line that is torn or garbled is skipped."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        for line in file:
            with contextlib.suppress(ValueError):
                record = json.loads(line)
                if isinstance(record, dict):
                    yield record
