"""How far a campaign is on the way to its precision, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...analysis.one_body import UNITS
from ..plan import Plan, PlannedPoint
from ..spec import Precision
from .decision import decision_on

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class PointAttainment:
    """Where one state point stands.

    Attributes
    ----------
    state_point
        Its hash.
    replicas
        Replicas that it is to have.
    error, widened_error
        Standard error of those that were last reduced, and what has to meet the target; None if
        there is none yet, or none that is a number.
    is_settled, is_met
        Whether nothing will be added, and whether the target is met.
    replicas_predicted
        Replicas needed, as they were predicted from the first error.
    core_hours_predicted
        Their processor time at nominal speed.
    core_hours
        Processor time of those that were last reduced.
    """

    state_point: str
    replicas: int
    error: float | None = None
    widened_error: float | None = None
    is_settled: bool = False
    is_met: bool = False
    replicas_predicted: int | None = None
    core_hours_predicted: float | None = None
    core_hours: float = 0.0


@dataclass(frozen=True)
class Attainment:
    """Where a campaign stands, state point by state point.

    Attributes
    ----------
    core_hours_at_most
        Processor time at nominal speed of all that may still be added.
    """

    precision: Precision
    points: tuple[PointAttainment, ...]
    core_hours_at_most: float

    @property
    def is_settled(self) -> bool:
        """Whether nothing will be added to any state point."""
        return all(point.is_settled for point in self.points)

    @property
    def is_met(self) -> bool:
        """Whether every state point meets the target."""
        return all(point.is_met for point in self.points)

    @property
    def aim(self) -> str:
        """What is asked for."""
        unit = UNITS[self.precision.quantity][0]
        return f"{self.precision.quantity} to {self.precision.error:g} {unit}"

    @property
    def text(self) -> str:
        """Where the campaign stands, in a sentence."""
        met, settled = (
            sum(getattr(point, name) for point in self.points) for name in ("is_met", "is_settled")
        )
        text = f"{self.aim}: met at {met} of {len(self.points)} state points"
        if not self.is_settled:
            return f"{text}, {len(self.points) - settled} to be decided on"
        return text if self.is_met else f"{text}; {self._advice}"

    @property
    def _advice(self) -> str:
        """What to do about targets that are not met."""
        missed = [point for point in self.points if not point.is_met]
        errors = [point.widened_error for point in missed if point.widened_error is not None]
        if not errors:
            return "the others have too few replicas with an error that is a number"
        return (
            f"with precision.most_replicas = {self.precision.most_replicas} the error is up to "
            f"{max(errors):.3g}: raise the one or the other"
        )

    def as_document(self) -> dict[str, Any]:
        """Plain values for scripts."""
        return {
            **self.precision.model_dump(mode="json"),
            "unit": UNITS[self.precision.quantity][0],
            "settled": self.is_settled,
            "met": self.is_met,
            "core_hours_at_most": self.core_hours_at_most,
            "points": [dict(vars(point)) for point in self.points],
        }


def attainment(plan: Plan, documents: Mapping[str, dict[str, Any]]) -> Attainment | None:
    """Sum up the journaled decisions on a plan; None for a campaign without [precision]."""
    precision = plan.campaign.precision
    if precision is None:
        return None
    found = [(p, _of_point(plan, p, precision, documents)) for p in plan.points]
    left = sum(
        max(0, precision.most_replicas - each.replicas) * point.replica_seconds
        for point, each in found
        if not each.is_settled
    )
    return Attainment(precision, tuple(each for _, each in found), left / SECONDS_PER_HOUR)


def _of_point(
    plan: Plan,
    point: PlannedPoint,
    precision: Precision,
    documents: Mapping[str, dict[str, Any]],
) -> PointAttainment:
    name, replicas = point.physics.state_point_hash, plan.replicas_of(point)
    decision = decision_on(plan, point, documents)
    if decision is None or not decision.answers(precision):
        return PointAttainment(name, replicas)
    settled = decision.is_final and decision.replicas == replicas
    return PointAttainment(
        state_point=name,
        replicas=replicas,
        error=decision.error,
        widened_error=decision.widened_error,
        is_settled=settled,
        is_met=settled and decision.is_met,
        replicas_predicted=decision.needed,
        core_hours_predicted=decision.needed * point.replica_seconds / SECONDS_PER_HOUR,
        core_hours=decision.core_seconds / SECONDS_PER_HOUR,
    )
