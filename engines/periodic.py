"""Periodic boundaries."""

from __future__ import annotations

import math

from .compiled import jit


@jit()
def wrap(coordinate: float, length: float) -> float:
    """Image of a coordinate in [0, length)."""
    inside = coordinate - length * math.floor(coordinate / length)
    return inside - length if inside >= length else inside
