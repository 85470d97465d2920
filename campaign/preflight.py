"""Physics that a campaign file allows and a physicist would ask about."""

from __future__ import annotations

import math

from .learning.fields import Purpose
from .plan import Plan, PlannedPoint

LARGEST_DIFFUSION = 0.05
LARGEST_DRIFT = 0.05
DENSE_FLUID = 0.9
SHORT_TRANSIENT = 5.0


def preflight(plan: Plan) -> list[str]:
    """Warnings about time steps, densities and durations, each once."""
    warnings = [message for point in plan.points for message in _of_point(plan, point)]
    sampling = plan.campaign.sampling
    driven = any(point.parameters.field is not None for point in plan.points)
    if driven and sampling.transient_time < SHORT_TRANSIENT:
        warnings.append(
            f"sampling.transient_time = {sampling.transient_time:g} tau is short for a driven "
            "system to reach its steady state; compare with a longer one"
        )
    warnings += _of_learning(plan)
    dynamics = plan.campaign.problem.dynamics
    for name, time in (
        ("sampling.block_time", sampling.block_time or 0.0),
        ("problem.dynamics.bulk_time", dynamics.bulk_time),
        ("sampling.transient_time", sampling.transient_time),
        ("sampling.time", sampling.time),
    ):
        if abs(time / dynamics.time_step - round(time / dynamics.time_step)) > 1e-6:
            warnings.append(
                f"{name} = {time:g} is rounded to whole steps of {dynamics.time_step:g}"
            )
    one_block = sampling.block_time is None or sampling.block_time >= sampling.time
    if plan.campaign.problem.replicas < 2 and one_block:
        warnings.append(
            "problem.replicas = 1: there will be no error bars, unless sampling.block_time is "
            "shorter than sampling.time"
        )
    return list(dict.fromkeys(warnings))


def _of_learning(plan: Plan) -> list[str]:
    learning, random = plan.campaign.learning, plan.campaign.problem.random
    if learning is None or random is None or random.field is None:
        return []
    warnings = []
    if random.field.equilibrium_fraction * random.field.z_only_fraction == 0:
        warnings.append(
            "problem.random.field draws no equilibrium state: the functional will not know what "
            "the force is without flow"
        )
    length = min(point.parameters.box_length for point in plan.points)
    if learning.functional.window > length / 2:
        warnings.append(
            f"learning.functional.window = {learning.functional.window:g} reaches round the box of "
            f"{length:g}: the functional sees the same places twice"
        )
    if learning.training.processes > plan.site.workers:
        warnings.append(
            f"learning.training.processes = {learning.training.processes} on {plan.site.workers} "
            "workers: they will share cores"
        )
    initial = sum(point.purpose is Purpose.INITIAL for point in plan.points)
    if round(learning.training.validation * initial) == 0:
        warnings.append(
            f"learning.training.validation = {learning.training.validation:g} of {initial} state "
            "points is none: nothing will show overfitting"
        )
    return warnings


def _of_point(plan: Plan, point: PlannedPoint) -> list[str]:
    parameters, step = point.parameters, plan.campaign.problem.dynamics.time_step
    warnings = []
    diffusion = math.sqrt(2 * parameters.temperature * step / parameters.friction)
    if diffusion > LARGEST_DIFFUSION:
        warnings.append(
            f"dynamics.time_step = {step:g}: particles diffuse {diffusion:.3g} sigma in one step; "
            f"keep it below {LARGEST_DIFFUSION:g}"
        )
    force = parameters.field.largest_force if parameters.field else 0.0
    drift = force * step / parameters.friction
    if drift > LARGEST_DRIFT:
        warnings.append(
            f"dynamics.time_step = {step:g}: an external force of {force:.3g} epsilon/sigma moves "
            f"particles {drift:.3g} sigma in one step; keep it below {LARGEST_DRIFT:g}"
        )
    if parameters.potential.range > 0 and parameters.density > DENSE_FLUID:
        warnings.append(
            f"density {parameters.density:.3g} is that of a solid at most temperatures: "
            "the system may crystallise or fall out of equilibrium"
        )
    return warnings
