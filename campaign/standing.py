"""Where a campaign stands, from its files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .claims import Claim
from .plan import Plan
from .store import Store


@dataclass(frozen=True)
class Stage:
    """A stage of learning under way.

    Attributes
    ----------
    title
        Round and what is done.
    done, total
        Tasks; the one under way counts by how far it is.
    """

    title: str
    done: float
    total: int


@dataclass(frozen=True)
class Standing:
    """Counts of replicas and steps; what runs is known to the last checkpoint.

    Attributes
    ----------
    replicas_running
        Replicas of tasks that a worker has claimed, and has not published.
    steps_done
        Steps of published replicas, and of others as far as checkpoints or workers know.
    stages
        What learning does at the moment.
    """

    replicas_total: int
    replicas_done: int
    replicas_running: int
    replicas_quarantined: int
    steps_total: int
    steps_done: int
    stages: tuple[Stage, ...] = ()

    @property
    def replicas_waiting(self) -> int:
        """Replicas that nobody works on yet."""
        settled = self.replicas_done + self.replicas_running + self.replicas_quarantined
        return max(0, self.replicas_total - settled)

    @property
    def is_complete(self) -> bool:
        """Whether every replica is published."""
        return self.replicas_done == self.replicas_total


def measure_standing(
    plan: Plan,
    store: Store,
    quarantined: Iterable[str],
    claims: Iterable[Claim],
    stages: Iterable[Stage] = (),
) -> Standing:
    """Count the replicas of `plan` by what became of them."""
    published = {key for key in plan.wanted if plan.is_published(key, store)}
    claims = list(claims)
    running = [claim for claim in claims if not claim.title]
    durable = sum(
        store.steps_done(key, plan.sampling_hash) for key in plan.wanted if key not in published
    )
    return Standing(
        replicas_total=len(plan.wanted),
        replicas_done=len(published),
        replicas_running=sum(claim.replicas_total for claim in running),
        replicas_quarantined=len(set(quarantined) & plan.wanted.keys() - published),
        steps_total=plan.total_steps,
        steps_done=sum(plan.wanted[key][0].total_steps for key in published)
        + max(durable, sum(claim.steps_done for claim in running)),
        stages=tuple(_with_claims(stage, claims) for stage in stages),
    )


def _with_claims(stage: Stage, claims: Iterable[Claim]) -> Stage:
    """Add what running tasks of a stage have done of themselves."""
    mine = (claim for claim in claims if claim.title == stage.title)
    share = sum(claim.steps_done / max(1, claim.steps_total) for claim in mine)
    return Stage(stage.title, stage.done + share, stage.total)
