"""Which software, on which machine, made a file."""

from __future__ import annotations

import platform
import socket
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .. import __version__

_SOURCE = Path(__file__).parent.parent


@cache
def _git(*arguments: str) -> str | None:
    """Output of git on these sources; None if they are not a checkout, or git does not say."""
    if not (_SOURCE / ".git").exists():
        return None
    command = ["git", "-C", str(_SOURCE), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


@cache
def _software() -> dict[str, Any]:
    changes = _git("status", "--porcelain", "--untracked-files=no")
    return {
        "perrin": __version__,
        "git_commit": _git("rev-parse", "HEAD"),
        "git_dirty": None if changes is None else bool(changes),
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba", "h5py")},
        "host": socket.gethostname(),
        "platform": platform.platform(),
    }


def provenance() -> dict[str, Any]:
    """Versions, commit and host of the calling process, for the header of a file."""
    return dict(_software())
