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
def _git(*arguments: str) -> str:
    if not (_SOURCE / ".git").exists():
        return ""
    command = ["git", "-C", str(_SOURCE), *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    return finished.stdout.strip()


@cache
def _software() -> dict[str, Any]:
    return {
        "perrin": __version__,
        "git_commit": _git("rev-parse", "HEAD"),
        "git_dirty": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba", "h5py")},
        "host": socket.gethostname(),
        "platform": platform.platform(),
    }


def provenance() -> dict[str, Any]:
    """Versions, commit and host of the calling process, for the header of a file."""
    return dict(_software())
