"""Whether a functional can be learned from what a campaign simulates."""

from __future__ import annotations

from collections.abc import Iterator

from ..learning.fields import Purpose
from ..plan import Plan
from .finding import Finding


def learning_findings(plan: Plan) -> Iterator[Finding]:
    """Look at the fields, the window, the processes and the validation of learning."""
    learning, random = plan.campaign.learning, plan.campaign.problem.random
    if learning is None or random is None or random.field is None:
        return
    if random.field.equilibrium_fraction * random.field.z_only_fraction == 0:
        yield Finding(
            "problem.random.field draws no equilibrium state: the functional will not know what "
            "the force is without flow"
        )
    length = min(point.parameters.box_length for point in plan.points)
    if learning.functional.window > length / 2:
        yield Finding(
            f"learning.functional.window = {learning.functional.window:g} reaches round the box of "
            f"{length:g}: the functional sees the same places twice"
        )
    if learning.training.processes > plan.site.workers:
        yield Finding(
            f"learning.training.processes = {learning.training.processes} on {plan.site.workers} "
            "workers: they will share cores"
        )
    initial = sum(point.purpose is Purpose.INITIAL for point in plan.points)
    if round(learning.training.validation * initial) == 0:
        yield Finding(
            f"learning.training.validation = {learning.training.validation:g} of {initial} state "
            "points is none: nothing will show overfitting"
        )
