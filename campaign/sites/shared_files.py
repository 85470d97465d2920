"""Whether a file system does what results and checkpoints rest on, and how fast."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ...engines.durable import publish, replace

FILES = 100
FILE_BYTES = 4096


class FileReport(BaseModel):
    """What a node found out about a directory.

    Attributes
    ----------
    error
        What failed; nothing if all worked.
    median_ms, slowest_ms
        Time to create a file of 4 kB, fsync it, and rename it with an fsync of its directory.
    free_gb, free_files
        Space that is left for this user, and files; None where the file system does not count them.
    """

    model_config = ConfigDict(frozen=True)

    error: str = ""
    median_ms: float = 0.0
    slowest_ms: float = 0.0
    free_gb: float = 0.0
    free_files: int | None = None


def try_files(directory: Path) -> FileReport:
    """Create, replace and publish files in a directory of its own, which must not exist."""
    try:
        directory.mkdir()
        durations = [_replace_one(directory, number) for number in range(FILES)]
        _publish_twice(directory)
        space = os.statvfs(directory)
    except OSError as error:
        return FileReport(error=f"{type(error).__name__}: {error}")
    return FileReport(
        median_ms=1e3 * statistics.median(durations),
        slowest_ms=1e3 * max(durations),
        free_gb=space.f_bavail * space.f_frsize / 1e9,
        free_files=space.f_favail if space.f_files else None,
    )


def _replace_one(directory: Path, number: int) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    temporary = directory / f"{number}.new"
    temporary.write_bytes(bytes([number]) * FILE_BYTES)
    replace(temporary, directory / f"{number % 10}")
    return time.perf_counter() - began


def _publish_twice(directory: Path) -> None:
    """Publish by a hard link; the second writer has to lose."""
    first, second, name = (directory / word for word in ("first", "second", "published"))
    for path in (first, second):
        path.write_text(path.name)
    if not publish(first, name) or publish(second, name) or name.read_text() != "first":
        raise OSError(f"{directory}: a hard link replaced another file")
