"""The manager: hands tasks to an executor until nothing more can be done."""

from __future__ import annotations

import contextlib
import gc
import time
import uuid
from collections import Counter, defaultdict
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from ..engines.provenance import provenance
from ..site_configs.slurm import Pool
from . import job_names
from .backlog import Backlog
from .claims import Claim, read_claims
from .collector import without_collector
from .drain import drain_requested, request_drain
from .executors.adaptor import ExecutorAdaptor, ExecutorError
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
from .monitor import Monitor
from .open_plan import as_decided
from .pace import Pace
from .plan import Plan
from .predecessors import end_predecessors
from .processes import ProcessName
from .releases import apply_releases
from .settlement import Settlement
from .simulations import Simulations
from .snapshot import evidence_of, meaning_of
from .speed import at_known_speed
from .standing import Stage, Standing
from .store import Store
from .survey import survey
from .tasks import AnyTask, Task, Try
from .verdict import awaits_judgement
from .work import Work

POLL_SECONDS = 0.5
TEND_SECONDS = 0.5
VISIBILITY_SECONDS = 3.0
WATCH_SECONDS = 2.0
LEAVING_SECONDS = 5.0
NEEDED_SEGMENTS = 1.5
MARGIN_SECONDS = 10.0


class Watcher(Protocol):
    """Told how the campaign proceeds."""

    def update(self, standing: Standing) -> None:
        """Take note of the standing."""

    def say(self, message: str) -> None:
        """Pass on a remark."""

    def note(self, event: dict[str, Any]) -> None:
        """Take note of an event of the journal."""


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
    running: dict[Future[Any], Try] = field(default_factory=dict)
    ended: SimpleQueue[Future[Any]] = field(default_factory=SimpleQueue)
    busy: Counter[Pool] = field(default_factory=Counter)
    paces: defaultdict[Pool, Pace] = field(default_factory=lambda: defaultdict(Pace))
    draining: bool = False
    watched: float = 0.0
    tended: float = 0.0
    left_since: float | None = None
    hindrance: str = ""
    executor: ExecutorAdaptor | None = None

    def run(self) -> Standing:
        """Compute what is missing; return where the campaign stands when nothing more can run."""
        self.journal = Journal(self.layout.journal, self.lease.generation, self.watcher.note)
        self.backlog = Backlog(self._pool)
        with self.lease.renewed():
            with without_collector():
                self._take_over()
                self._enqueue_new()
            if self.backlog or self.steering.waits:
                self._run_queue()
            self._finish()
        return self._show(None if self.running else evidence_of(self.layout))

    def drain(self) -> None:
        """Stop dispatching, and ask the workers to checkpoint and leave."""
        self.draining = True
        with contextlib.suppress(OSError):
            request_drain(self.layout.lease, self.lease.generation)

    def _take_over(self) -> None:
        self.meaning = meaning_of(self.layout.root / "campaign.toml")
        self.journal.record(
            "manager-started",
            generation=self.lease.generation,
            process=ProcessName.mine().as_document(),
            software=provenance(),
        )
        if self.retry:
            self.journal.record("released", replicas=None)
        apply_releases(self.layout.lease, self.journal)
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
        self.plan = at_known_speed(self.plan, self.store)
        self.simulations = Simulations(self.plan, self.layout, self.store, self.journal)
        self.simulations.plan = as_decided(self.plan, self.journal.state)
        self.works: dict[type[Any], Work] = {
            Task: self.simulations,
            TrainingTask: LearningWork(self.store, self.journal, run_training_try),
            ExplorationTask: LearningWork(self.store, self.journal, run_exploration_try),
        }
        self.steering = make_steering(self.simulations, self.watcher.say, self.only_train)
        self.stages: Counter[str] = Counter()
        retries = self.plan.campaign.resources.retries
        self.settlement = Settlement(self.works, self.journal, self.layout, retries)
        self.monitor = Monitor(self.plan, self.journal.state.ledger)

    def _enqueue_new(self, *, released: bool = True) -> None:
        """Queue everything that can be done now and that nobody has in hand.

        Replicas are missing anew only if some were released, the plan grew or files were lost.
        """
        in_hand = [*self.backlog, *self._running_tasks()]
        names = {task.name for task in in_hand}
        for task in self.steering.next_tasks():
            if task.name not in names:
                self.stages[task.title] += 1
                self._enqueue(task)
        if not self.only_train and (self.simulations.has_grown() or released):
            keys = {key for task in in_hand for key in task.keys}
            for simulation in self.simulations.pending_tasks(keys):
                self._enqueue(simulation)

    def _enqueue(self, task: AnyTask) -> None:
        progress = self.works[type(task)].progress(task)
        self.journal.note("task", task=task.name, replicas=progress)
        self.backlog.add(task)

    def _run_queue(self) -> None:
        self.watcher.say(self._announcement())
        gc.freeze()
        executor = start_executor(self.plan.site, self.layout.executor, self._purpose())
        self.executor = executor
        try:
            self._record_processes(executor)
            while not self._has_ended():
                self._step(executor)
        except ExecutorError:
            self.lease.check()
            raise
        finally:
            executor.shutdown()
            self.executor = None
        self.journal.record("ended-processes", core_seconds=self.monitor.end())

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
            return not (self.running or self.backlog or self.steering.waits)
        if self.left_since is None or self._claims():
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
        room = self._room(executor)
        is_due = time.monotonic() - self.tended > TEND_SECONDS
        if room or is_due:
            self._look_for_orders()
        if room and not self.draining and not self._disk_is_full():
            self._dispatch(executor, room)
        released = is_due and self._tend(executor)
        done = self._wait_for_ends()
        for future in done:
            self._settle(executor, future)
        asks = self.steering.waits or (done and self.steering.is_active)
        if released or (asks and not self.draining):
            self._enqueue_new(released=released)
        if time.monotonic() - self.watched > WATCH_SECONDS:
            self.watched = time.monotonic()
            self._show()

    def _look_for_orders(self) -> None:
        """Stop if there is a newer manager, drain if somebody asks for it."""
        self.lease.check()
        if not self.draining and drain_requested(self.layout.lease, self.lease.generation):
            self.watcher.say("draining: running tasks write their checkpoints")
            self.draining = True

    def _tend(self, executor: ExecutorAdaptor) -> bool:
        """Look after the executor; return whether something was released from quarantine."""
        self.tended = time.monotonic()
        self.journal.sync()
        idle = self._disk_is_full() or self.draining
        if executor.tend(self.busy if idle else self.backlog.demand() + self.busy):
            self._record_processes(executor)
        self.settlement.suspicions.judge(executor)
        return not self.draining and apply_releases(self.layout.lease, self.journal)

    def _room(self, executor: ExecutorAdaptor) -> dict[Pool, int]:
        """How many of the tasks that wait can be submitted to each pool."""
        rooms = {
            pool: self.paces[pool].room(executor.capacity(pool), self.busy[pool])
            for pool in self.backlog.demand()
        }
        return {pool: room for pool, room in rooms.items() if room > 0}

    def _dispatch(self, executor: ExecutorAdaptor, room: dict[Pool, int]) -> None:
        """Submit what there is room for; all that happened is on disk before."""
        attempts = self._next_tries(Counter(room))
        self.journal.sync()
        for attempt in attempts:
            pool, function = self._pool(attempt.task), self.works[type(attempt.task)].function
            future = executor.submit(function, attempt.to_json(), pool=pool)
            self.running[future] = attempt
            self.busy[pool] += 1
            future.add_done_callback(self.ended.put)

    def _next_tries(self, room: Counter[Pool]) -> list[Try]:
        attempts: list[Try] = []
        for task in self.backlog.take(
            lambda task, pool: (
                room[pool] > 0
                and not self._is_too_wide(task, attempts)
                and not any(awaits_judgement(self.journal, key) for key in task.keys)
            )
        ):
            if self.journal.state.quarantined.keys() >= set(task.keys):
                continue
            room[self._pool(task)] -= 1
            attempts.append(Try(task, uuid.uuid4().hex[:16], self.lease.generation))
            self.journal.note("try", task=task.name, token=attempts[-1].token)
        return attempts

    def _wait_for_ends(self) -> list[Future[Any]]:
        """Tries that ended; waits a moment for the first of them."""
        ended: list[Future[Any]] = []
        with contextlib.suppress(Empty):
            ended.append(self.ended.get(timeout=POLL_SECONDS))
            while True:
                ended.append(self.ended.get_nowait())
        return ended

    def _pool(self, task: AnyTask) -> Pool:
        return self.plan.site.pool_of(Pool(task.pool))

    def _is_too_wide(self, task: AnyTask, attempts: list[Try]) -> bool:
        """Whether its processes would have to share the cores of plain workers with others'."""
        if task.processes == 1 or self._pool(task) is not Pool.WORKERS:
            return False
        others: list[AnyTask] = [a.task for a in (*self.running.values(), *attempts)]
        wide = sum(other.processes for other in others if other.processes > 1)
        return wide > 0 and wide + task.processes > self.plan.site.workers

    def _running_tasks(self) -> list[AnyTask]:
        return [attempt.task for attempt in self.running.values()]

    def _disk_is_full(self) -> bool:
        needed = self.simulations.missing_bytes()
        self.hindrance = ""
        if needed:
            self.hindrance = (
                f"disk full: no task is started until {needed / 1e6:.1f} MB are free below "
                f"{self.layout.root}; running tasks hold their state and wait"
            )
            self.watcher.say(self.hindrance)
        return bool(needed)

    def _settle(self, executor: ExecutorAdaptor, future: Future[Any]) -> None:
        attempt = self.running.pop(future)
        pool = self._pool(attempt.task)
        self.busy[pool] -= 1
        self.paces[pool].note_end()
        error = future.exception()
        is_quick = error is None and attempt.task.pool != Pool.MPI.value
        rest = self.settlement.settle(
            executor,
            attempt,
            future.result() if error is None else error,
            [] if is_quick else self._claims(),
        )
        for task in rest:
            self._enqueue(task)

    def _finish(self) -> None:
        self.lease.check()
        self.store.remove_leftovers()
        self.store.remove_spent_checkpoints()
        self.store.index.close()
        self.journal.record("manager-ended")
        self.journal.close()

    def _show(self, evidence: str | None = None) -> Standing:
        """Tell the watcher, and whoever asks for the status, where the campaign stands now."""
        self.store.index.sync()
        plan, state, claims = self.simulations.plan, self.journal.state, self._claims()
        standing = self.simulations.tally.standing(plan, state.quarantined, claims, self._stages())
        self.watcher.update(standing)
        snapshot = survey(
            plan,
            self.store,
            state,
            claims,
            standing,
            meaning=self.meaning,
            generation=self.lease.generation,
            evidence=evidence,
            outlook=self.monitor.look(standing, self.executor, self.hindrance),
        )
        snapshot.write(self.layout)
        return standing

    def _claims(self) -> list[Claim]:
        """What workers say of the tries of this manager."""
        claims = read_claims(self.layout.claims)
        return [claim for claim in claims if claim.generation == self.lease.generation]

    def _stages(self) -> list[Stage]:
        """Stages of learning that are under way, and how many of their tasks are done."""
        in_hand = [*self.backlog, *self._running_tasks()]
        left = Counter(task.title for task in in_hand if task.title)
        return [
            Stage(title, self.stages[title] - left[title], self.stages[title]) for title in left
        ]
