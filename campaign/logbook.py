"""manager.log: what the managers of a campaign said, for people to read."""

from __future__ import annotations

import contextlib
import datetime
import os
from pathlib import Path

LARGEST_BYTES = 1 << 20
_INDENT = " " * 21


class Logbook:
    """Appends lines, each with its time; a full log is put aside, in place of the one before.

    Nothing here raises `OSError`: a manager goes on if its log cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, text: str) -> None:
        """Append what is said just now; further lines of it are indented."""
        now = datetime.datetime.now().isoformat(" ", "seconds")
        lines = text.rstrip().replace("\n", f"\n{_INDENT}")
        with contextlib.suppress(OSError):
            self._turn_page()
            with open(self._path, "a", encoding="utf-8") as file:
                file.write(f"{now}  {lines}\n")

    def _turn_page(self) -> None:
        if self._path.exists() and self._path.stat().st_size > LARGEST_BYTES:
            os.replace(self._path, page_before(self._path))


def page_before(path: Path) -> Path:
    """Where the older lines of a log are."""
    return path.with_name(f"{path.name}.1")


def last_lines(path: Path, count: int) -> list[str]:
    """Return the last `count` lines of a log, oldest first; none if there is no log."""
    lines: list[str] = []
    for page in (path, page_before(path)):
        if len(lines) < count and page.exists():
            lines = [*page.read_text(encoding="utf-8", errors="replace").splitlines(), *lines]
    return lines[-count:]


class Tail:
    """Lines that a log gets from now on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._page = _identity(path)
        self._offset = path.stat().st_size if self._page else 0

    def read(self) -> list[str]:
        """Return the whole lines that were written since the last time."""
        page, lines = _identity(self._path), []
        if page != self._page:
            before = page_before(self._path)
            if self._page and _identity(before) == self._page:
                lines = self._take(before)
            self._page, self._offset = page, 0
        return lines + (self._take(self._path) if page else [])

    def _take(self, path: Path) -> list[str]:
        with open(path, "rb") as file:
            file.seek(self._offset)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.decode(errors="replace").splitlines()


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one of the same name; None without a file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
