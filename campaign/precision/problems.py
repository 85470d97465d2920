"""What keeps a campaign from reaching a precision, though each of its tables is right."""

from __future__ import annotations

from ...engines.adaptive.engine import AdaptiveEngine
from ...engines.brownian.engine import BrownianEngine
from ...engines.molecular.engine import MolecularEngine
from ..points import count
from ..spec import LARGEST_NUMBER_OF_REPLICAS, Campaign
from ..spec_errors import FieldProblem
from .rule import SMALLEST_NUMBER_OF_REPLICAS

MISSING = {
    BrownianEngine.name: {"kinetic_energy", "total_energy"},
    AdaptiveEngine.name: {"kinetic_energy", "total_energy"},
    MolecularEngine.name: {"residual"},
}
"""Engine -> quantities that it does not sample."""


def problems_of_precision(campaign: Campaign) -> list[FieldProblem]:
    """List them; none for a campaign without [precision]."""
    precision, replicas = campaign.precision, campaign.problem.replicas
    if precision is None:
        return []
    if campaign.learning is not None:
        text = "cannot be combined with [learning] yet; drop one of the two tables"
        return [FieldProblem("precision", None, text)]
    problems = []
    if precision.quantity in MISSING[campaign.problem.engine]:
        text = f"no quantity of {campaign.problem.engine} dynamics"
        problems.append(FieldProblem("precision.quantity", precision.quantity, text))
    if replicas < SMALLEST_NUMBER_OF_REPLICAS:
        text = (
            f"[precision] begins with at least {SMALLEST_NUMBER_OF_REPLICAS}: "
            "fewer do not tell their own scatter"
        )
        problems.append(FieldProblem("problem.replicas", replicas, text))
    most = precision.most_replicas
    if most < replicas:
        text = f"fewer than problem.replicas = {replicas}, which it begins with"
        problems.append(FieldProblem("precision.most_replicas", most, text))
    if (in_all := count(campaign.problem) // replicas * most) > LARGEST_NUMBER_OF_REPLICAS:
        text = f"{in_all} replicas in all; at most {LARGEST_NUMBER_OF_REPLICAS} are allowed"
        problems.append(FieldProblem("precision.most_replicas", most, text))
    return problems
