"""Files that are either whole and on disk, or not there.

A file is written under a temporary name in its own directory, flushed and fsynced, and then takes
its name in one step: by `publish` (a link, so the first writer wins) or `replace` (a rename, so
the last one does). The directory is fsynced after both.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

TEMPORARY_SUFFIX = ".part"
FULL_DISK = {errno.ENOSPC, errno.EDQUOT}


def temporary_name(path: Path, token: str) -> Path:
    """Where the owner of `token` writes before `path` exists."""
    return path.with_name(f".{path.name}.{token}{TEMPORARY_SUFFIX}")


def sync_file(path: Path) -> None:
    """Force the contents of `path` to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


sync_directory = sync_file


def publish(temporary: Path, path: Path) -> bool:
    """Give `temporary` the name `path` unless that name is taken; True if it was free."""
    sync_file(temporary)
    try:
        os.link(temporary, path)
        won = True
    except FileExistsError:
        won = False
    temporary.unlink()
    sync_directory(path.parent)
    return won


def replace(temporary: Path, path: Path) -> None:
    """Give `temporary` the name `path`, whatever had it before."""
    sync_file(temporary)
    os.replace(temporary, path)
    sync_directory(path.parent)


def write_text(path: Path, text: str, token: str) -> None:
    """Replace the contents of `path` by `text` in one step."""
    temporary = temporary_name(path, token)
    try:
        temporary.write_text(text)
        replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
