"""How long a block lives, as Slurm writes times."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

_FORMAT = re.compile(
    r"(?:(?:(?P<days>\d+)-)?(?P<hours>\d+):)?(?P<minutes>\d+):(?P<seconds>[0-5]\d)"
)
_SECONDS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
SHORTEST_SECONDS = 60


def seconds_of(text: str) -> int:
    """Seconds of a valid walltime such as "12:00:00" or "1-00:00:00"."""
    match = _FORMAT.fullmatch(text)
    parts = match.groupdict() if match else {}
    return sum(int(parts.get(name) or 0) * seconds for name, seconds in _SECONDS.items())


def _checked(text: Any) -> Any:
    if not isinstance(text, str) or not _FORMAT.fullmatch(text):
        raise ValueError('give a time as "HH:MM:SS" or "D-HH:MM:SS", in quotes')
    if seconds_of(text) < SHORTEST_SECONDS:
        raise ValueError("Slurm counts in minutes; give at least 00:01:00")
    return text


Walltime = Annotated[str, BeforeValidator(_checked)]
