"""The manager: hands tasks to an executor until nothing more can be done."""

from __future__ import annotations

import contextlib
import time
import traceback
import uuid
from collections import Counter, deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..engines.provenance import provenance
from ..site_configs.slurm import Pool
from . import job_names
from .claims import Claim, read_claims
from .drain import drain_requested, request_drain
from .executors.adaptor import ExecutorAdaptor, ExecutorError, Loss
from .executors.factory import start_executor
from .executors.purpose import Purpose
from .journal import Journal
from .layout import Layout
from .learning.exploration_task import ExplorationTask, run_exploration_try
from .learning.learning_work import LearningWork
from .learning.leftovers import remove_leftovers
from .learning.steering import make_steering
from .learning.training_task import TrainingTask, run_training_try
from .lease import Lease
from .open_plan import as_decided
from .outcome import Outcome
from .plan import Plan
from .predecessors import end_predecessors
from .processes import ProcessName
from .simulations import Simulations
from .standing import Stage, Standing, measure_standing
from .store import Store
from .tasks import AnyTask, Task, Try
from .verdict import judge_crash, judge_failures
from .work import Work

POLL_SECONDS = 0.5
VISIBILITY_SECONDS = 3.0
WATCH_SECONDS = 1.0
LEAVING_SECONDS = 5.0
NEEDED_SEGMENTS = 1.5
MARGIN_SECONDS = 10.0


class Watcher(Protocol):
    """Told how the campaign proceeds."""

    def update(self, standing: Standing) -> None:
        """Take note of the standing."""

    def say(self, message: str) -> None:
        """Pass on a remark."""


@dataclass
class Manager:
    """One generation of a campaign's manager, from taking the lease to giving it up.

    Attributes
    ----------
    plan
        What was to be simulated when the manager began.
    retry
        Whether to release what is in quarantine.
    only_train
        Whether to train on what is published, and do nothing else.
    """

    plan: Plan
    layout: Layout
    lease: Lease
    watcher: Watcher
    retry: bool = False
    only_train: bool = False
    queue: deque[AnyTask] = field(default_factory=deque)
    running: dict[Future[Any], Try] = field(default_factory=dict)
    draining: bool = False
    watched: float = 0.0
    left_since: float = 0.0

    def run(self) -> Standing:
        """Compute what is missing; return where the campaign stands when nothing more can run."""
        self.journal = Journal(self.layout.journal, self.lease.generation)
        with self.lease.renewed():
            self._take_over()
            self._enqueue_new()
            if self.queue or self.steering.waits:
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
        end_predecessors(
            self.layout,
            self.journal,
            self.lease.generation,
            self.watcher.say,
            on_slurm=self.plan.site.slurm is not None,
        )
        self.store = Store.open(self.layout, VISIBILITY_SECONDS)
        for name in sorted(self.store.lost):
            self.journal.record("result-missing", file=name)
        self.store.index.save_to(self.layout.index, self.lease.generation)
        self.store.report = self.journal.record
        self.store.recover()
        self.lease.check()
        self.store.remove_leftovers()
        self.store.remove_spent_checkpoints()
        remove_leftovers(self.layout)
        self._set_up_work()

    def _set_up_work(self) -> None:
        self.simulations = Simulations(self.plan, self.layout, self.store, self.journal)
        self.simulations.plan = as_decided(self.plan, self.journal.state)
        self.works: dict[type[Any], Work] = {
            Task: self.simulations,
            TrainingTask: LearningWork(self.store, self.journal, run_training_try),
            ExplorationTask: LearningWork(self.store, self.journal, run_exploration_try),
        }
        self.steering = make_steering(self.simulations, self.watcher.say, self.only_train)
        self.stages: Counter[str] = Counter()

    def _enqueue_new(self) -> None:
        """Queue everything that can be done now and that nobody has in hand."""
        in_hand = [*self.queue, *self._running_tasks()]
        names = {task.name for task in in_hand}
        for task in self.steering.next_tasks():
            if task.name not in names:
                self.stages[task.title] += 1
                self._enqueue(task)
        if not self.only_train:
            keys = {key for task in in_hand for key in task.keys}
            for simulation in self.simulations.pending_tasks(keys):
                self._enqueue(simulation)
        self.queue = deque(sorted(self.queue, key=lambda task: task.urgency))

    def _enqueue(self, task: AnyTask) -> None:
        progress = self.works[type(task)].progress(task)
        self.journal.record("task", task=task.name, replicas=progress)
        self.queue.append(task)

    def _run_queue(self) -> None:
        self.watcher.say(self._announcement())
        executor = start_executor(self.plan.site, self.layout.executor, self._purpose())
        try:
            self._record_processes(executor)
            while not self._has_ended():
                self._step(executor)
        except ExecutorError:
            self.lease.check()
            raise
        finally:
            executor.shutdown()
        self.journal.record("ended-processes")

    def _purpose(self) -> Purpose:
        return Purpose(
            name=job_names.blocks(self.layout, self.lease.generation),
            segment_seconds=NEEDED_SEGMENTS * self.plan.segment_seconds + MARGIN_SECONDS,
            record=self.journal.record,
            say=self.watcher.say,
        )

    def _has_ended(self) -> bool:
        """Whether there is nothing to do, or all have left that were told to."""
        if not self.draining:
            return not (self.running or self.queue or self.steering.waits)
        if not self.running or self._claims():
            self.left_since = time.monotonic()
        return not self.running or time.monotonic() - self.left_since > LEAVING_SECONDS

    def _record_processes(self, executor: ExecutorAdaptor) -> None:
        names = [process.as_document() for process in executor.processes()]
        self.journal.record("started-processes", processes=names)

    def _announcement(self) -> str:
        site = self.plan.site
        if site.slurm is not None:
            return f"asking {site.name} for up to {site.slurm.max_blocks} blocks ({site.executor})"
        workers = f"{site.workers} {site.executor} workers"
        return f"starting {workers}; on a new machine they compile first"

    def _step(self, executor: ExecutorAdaptor) -> None:
        self.lease.check()
        if not self.draining and drain_requested(self.layout.lease, self.lease.generation):
            self.watcher.say("draining: running tasks write their checkpoints")
            self.draining = True
        if not self._disk_is_full():
            self._dispatch(executor)
        if executor.tend(self._demand()):
            self._record_processes(executor)
        if not self.running:
            time.sleep(POLL_SECONDS)
        done, _ = wait(self.running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            self._settle(executor, future)
        asks = self.steering.waits or (done and self.steering.is_active)
        if asks and not self.draining:
            self._enqueue_new()
        if time.monotonic() - self.watched > WATCH_SECONDS:
            self.watched = time.monotonic()
            self.watcher.update(self.standing())

    def _dispatch(self, executor: ExecutorAdaptor) -> None:
        if self.draining:
            return
        room = Counter({pool: executor.capacity(pool) for pool in self._demand()})
        room.subtract(self._pool(task) for task in self._running_tasks())
        waiting: deque[AnyTask] = deque()
        while self.queue and any(free > 0 for free in room.values()):
            task = self.queue.popleft()
            pool = self._pool(task)
            if room[pool] <= 0 or self._is_too_wide(task):
                waiting.append(task)
                continue
            room[pool] -= 1
            attempt = Try(task, uuid.uuid4().hex[:16], self.lease.generation)
            self.journal.record("try", task=task.name, token=attempt.token)
            function = self.works[type(task)].function
            self.running[executor.submit(function, attempt.to_json(), pool=pool)] = attempt
        self.queue.extendleft(reversed(waiting))

    def _demand(self) -> Counter[Pool]:
        """Tasks of each pool that wait or run."""
        return Counter(self._pool(task) for task in [*self.queue, *self._running_tasks()])

    def _pool(self, task: AnyTask) -> Pool:
        return self.plan.site.pool_of(Pool(task.pool))

    def _is_too_wide(self, task: AnyTask) -> bool:
        """Whether its processes would have to share the cores of plain workers with others'."""
        if task.processes == 1 or self._pool(task) is not Pool.WORKERS:
            return False
        wide = sum(t.processes for t in self._running_tasks() if t.processes > 1)
        return wide > 0 and wide + task.processes > self.plan.site.workers

    def _running_tasks(self) -> list[AnyTask]:
        return [attempt.task for attempt in self.running.values()]

    def _disk_is_full(self) -> bool:
        needed = self.simulations.missing_bytes()
        if needed:
            self.watcher.say(
                f"disk full: no task is started until {needed / 1e6:.1f} MB are free below "
                f"{self.layout.root}; running tasks hold their state and wait"
            )
        return bool(needed)

    def _settle(self, executor: ExecutorAdaptor, future: Future[Any]) -> None:
        attempt = self.running.pop(future)
        work = self.works[type(attempt.task)]
        error = future.exception()
        claims = self._claims(attempt.token) if error is not None else []
        block = next((claim.block for claim in claims), None)
        loss = executor.loss(error, block) if error is not None else None
        if error is None:
            self._settle_outcome(attempt, Outcome.from_document(future.result()))
        elif loss is not None:
            self._settle_loss(attempt, loss, claims, error)
        else:
            self._record_end(attempt, "raised", reason=str(error))
            text = "".join(traceback.format_exception(error))
            self._judge(attempt, dict.fromkeys(attempt.task.keys, text))
        for rest in work.rest(attempt.task):
            self._enqueue(rest)

    def _settle_outcome(self, attempt: Try, outcome: Outcome) -> None:
        self._record_end(
            attempt, outcome.ending, stages=outcome.stages, worker=outcome.worker, file=outcome.file
        )
        self.works[type(attempt.task)].settle(attempt.task, outcome)
        self._judge(attempt, outcome.failures)

    def _settle_loss(
        self, attempt: Try, loss: Loss, claims: list[Claim], error: BaseException
    ) -> None:
        for claim in claims:
            claim.remove(self.layout.claims)
        self._record_end(attempt, f"lost-{loss.value}", reason=str(error))
        if loss is Loss.WORKER and claims:
            keys = self.works[type(attempt.task)].incomplete(attempt.task)
            judge_crash(self.journal, keys, attempt.token, str(error))

    def _judge(self, attempt: Try, failures: dict[str, str]) -> None:
        judge_failures(self.journal, failures, attempt.token, self.plan.campaign.resources.retries)

    def _record_end(self, attempt: Try, ending: str, **details: Any) -> None:
        self.journal.record(
            "try-ended", token=attempt.token, task=attempt.task.name, ending=ending, **details
        )

    def _finish(self) -> None:
        self.lease.check()
        self.store.remove_spent_checkpoints()
        self.store.index.close()
        self.journal.record("manager-ended")
        self.journal.close()

    def standing(self) -> Standing:
        """Where the campaign stands now, running tasks included."""
        claims = self._claims()
        quarantined = self.journal.state.quarantined
        return measure_standing(
            self.simulations.plan, self.store, quarantined, claims, self._stages()
        )

    def _claims(self, token: str | None = None) -> list[Claim]:
        """What workers say of the tries of this manager, or of one of them."""
        return [
            claim
            for claim in read_claims(self.layout.claims)
            if claim.generation == self.lease.generation and token in (None, claim.token)
        ]

    def _stages(self) -> list[Stage]:
        """Stages of learning that are under way, and how many of their tasks are done."""
        in_hand = [*self.queue, *self._running_tasks()]
        left = Counter(task.title for task in in_hand if task.title)
        return [
            Stage(title, self.stages[title] - left[title], self.stages[title]) for title in left
        ]
