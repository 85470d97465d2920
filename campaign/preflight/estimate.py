"""What is left of a campaign, what it will take, and what is strange about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..cost import Cost
from ..journal import JournalState
from ..layout import Layout
from ..learning.cost import LearningCost, learning_cost
from ..learning.selection import selections_of
from ..plan import Plan
from ..precision.attainment import Attainment, attainment
from ..speed import Speed
from ..store import Store
from .finding import Finding
from .preflight import preflight
from .spending import Spending, spending


@dataclass(frozen=True)
class Estimate:
    """A campaign before it runs, or goes on.

    Attributes
    ----------
    cost, learning, precision
        Simulations that are known to be missing, what learning adds, and how far a precision is.
    spending
        All of it together, and the blocks that will be asked for.
    findings
        Of the preflight.
    """

    cost: Cost
    learning: LearningCost
    precision: Attainment | None
    spending: Spending
    findings: list[Finding]


def estimate(
    plan: Plan, layout: Layout, store: Store, state: JournalState, speed: Speed
) -> Estimate:
    """Estimate what is left of a campaign at a speed."""
    cost = plan.cost(store, state.quarantined).slowed(speed.slowness, speed.basis)
    nominal = learning_cost(plan, selections_of(plan.campaign, state.selections))
    learning = replace(nominal, label_core_hours=nominal.label_core_hours * speed.slowness)
    attained = attainment(plan, state.decisions)
    return Estimate(
        cost,
        learning,
        attained,
        spending(plan, cost, learning, attained),
        preflight(plan.slowed(speed.slowness), cost, layout),
    )
