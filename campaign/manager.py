"""The manager: hands tasks to an executor until every replica is published or quarantined."""

from __future__ import annotations

import contextlib
import shutil
import time
import traceback
import uuid
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ..engines.provenance import provenance
from ..engines.seal import DamagedFileError
from .claims import read_claims
from .drain import drain_requested, request_drain
from .executors.adaptor import ExecutorAdaptor, ExecutorError, Loss
from .executors.factory import start_executor
from .index import IndexedFile
from .journal import Journal
from .layout import Layout
from .lease import Lease
from .plan import Plan
from .predecessors import end_predecessors
from .processes import ProcessName
from .standing import Standing, measure_standing
from .store import Store
from .tasks import Task, Try
from .verdict import judge_crash, judge_failures, must_isolate
from .worker import Outcome, run_try

POLL_SECONDS = 0.5
VISIBILITY_SECONDS = 3.0
WATCH_SECONDS = 1.0
TRIES_PER_SLOT = 2


class Watcher(Protocol):
    """Told how the campaign proceeds."""

    def update(self, standing: Standing) -> None:
        """Take note of the standing."""

    def say(self, message: str) -> None:
        """Pass on a remark."""


@dataclass
class Manager:
    """One generation of a campaign's manager, from taking the lease to giving it up."""

    plan: Plan
    layout: Layout
    lease: Lease
    watcher: Watcher
    retry: bool = False
    queue: deque[Task] = field(default_factory=deque)
    running: dict[Future[Any], Try] = field(default_factory=dict)
    draining: bool = False
    watched: float = 0.0

    def run(self) -> Standing:
        """Compute what is missing; return where the campaign stands when nothing more can run."""
        self.journal = Journal(self.layout.journal, self.lease.generation)
        with self.lease.renewed():
            self._take_over()
            self._enqueue_pending()
            if self.queue:
                self._run_queue()
            self._finish()
        standing = self.standing()
        self.watcher.update(standing)
        return standing

    def drain(self) -> None:
        """Stop dispatching, and ask the workers to checkpoint and leave."""
        self.draining = True
        with contextlib.suppress(OSError):
            request_drain(self.layout.lease, self.lease.generation)

    def _take_over(self) -> None:
        self.journal.record(
            "manager-started",
            generation=self.lease.generation,
            process=ProcessName.mine().as_document(),
            software=provenance(),
        )
        if self.retry:
            self.journal.record("released")
        end_predecessors(self.layout, self.journal, self.lease.generation, self.watcher.say)
        self.store = Store.open(self.layout, VISIBILITY_SECONDS)
        for name in sorted(self.store.lost):
            self.journal.record("result-missing", file=name)
        self.store.index.save_to(self.layout.index, self.lease.generation)
        self.store.report = self.journal.record
        self.store.recover()
        self.lease.check()
        self.store.remove_leftovers()
        self.store.remove_spent_checkpoints()

    def _enqueue_pending(self) -> None:
        pending = self.plan.pending(self.store, self.journal.state.quarantined)
        for task in self.plan.tasks(pending, str(self.layout.root)):
            self._enqueue(task)

    def _enqueue(self, task: Task) -> None:
        sampling = self.plan.sampling_hash
        steps = {key: self.store.steps_done(key, sampling) for key in task.keys}
        self.journal.record("task", task=task.name, replicas=steps)
        self.queue.append(task)

    def _run_queue(self) -> None:
        executor = start_executor(self.plan.site, self.layout.executor)
        try:
            self._record_processes(executor)
            while (self.queue and not self.draining) or self.running:
                self._step(executor)
        except ExecutorError:
            self.lease.check()
            raise
        finally:
            executor.shutdown()
        self.journal.record("ended-processes")

    def _record_processes(self, executor: ExecutorAdaptor) -> None:
        names = [process.as_document() for process in executor.processes()]
        self.journal.record("started-processes", processes=names)

    def _step(self, executor: ExecutorAdaptor) -> None:
        self.lease.check()
        if not self.draining and drain_requested(self.layout.lease, self.lease.generation):
            self.watcher.say("draining: running tasks write their checkpoints")
            self.draining = True
        if not self._disk_is_full():
            self._dispatch(executor)
        if executor.tend():
            self._record_processes(executor)
        if not self.running:
            time.sleep(POLL_SECONDS)
        done, _ = wait(self.running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            self._settle(executor, future)
        if time.monotonic() - self.watched > WATCH_SECONDS:
            self.watched = time.monotonic()
            self.watcher.update(self.standing())

    def _dispatch(self, executor: ExecutorAdaptor) -> None:
        slots = TRIES_PER_SLOT * self.plan.site.workers
        while self.queue and not self.draining and len(self.running) < slots:
            task = self.queue.popleft()
            attempt = Try(task, uuid.uuid4().hex[:16], self.lease.generation)
            self.journal.record("try", task=task.name, token=attempt.token)
            self.running[executor.submit(run_try, attempt.to_json())] = attempt

    def _disk_is_full(self) -> bool:
        replica = max(self.plan.bytes_per_replica(point) for point in self.plan.points)
        needed = 2 * replica * self.plan.replicas_per_task * self.plan.site.workers
        free = shutil.disk_usage(self.layout.root).free
        if free < needed:
            self.watcher.say(
                f"disk full: no task is started until {needed / 1e6:.1f} MB are free below "
                f"{self.layout.root}; running tasks hold their state and wait"
            )
        return free < needed

    def _settle(self, executor: ExecutorAdaptor, future: Future[Any]) -> None:
        attempt = self.running.pop(future)
        error = future.exception()
        loss = executor.loss(error) if error is not None else None
        if error is None:
            self._settle_outcome(attempt, Outcome.from_document(future.result()))
        elif loss is not None:
            self._settle_loss(attempt, loss, error)
        else:
            self._record_end(attempt, "raised", reason=str(error))
            text = "".join(traceback.format_exception(error))
            self._judge(attempt, dict.fromkeys(attempt.task.keys, text))
        self._requeue_rest(attempt.task)

    def _settle_outcome(self, attempt: Try, outcome: Outcome) -> None:
        self._record_end(
            attempt, outcome.ending, stages=outcome.stages, worker=outcome.worker, file=outcome.file
        )
        if outcome.ending == "published":
            self._index(attempt.task, outcome)
        self._judge(attempt, outcome.failures)

    def _index(self, task: Task, outcome: Outcome) -> None:
        if outcome.digest:
            rows, sampling = tuple(outcome.rows), self.plan.sampling_hash
            entry = (outcome.file, outcome.size, outcome.digest, sampling, rows)
            self.store.index.add(IndexedFile(*entry))
        else:
            self._index_winner(task, self.layout.results / outcome.file)

    def _index_winner(self, task: Task, path: Path) -> None:
        """Index the file that had the name already, if it holds what the task was to publish."""
        try:
            winner = IndexedFile.of(path)
            wanted = set(task.keys) - self.journal.state.failures.keys()
            if not wanted <= {row.key for row in winner.rows}:
                raise DamagedFileError(path, "has the name of a task and other replicas")
            self.store.index.add(winner)
        except DamagedFileError as error:
            self.store.set_aside(path, error.reason)

    def _settle_loss(self, attempt: Try, loss: Loss, error: BaseException) -> None:
        claims = [c for c in read_claims(self.layout.claims) if c.token == attempt.token]
        for claim in claims:
            claim.remove(self.layout.claims)
        self._record_end(attempt, f"lost-{loss.value}", reason=str(error))
        self.store.read_checkpoints()
        if loss is Loss.WORKER and claims:
            keys = [key for key in attempt.task.keys if not self.plan.is_complete(key, self.store)]
            judge_crash(self.journal, keys, attempt.token, str(error))

    def _judge(self, attempt: Try, failures: dict[str, str]) -> None:
        judge_failures(self.journal, failures, attempt.token, self.plan.campaign.resources.retries)

    def _requeue_rest(self, task: Task) -> None:
        """Queue again what a try left unpublished; what keeps crashing goes alone."""
        if all(self.plan.is_published(key, self.store) for key in task.keys):
            return
        self.store.read_checkpoints()
        pending = self.plan.pending(self.store, self.journal.state.quarantined, task.keys)
        keys = [p.physics.replica_key(p.replica) for p in pending]
        alone = [p for p, key in zip(pending, keys, strict=True) if must_isolate(self.journal, key)]
        together = [p for p in pending if p not in alone]
        for group in [together, *([p] for p in alone)]:
            for rest in self.plan.tasks(group, str(self.layout.root)):
                self._enqueue(rest)

    def _record_end(self, attempt: Try, ending: str, **details: Any) -> None:
        self.journal.record(
            "try-ended", token=attempt.token, task=attempt.task.name, ending=ending, **details
        )

    def _finish(self) -> None:
        self.store.remove_spent_checkpoints()
        self.store.index.close()
        self.journal.record("manager-ended")
        self.journal.close()

    def standing(self) -> Standing:
        """Where the campaign stands now, running tasks included."""
        claims = [
            claim
            for claim in read_claims(self.layout.claims)
            if claim.generation == self.lease.generation
        ]
        return measure_standing(self.plan, self.store, self.journal.state.quarantined, claims)
