"""Whether the times of a campaign make sense, and whether there will be error bars."""

from __future__ import annotations

from collections.abc import Iterator

from ..plan import Plan
from .finding import Finding

SHORT_TRANSIENT = 5.0


def duration_findings(plan: Plan) -> Iterator[Finding]:
    """Look at the transient, at rounding to whole steps, and at what errors could come from."""
    sampling, dynamics = plan.campaign.sampling, plan.campaign.problem.dynamics
    driven = any(point.parameters.field is not None for point in plan.points)
    begins_at_once = sampling.transient_time == 0 and sampling.block_time is not None
    if driven and sampling.transient_time < SHORT_TRANSIENT and not begins_at_once:
        yield Finding(
            f"sampling.transient_time = {sampling.transient_time:g} tau is short for a driven "
            "system to reach its steady state; compare with a longer one"
        )
    for name, time in (
        ("sampling.block_time", sampling.block_time or 0.0),
        ("problem.dynamics.bulk_time", dynamics.bulk_time),
        ("sampling.transient_time", sampling.transient_time),
        ("sampling.time", sampling.time),
    ):
        if abs(time / dynamics.time_step - round(time / dynamics.time_step)) > 1e-6:
            yield Finding(f"{name} = {time:g} is rounded to whole steps of {dynamics.time_step:g}")
    one_block = sampling.block_time is None or sampling.block_time >= sampling.time
    if plan.campaign.problem.replicas < 2 and one_block:
        yield Finding(
            "problem.replicas = 1: there will be no error bars, unless sampling.block_time is "
            "shorter than sampling.time"
        )
