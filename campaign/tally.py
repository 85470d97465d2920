"""Counting the replicas of a plan by what became of them, again and again."""

from __future__ import annotations

from collections.abc import Iterable, Set

from ..engines.ensemble import Row
from .claims import Claim
from .plan import Plan
from .standing import Stage, Standing
from .store import Store


class Tally:
    """Counts that follow the index: what was counted once is not looked at again.

    Using
    -----
    ``standing`` and ``missing`` may be called at any time. They go through all replicas only if the
    plan is another one than before, or the index has forgotten something.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._plan: Plan | None = None
        self._era = 0
        self._read = 0
        self._missing: set[str] = set()
        self._shorter: dict[str, int] = {}
        self._steps = 0

    def standing(
        self,
        plan: Plan,
        quarantined: Iterable[str],
        claims: Iterable[Claim],
        stages: Iterable[Stage] = (),
    ) -> Standing:
        """Count the replicas of `plan`, with what workers say of those that run."""
        self._follow(plan)
        claims = list(claims)
        running = [claim for claim in claims if not claim.title]
        reported = sum(claim.steps_done for claim in running)
        return Standing(
            replicas_total=len(plan.wanted),
            replicas_done=len(plan.wanted) - len(self._missing),
            replicas_running=sum(claim.replicas_total for claim in running),
            replicas_quarantined=sum(key in self._missing for key in set(quarantined)),
            steps_total=plan.total_steps,
            steps_done=self._steps + max(self._durable_steps(plan), reported),
            stages=tuple(_with_claims(stage, claims) for stage in stages),
        )

    def missing(self, plan: Plan) -> Set[str]:
        """Keys of the replicas of `plan` that no result file holds at full length."""
        self._follow(plan)
        return self._missing

    def _follow(self, plan: Plan) -> None:
        index = self._store.index
        if plan is not self._plan or index.era != self._era:
            self._plan, self._era, self._read = plan, index.era, 0
            self._missing, self._shorter, self._steps = set(plan.wanted), {}, 0
        for file in index.additions[self._read :]:
            if file.sampling == plan.sampling_hash:
                self._count(plan, file.rows)
        self._read = len(index.additions)

    def _count(self, plan: Plan, rows: Iterable[Row]) -> None:
        for row in rows:
            if row.key not in self._missing:
                continue
            wanted = plan.wanted[row.key][0].total_steps
            if row.step >= wanted:
                self._missing.remove(row.key)
                self._shorter.pop(row.key, None)
                self._steps += wanted
            else:
                self._shorter[row.key] = max(row.step, self._shorter.get(row.key, 0))

    def _durable_steps(self, plan: Plan) -> int:
        """Steps of missing replicas, from shorter published runs or checkpoints."""
        ahead = sum(
            max(0, checkpoint.step - self._shorter.get(key, 0))
            for (key, sampling), checkpoint in self._store.checkpointed.items()
            if sampling == plan.sampling_hash and key in self._missing
        )
        return sum(self._shorter.values()) + ahead


def _with_claims(stage: Stage, claims: Iterable[Claim]) -> Stage:
    """Add what running tasks of a stage have done of themselves."""
    mine = (claim for claim in claims if claim.title == stage.title)
    share = sum(claim.steps_done / max(1, claim.steps_total) for claim in mine)
    return Stage(stage.title, stage.done + share, stage.total)
