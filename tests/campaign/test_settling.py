"""What the manager makes of tries that are lost or never began."""

import dataclasses
from collections import Counter
from concurrent.futures import Future

import pytest

from perrin.campaign.backlog import Backlog
from perrin.campaign.claims import Claim
from perrin.campaign.executors.adaptor import ExecutorError, Loss
from perrin.campaign.journal import Journal
from perrin.campaign.layout import Layout
from perrin.campaign.lease import Lease
from perrin.campaign.manager import Manager
from perrin.campaign.outcome import Outcome
from perrin.campaign.processes import ProcessName
from perrin.campaign.store import Store
from perrin.campaign.tasks import Try
from perrin.campaign.worker import run_try


class Executor:
    """One that loses workers, whose fault it was."""

    def loss(self, error):
        del error
        return Loss.WORKER

    def is_crash(self, block, since):
        del block, since
        return True


class Silent:
    """Watches nothing."""

    def update(self, standing):
        del standing

    say = note = update


@pytest.fixture
def managed(trial):
    """A campaign whose manager has taken over, and the first of its tasks."""
    managers = []

    def make(settings=""):
        small = trial(replicas=3, replicas_per_task=6)
        small.path.write_text(small.path.read_text() + settings)
        small.layout.create()
        (small.layout.root / "campaign.toml").write_text(small.path.read_text())
        manager = Manager(small.plan, small.layout, Lease.acquire(small.layout.lease), Silent())
        managers.append(manager)
        manager.journal = Journal(small.layout.journal, 1)
        manager.backlog = Backlog(manager._pool)
        manager._take_over()
        return small, manager, manager.simulations.pending_tasks()[0]

    yield make
    for manager in managers:
        manager.journal.close()


def settle(manager, attempt, *, outcome=None, error=None):
    future = Future()
    if error:
        future.set_exception(error)
    else:
        future.set_result(outcome.as_document())
    manager.running[future] = attempt
    manager._settle(Executor(), future)
    manager.settlement.suspicions.judge(Executor())


def claim_of(small, attempt):
    numbers = dict.fromkeys(("steps_done", "steps_total", "replicas_done", "replicas_total"), 0)
    process = ProcessName.mine()
    claim = Claim(attempt.token, 1, attempt.task.name, process, **numbers, updated=0.0)
    claim.write(small.layout.claims)


def test_what_a_lost_try_has_published_is_not_computed_again(managed):
    """Nor is its worker's end a crash, though it had not withdrawn its claim."""
    small, manager, task = managed()
    attempt = Try(task, "token", 1)
    run_try(attempt.to_json())
    claim_of(small, attempt)
    settle(manager, attempt, error=RuntimeError("worker lost"))
    assert not manager.backlog
    assert manager.simulations.pending_tasks() == []
    assert [event["file"] for event in small.events("result-found")] == [f"{task.name}.h5"]
    assert small.events("crashed") == []
    assert list(small.layout.claims.iterdir()) == []


def test_a_lost_try_without_a_result_is_a_crash(managed):
    small, manager, task = managed()
    attempt = Try(task, "token", 1)
    claim_of(small, attempt)
    settle(manager, attempt, error=RuntimeError("worker lost"))
    assert [again.keys for again in manager.backlog] == [task.keys]
    (crash,) = small.events("crashed")
    assert crash["replicas"] == task.keys


def test_a_result_that_was_a_source_and_is_gone_is_computed_again(managed):
    small, manager, task = managed()
    attempt = Try(task, "token", 1)
    manager.simulations.settle(task, Outcome.from_document(run_try(attempt.to_json())))
    result = small.layout.results / f"{task.name}.h5"
    result.unlink()
    longer = dataclasses.replace(task, sources=[str(result)], sampling={"other": 1})
    manager.simulations.settle(longer, Outcome("drained"))
    assert result.name in manager.store.index.files
    manager.simulations.settle(longer, Outcome("drained", reason="a source is not there"))
    assert result.name not in manager.store.index.files
    assert [event["file"] for event in small.events("result-missing")] == [result.name]


def test_groups_that_do_not_begin_end_the_run_and_blame_no_replica(managed):
    small, manager, task = managed("mpi_ranks = 2\n")
    failed = Outcome("unlaunched", reason="libmpi.so: not found")

    def try_again(token, outcome):
        settle(manager, Try(task, token, 1), outcome=outcome)

    for token in "ab":
        try_again(token, failed)
    try_again("c", Outcome("crashed", reason="exit status 9"))
    for token in "de":
        try_again(token, failed)
    manager.running[Future()] = computing = Try(task, "other", 1)
    claim_of(small, computing)
    try_again("f", failed)
    for path in small.layout.claims.iterdir():
        path.unlink()
    with pytest.raises(ExecutorError, match=r"3 MPI groups .* libmpi.so: not found"):
        try_again("g", failed)
    assert small.events("failed", "quarantined") == []
    assert len(small.events("crashed")) == 1


def test_what_groups_left_behind_goes_with_all_that_killed_writers_did(tmp_path):
    layout = Layout(tmp_path)
    layout.create()
    (layout.groups / "token").mkdir(parents=True)
    Store.open(layout).remove_leftovers()
    assert not layout.groups.exists()


def next_tries(manager, task):
    return manager._next_tries(Counter({manager._pool(task): 1}))


def test_a_replica_that_may_be_deadly_waits_for_the_verdict(managed):
    _, manager, task = managed()
    manager.backlog.add(task)
    manager.journal.suspected[task.keys[0]] = 3
    assert next_tries(manager, task) == []
    manager.journal.suspected[task.keys[0]] = 2
    assert [attempt.task for attempt in next_tries(manager, task)] == [task]


def test_what_is_quarantined_meanwhile_is_not_tried(managed):
    _, manager, task = managed()
    manager.backlog.add(task)
    for key in task.keys:
        manager.journal.record("quarantined", replica=key, reason="deadly", traceback="")
    assert next_tries(manager, task) == []
    assert not manager.backlog
