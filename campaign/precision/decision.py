"""What was found of a state point, and how many replicas it is to have.

Decisions are journaled before anything is simulated, and a restart replays them: the newest of a
state point counts, as long as the [precision] table still says what it said. After a change the
number stays at what had been measured, and a new decision goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..plan import Plan, PlannedPoint
from ..spec import Precision
from .measurement import Measurement
from .rule import SMALLEST_NUMBER_OF_REPLICAS, next_replicas, replicas_needed, widened


@dataclass(frozen=True)
class Decision:
    """One decision on one state point.

    Attributes
    ----------
    ensemble
        Key of the first replica, and hash of the sampling: what the decision is about.
    precision
        The [precision] table that it answers to.
    replicas
        Replicas that were wanted, all of them published or in quarantine.
    used
        Published ones among them.
    error
        Their standard error; None if there is none that is a number.
    core_seconds
        Processor time that they took.
    needed
        Replicas needed as the first decision under this table predicted it.
    wanted
        Replicas to have; the decision is the last one if that is what there is.
    """

    ensemble: str
    precision: dict[str, Any]
    replicas: int
    used: int
    error: float | None
    core_seconds: float
    needed: int
    wanted: int

    @property
    def is_final(self) -> bool:
        """Whether nothing is added."""
        return self.wanted == self.replicas

    @property
    def widened_error(self) -> float | None:
        """What has to meet the target: the error, with the uncertainty of itself."""
        if self.error is None or self.used < SMALLEST_NUMBER_OF_REPLICAS:
            return None
        return widened(self.error, self.used)

    @property
    def is_met(self) -> bool:
        """Whether the target is met."""
        found, target = self.widened_error, self.precision["error"]
        return found is not None and found <= target

    @property
    def reason(self) -> str:
        """Why replicas were added, in words."""
        quantity, target = self.precision["quantity"], self.precision["error"]
        return (
            f"added: {self.used} replicas gave {quantity} with a standard error of "
            f"{self.error:.3g}, to be trusted like {self.widened_error:.3g}; {target:g} is wanted"
        )

    def answers(self, precision: Precision) -> bool:
        """Whether it was taken under the same table."""
        return self.precision == precision.model_dump(mode="json")

    def as_document(self) -> dict[str, Any]:
        """Plain values for the journal."""
        return asdict(self)


def decide(
    precision: Precision,
    ensemble: str,
    replicas: int,
    found: Measurement,
    earlier: Decision | None = None,
) -> Decision:
    """Decide how many replicas to have after those of `replicas` that could be used were measured.

    A state point without an error, or with too few replicas to judge it by, gets no more of them.
    """
    wanted = needed = replicas
    lost = replicas - found.used
    if found.error is not None and found.used >= SMALLEST_NUMBER_OF_REPLICAS:
        needed = lost + replicas_needed(found.error, found.used, precision.error)
        if widened(found.error, found.used) > precision.error:
            following = lost + next_replicas(found.error, found.used, precision.error)
            wanted = max(replicas, min(following, precision.most_replicas))
    if earlier is not None and earlier.answers(precision):
        needed = earlier.needed
    return Decision(
        ensemble=ensemble,
        precision=precision.model_dump(mode="json"),
        replicas=replicas,
        used=found.used,
        error=found.error,
        core_seconds=found.core_seconds,
        needed=needed,
        wanted=wanted,
    )


def ensemble_of(plan: Plan, point: PlannedPoint) -> str:
    """Name under which decisions on a state point are kept."""
    return f"{point.ensemble}-{plan.sampling_hash}"


def decision_on(
    plan: Plan, point: PlannedPoint, documents: Mapping[str, dict[str, Any]]
) -> Decision | None:
    """Newest decision on a state point among journaled ones."""
    document = documents.get(ensemble_of(plan, point))
    return None if document is None else Decision(**document)


def replicas_decided(plan: Plan, documents: Mapping[str, dict[str, Any]]) -> dict[str, int]:
    """State-point hash -> replicas to have, for all state points with a decision."""
    precision, found = plan.campaign.precision, {}
    for point in plan.points:
        decision = decision_on(plan, point, documents)
        if precision is not None and decision is not None:
            number = decision.wanted if decision.answers(precision) else decision.replicas
            found[point.physics.state_point_hash] = max(number, plan.campaign.problem.replicas)
    return found
