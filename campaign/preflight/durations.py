"""Whether the times of a campaign make sense, and whether there will be error bars."""

from __future__ import annotations

from collections.abc import Iterator

from ..plan import Plan
from .finding import Finding
from .time_step import frequency

SHORT_TRANSIENT = 5.0
LONGEST_BLOCK = 1.0


def duration_findings(plan: Plan) -> Iterator[Finding]:
    """Look at the transient, at rounding to whole steps, and at what errors could come from."""
    sampling, dynamics = plan.campaign.sampling, plan.campaign.problem.dynamics
    driven = any(point.parameters.field is not None for point in plan.points)
    if driven and sampling.transient_time < SHORT_TRANSIENT:
        yield Finding(
            f"sampling.transient_time = {sampling.transient_time:g} tau is short for a driven "
            "system to reach its steady state; compare with a longer one, or look at how it gets "
            "there: `perrin reduce --over-time`"
        )
    yield from _waves(plan)
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


def _waves(plan: Plan) -> Iterator[Finding]:
    """Fields that change in time are averaged over a block, or over everything."""
    block = plan.campaign.sampling.block_time
    fastest = max((frequency(point.parameters) for point in plan.points), default=0.0)
    if fastest and block is None:
        yield Finding(
            "the field changes in time, and without sampling.block_time averages are over all times"
        )
    elif block is not None and fastest * block > LONGEST_BLOCK:
        yield Finding(
            f"sampling.block_time = {block:g}: a wave turns by {fastest * block:.3g} radian in it, "
            f"over which fields are averaged; keep it below {LONGEST_BLOCK:g}"
        )
