"""Times in words."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Write seconds as 12.3 s, 5 min 07 s or 3 h 20 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
