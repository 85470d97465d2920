"""What becomes of a try that ended: results indexed, failures judged, everything journaled."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..site_configs.slurm import Pool
from .claims import Claim
from .executors.adaptor import ExecutorAdaptor, Loss
from .false_starts import FalseStarts
from .journal import Journal
from .layout import Layout
from .outcome import Outcome
from .suspicion import Suspicion, Suspicions
from .tasks import AnyTask, Try
from .verdict import judge_crash, judge_failures
from .work import Work


@dataclass
class Settlement:
    """Settles the tries of one manager.

    Attributes
    ----------
    works
        What is known of each kind of task.
    retries
        How often a replica that raised is tried again.
    """

    works: dict[type[Any], Work]
    journal: Journal
    layout: Layout
    retries: int
    false_starts: FalseStarts = field(default_factory=FalseStarts)

    def __post_init__(self) -> None:
        self.suspicions = Suspicions(self.journal)

    def settle(
        self,
        executor: ExecutorAdaptor,
        attempt: Try,
        result: dict[str, Any] | BaseException,
        claims: Sequence[Claim],
    ) -> list[AnyTask]:
        """Settle a try; return the tasks for what it left.

        Parameters
        ----------
        result
            What its worker answered, or the error that came instead.
        claims
            What workers say at the moment, of this and all other tries of the manager.
        """
        work = self.works[type(attempt.task)]
        if isinstance(result, BaseException):
            work.settle(attempt.task, Outcome("lost"))
            mine = [claim for claim in claims if claim.token == attempt.token]
            self._settle_error(attempt, executor.loss(result), mine, result)
        else:
            self._settle_outcome(attempt, Outcome.from_document(result), claims)
        return work.rest(attempt.task)

    def _settle_outcome(self, attempt: Try, outcome: Outcome, claims: Sequence[Claim]) -> None:
        self._record_end(
            attempt,
            outcome.ending,
            stages=outcome.stages,
            worker=outcome.worker,
            file=outcome.file,
            reason=outcome.reason,
        )
        work = self.works[type(attempt.task)]
        work.settle(attempt.task, outcome)
        judge_failures(self.journal, outcome.failures, attempt.token, self.retries)
        if outcome.ending == "crashed":
            keys = work.incomplete(attempt.task)
            judge_crash(self.journal, keys, attempt.token, outcome.reason)
        if attempt.task.pool == Pool.MPI.value:
            self._note_start(attempt, outcome, claims)

    def _note_start(self, attempt: Try, outcome: Outcome, claims: Sequence[Claim]) -> None:
        """Count groups that did not begin, unless others compute meanwhile."""
        if outcome.ending not in ("unlaunched", "drained"):
            self.false_starts.note_success()
        elif outcome.ending == "unlaunched" and all(c.token == attempt.token for c in claims):
            self.false_starts.note_failure(outcome.reason)

    def _settle_error(
        self, attempt: Try, loss: Loss | None, claims: list[Claim], error: BaseException
    ) -> None:
        if loss is None:
            self._record_end(attempt, "raised", reason=str(error))
            text = "".join(traceback.format_exception(error))
            failures = dict.fromkeys(attempt.task.keys, text)
            judge_failures(self.journal, failures, attempt.token, self.retries)
            return
        for claim in claims:
            claim.remove(self.layout.claims)
        self._record_end(
            attempt,
            "lost",
            what=loss.value,
            reason=str(error),
            blocks=[claim.block for claim in claims],
            steps_done=sum(claim.steps_done for claim in claims),
        )
        if loss is Loss.WORKER and claims:
            keys = self.works[type(attempt.task)].incomplete(attempt.task)
            self.suspicions.add(Suspicion(keys, attempt.token, str(error), claims[0].block))

    def _record_end(self, attempt: Try, ending: str, **details: Any) -> None:
        self.journal.note(
            "try-ended", token=attempt.token, task=attempt.task.name, ending=ending, **details
        )
