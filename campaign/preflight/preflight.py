"""All checks of a campaign before it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...engines.adaptive.engine import AdaptiveEngine
from ...engines.brownian.engine import BrownianEngine
from ...engines.molecular.engine import MolecularEngine
from ..cost import Cost
from ..layout import Layout
from ..plan import Plan
from .durations import duration_findings
from .finding import Finding
from .learning import learning_findings
from .packing import packing_findings
from .resources import resource_findings
from .time_step import euler_findings
from .verlet_step import verlet_findings


def _no_findings(_points: Sequence[Any], _time_step: float) -> Iterator[Finding]:
    """Find nothing: the integrator chooses its steps itself."""
    return iter(())


TIME_STEP_FINDINGS: dict[str, Callable[[Sequence[Any], float], Iterator[Finding]]] = {
    BrownianEngine.name: euler_findings,
    AdaptiveEngine.name: _no_findings,
    MolecularEngine.name: verlet_findings,
}
"""Engine -> what checks its time step, given state points."""


def preflight(plan: Plan, cost: Cost, layout: Layout) -> list[Finding]:
    """Check the physics of all state points, and the resources; errors come first.

    Parameters
    ----------
    plan, cost
        The campaign, and what is left of it to compute.
    layout
        Where its data go.
    """
    problem = plan.campaign.problem
    points = [point.parameters for point in plan.points]
    findings = [
        *packing_findings(points),
        *TIME_STEP_FINDINGS[problem.engine](points, problem.dynamics.time_step),
        *duration_findings(plan),
        *learning_findings(plan),
        *resource_findings(plan, cost, layout),
    ]
    return sorted(findings, key=lambda finding: not finding.is_error)
