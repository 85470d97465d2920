"""MPI groups of real processes on this host: mpiexec, SIGKILL."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from perrin.campaign.claims import read_claims
from perrin.campaign.drain import request_drain
from perrin.campaign.group_try import GroupError, GroupTry
from perrin.campaign.lease import Lease
from perrin.campaign.outcome import Outcome
from perrin.campaign.processes import ProcessName
from perrin.campaign.store import Store
from perrin.campaign.tasks import Try
from perrin.campaign.worker import run_try

LONG = {"time": 2.0, "segment_steps": 4000}


@pytest.fixture
def group(trial):
    """Make a campaign of one task for a group of some ranks, and that task."""

    def make(ranks, edit=str, **options):
        small = trial(replicas=3, replicas_per_task=6, workers=2, **options)
        small.path.write_text(edit(small.path.read_text()) + f"mpi_ranks = {ranks}\n")
        small.layout.create()
        Lease.acquire(small.layout.lease)
        return small, task_of(small, ranks)

    return make


def task_of(small, ranks):
    store = Store.open(small.layout)
    store.read_checkpoints()
    (task,) = small.plan.tasks(small.plan.pending(store, ()), str(small.layout.root))
    assert (task.ranks, task.pool) == (ranks, "mpi")
    return task


def outcome_of(attempt):
    return Outcome.from_document(json.loads(json.dumps(run_try(attempt.to_json()))))


def ranks_of(small):
    """Processes of the group."""
    return [p for p in small.left_behind() if "perrin.campaign.mpi_group" in p.cmdline()[2:3]]


DIED = r"exit status (9|1; the log ends\n(?s:.*)MPI\.Exception)"
"""Of a killed process, or of another one that noticed it first."""


def assert_gone(small):
    assert small.left_behind() == []
    assert list(read_claims(small.layout.claims)) == []
    assert list(small.layout.groups.iterdir()) == []


@pytest.mark.parametrize("ranks", [2, 4])
def test_equal_bits_on_any_number_of_ranks(group, undisturbed, ranks):
    """Six replicas on four ranks: some have nothing to do in the second round."""
    small, task = group(ranks)
    outcome = outcome_of(Try(task, "token", 1))
    assert outcome.ending == "published"
    assert small.data() == undisturbed(small.plan)
    runs = [run for (record,) in small.published().values() for run in record.runs]
    assert {(run.token, run.host) for run in runs} == {("token", os.uname().nodename)}
    assert outcome.worker["pid"] == os.getpid()
    small.assert_nothing_left()
    assert_gone(small)


def test_drained_and_resumed_on_other_ranks(group, undisturbed):
    small, task = group(3, **LONG)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(outcome_of, Try(task, "first", 1))
        (claim,) = small.wait_for_claims()
        assert claim.process == ProcessName.mine()
        request_drain(small.layout.lease, 1)
        assert future.result().ending == "drained"
    assert_gone(small)
    assert all(records[0].state.step > 0 for records in small.checkpointed().values())
    small.path.write_text(small.path.read_text().replace("mpi_ranks = 3", "mpi_ranks = 2"))
    Lease.acquire(small.layout.lease, takeover=True)
    assert outcome_of(Try(task_of(small, 2), "second", 2)).ending == "published"
    assert small.data() == undisturbed(small.plan)
    tokens = [[run.token for run in r.runs] for (r,) in small.published().values()]
    assert ["first", "second"] in tokens


@pytest.mark.parametrize("victim", ["leader", "follower"])
def test_a_rank_that_dies_ends_the_group(group, victim):
    small, task = group(2, **LONG)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(outcome_of, Try(task, "token", 1))
        small.wait_for_claims()
        first, second = sorted(ranks_of(small), key=lambda process: process.pid)
        (first if victim == "leader" else second).kill()
        outcome = future.result(timeout=30)
    assert outcome.ending == "crashed"
    assert re.search(DIED, outcome.reason)
    assert_gone(small)
    assert small.checkpointed()


def test_the_group_ends_with_its_worker(group):
    small, task = group(2, **LONG)
    program = "import sys; from perrin.campaign.worker import run_try; run_try(sys.argv[1])"
    worker = subprocess.Popen([sys.executable, "-c", program, Try(task, "token", 1).to_json()])
    (claim,) = small.wait_for_claims()
    processes = small.left_behind()
    assert len(ranks_of(small)) == 2
    assert claim.process.pid == worker.pid
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    psutil.wait_procs(processes, timeout=10)
    assert small.left_behind() == []


def test_a_replica_that_raises_fails_alone(group):
    def edit(text):
        return text.replace("z = { constant = 2.0", "z = { constant = 1e5")

    small, task = group(2, edit)
    outcome = outcome_of(Try(task, "token", 1))
    assert outcome.ending == "published"
    assert len(outcome.rows) == len(outcome.failures) == 3
    assert all("BlowUpError" in text for text in outcome.failures.values())
    assert_gone(small)


def test_what_the_leader_raises_is_raised_by_the_worker(group):
    small, task = group(2)
    wrong = dataclasses.replace(task, sampling=task.sampling | {"bin_width": -1.0})
    with pytest.raises(GroupError, match=r"Traceback[\s\S]*bin_width"):
        run_try(Try(wrong, "token", 1).to_json())
    assert_gone(small)


@pytest.mark.slow
def test_a_campaign_counts_a_dead_rank_as_a_crash(group, undisturbed):
    small, _ = group(2, executor="parsl", **LONG)
    manager = small.start("--takeover")
    small.wait_for_claims()
    ranks_of(small)[-1].kill()
    output, _ = manager.communicate(timeout=120)
    assert manager.returncode == 0, output
    assert small.data() == undisturbed(small.plan)
    (crash,) = small.events("crashed")
    assert re.search(DIED, crash["reason"])
    small.assert_nothing_left()
    assert list(read_claims(small.layout.claims)) == []


@pytest.fixture
def no_pause(monkeypatch):
    monkeypatch.setattr("perrin.campaign.deadline.PAUSE_SECONDS", 0.0)


def started_by(task, *launch):
    """The outcome of a try whose group is started by another command."""
    return outcome_of(Try(dataclasses.replace(task, launch=list(launch)), "token", 1))


@pytest.mark.usefixtures("no_pause")
@pytest.mark.parametrize(
    ("launch", "reason"),
    [
        (["no-such-mpiexec"], "no-such-mpiexec: not found"),
        (["sh", "-c", "echo no libmpi.so >&2; exit 7"], r"exit status 7 .*\n.*no libmpi.so"),
        (["mpiexec", "-n", "1"], r"1 of 2 processes have found each other"),
    ],
)
def test_a_group_that_never_begins_is_nobodys_fault(group, launch, reason):
    small, task = group(2)
    outcome = started_by(task, *launch)
    assert (outcome.ending, outcome.failures) == ("unlaunched", {})
    assert re.search(reason, outcome.reason)
    assert_gone(small)


@pytest.mark.usefixtures("no_pause")
@pytest.mark.parametrize("words", ["failure", "claim"])
def test_what_happens_while_nodes_are_lost_is_not_the_fault_of_replicas(group, monkeypatch, words):
    """Neither an exception of the first process nor the death of one that had begun."""
    small, task = group(2)
    monkeypatch.setattr("perrin.campaign.group_try.nodes_answer", lambda: False)
    where = {"failure": "$(dirname $3)/failure", "claim": small.layout.claims / "token.json"}
    outcome = started_by(task, "sh", "-c", f"echo {{}} > {where[words]}; exit 1")
    assert outcome.ending == "drained"
    assert_gone(small)


def test_a_group_that_hangs_is_ended(group, monkeypatch):
    monkeypatch.setattr("perrin.campaign.group_try.GRACE_SECONDS", 0.5)
    small, task = group(2)
    request_drain(small.layout.lease, 1)
    claim = small.layout.claims / "token.json"
    outcome = started_by(task, "sh", "-c", f"echo {{}} > {claim}; sleep 30 & wait")
    assert outcome.ending == "drained"
    assert time.time() - outcome.stages["started"] < 10
    assert_gone(small)


def test_a_group_may_take_as_long_to_leave_as_its_block_lasts(group):
    _, task = group(2)
    slow = dataclasses.replace(task, segment_seconds=100.0)
    now = time.time()
    graces = [GroupTry(Try(slow, "token", 1, end))._grace() for end in (None, now + 9000, now + 30)]
    assert graces == pytest.approx([500, 500, 28], abs=1)
