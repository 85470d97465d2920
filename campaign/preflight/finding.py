"""What a preflight finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from ...engines.system import ParticleSystem

System = TypeVar("System", bound=ParticleSystem)


class Finding(NamedTuple):
    """Something strange about a campaign, or, if it is an error, a reason why it cannot succeed."""

    text: str
    is_error: bool = False


class Worst(NamedTuple, Generic[System]):
    """The state point at which a number is largest, that number, and how many are above a limit."""

    point: System
    value: float
    above: str


def worst(
    points: Sequence[System],
    measure: Callable[[System], float],
    limit: float,
) -> Worst[System] | None:
    """Find the state point with the largest number; None if it is within the limit."""
    values = [measure(point) for point in points]
    value, count = max(values, default=limit), sum(value > limit for value in values)
    if not count:
        return None
    above = f" (the worst of {count} such state points)" if count > 1 else ""
    return Worst(points[values.index(value)], value, above)
