"""Numbers as the report writes them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...analysis.rounding import with_error

if TYPE_CHECKING:
    from ...ml.evaluation import Estimate

NOTHING = "–"


def estimate(found: Estimate | None) -> str:
    """Write 0.2146 with error 0.0151 as 0.215(15); a dash for what is not there."""
    if found is None:
        return NOTHING
    if math.isnan(found.value):
        return "not a number"
    if not math.isfinite(found.error) or found.error <= 0:
        return f"{found.value:.3g}"
    return with_error(found.value, found.error)


def plural(count: int, noun: str) -> str:
    """Write 1 field, 2 fields."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(counts: dict[str, int]) -> str:
    """Write counts of reasons as 3 no convergence, 1 not a number."""
    return ", ".join(f"{count} {reason}" for reason, count in counts.items())
