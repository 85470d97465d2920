"""Append-only JSON lines that survive being cut anywhere."""

from __future__ import annotations

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
    """A log open for appending: one writer, one write and one fsync per `append`.

    A reserve of 1 MiB beside the log is given up when the disk is full, so that the log can
    still say so.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        if not _ends_with_newline(path):
            os.write(self._descriptor, b"\n")
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
        """Write records and force them to disk; wait for space if even the reserve is used up."""
        lines = [json.dumps(record, separators=(",", ":")) + "\n" for record in records]
        text = "".join(lines).encode()
        while True:
            try:
                self._write(text)
                return
            except OSError as error:
                if error.errno not in FULL_DISK:
                    raise
            if self._reserve.exists():
                self._reserve.unlink()
            else:
                time.sleep(_FULL_DISK_POLL_SECONDS)
            text = b"\n" + text.lstrip(b"\n")

    def _write(self, line: bytes) -> None:
        while line:
            line = line[os.write(self._descriptor, line) :]
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the log; appending is over."""
        os.close(self._descriptor)


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
    text = path.read_bytes()
    for line in text.split(b"\n"):
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record
