"""The first process of a group, in this process and with nobody to lead."""

import pytest

from perrin.campaign.group_try import GroupOrder
from perrin.campaign.lease import Lease
from perrin.campaign.mpi_crew import Leader
from perrin.campaign.mpi_group import LeadingTry
from perrin.campaign.processes import ProcessName
from perrin.campaign.segments import Segments
from perrin.campaign.store import Store
from perrin.campaign.tasks import Try


class Broken(Exception):
    """What an MPI library raises when another process of the group is gone."""


class Done:
    def Test(self):
        return True


class Alone:
    """The communicator of a group of one."""

    size = 1

    def Ibarrier(self):
        return Done()

    def scatter(self, sendobj):
        (mine,) = sendobj
        return mine

    def gather(self, sendobj):
        return [sendobj]


@pytest.fixture
def lead(trial):
    """A campaign, and a function that leads a try of its one task."""
    small = trial(replicas=2, replicas_per_task=4)
    small.layout.create()
    Lease.acquire(small.layout.lease)
    store = Store.open(small.layout)
    (task,) = small.plan.tasks(small.plan.pending(store, ()), str(small.layout.root))
    attempt = Try(task, "token", 1)

    def run(worker=None, withdrawn=False):
        worker = worker or ProcessName.mine()
        scratch = str(small.layout.groups / "token")
        order = GroupOrder(scratch, attempt.to_json(), worker.as_document())
        order.save()
        if withdrawn:
            order.path.unlink()
        segments = Segments(task)
        LeadingTry(order, segments, Leader(segments, Alone())).lead(Broken)
        return order

    return small, run


def test_a_group_of_one_is_a_worker(lead, undisturbed):
    small, run = lead
    assert '"published"' in run().outcome.read_text()
    assert small.data() == undisturbed(small.plan)


@pytest.mark.parametrize(("error", "told"), [(Broken, False), (RuntimeError, True)])
def test_the_death_of_another_process_is_no_error_of_the_try(lead, monkeypatch, error, told):
    """Only the try's own error is told to the worker, which then fails the replicas for it."""
    small, run = lead

    def fail(_):
        raise error("gone")

    monkeypatch.setattr(LeadingTry, "run", fail)
    with pytest.raises(error):
        run()
    assert (small.layout.groups / "token" / "failure").exists() is told


def test_it_leaves_when_its_order_is_withdrawn(lead):
    _, run = lead
    assert '"drained"' in run(withdrawn=True).outcome.read_text()


def test_it_leaves_when_its_worker_is_gone(lead):
    _, run = lead
    mine = ProcessName.mine()
    gone = ProcessName(mine.host, mine.boot, mine.pid, mine.started - 1)
    assert '"drained"' in run(gone).outcome.read_text()


def test_a_worker_on_another_host_cannot_be_asked_about(lead):
    _, run = lead
    elsewhere = ProcessName("far", "another boot", 1, 1)
    assert '"published"' in run(elsewhere).outcome.read_text()


def test_the_outcome_waits_for_space(lead, monkeypatch):
    """A full disk is no crash: without an answer the try counts as drained."""
    small, run = lead
    write, tried = LeadingTry._answer, []

    def full(self, outcome):
        tried.append(outcome.ending)
        if len(tried) == 1:
            raise OSError(28, "No space left on device")
        write(self, outcome)

    monkeypatch.setattr(LeadingTry, "_answer", full)
    monkeypatch.setattr("perrin.campaign.patience.FULL_DISK_POLL_SECONDS", 0.01)
    assert '"published"' in run().outcome.read_text()
    assert tried == ["published", "published"]
    assert small.published()
