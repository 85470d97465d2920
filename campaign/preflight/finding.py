"""What a preflight finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...engines.brownian.parameters import BrownianParameters


class Finding(NamedTuple):
    """Something strange about a campaign, or, if it is an error, a reason why it cannot succeed."""

    text: str
    is_error: bool = False


class Worst(NamedTuple):
    """The state point at which a number is largest, that number, and how many are above a limit."""

    point: BrownianParameters
    value: float
    above: str


def worst(
    points: Sequence[BrownianParameters],
    measure: Callable[[BrownianParameters], float],
    limit: float,
) -> Worst | None:
    """Find the state point with the largest number; None if it is within the limit."""
    values = [measure(point) for point in points]
    value, count = max(values), sum(value > limit for value in values)
    if not count:
        return None
    above = f" (the worst of {count} such state points)" if count > 1 else ""
    return Worst(points[values.index(value)], value, above)
