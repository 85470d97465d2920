"""Stopping managers that are elsewhere, or only queued."""

import dataclasses
import json
import threading
import time

import pytest

from perrin.campaign import leaving as module
from perrin.campaign.drain import drain_requested
from perrin.campaign.layout import Layout
from perrin.campaign.lease import Lease, newest_generation
from perrin.campaign.leaving import Leaving, SilentManagerError, SilentQueueError
from perrin.campaign.processes import ProcessName
from perrin.site_configs.slurm_queue import Job, QueueError


@pytest.fixture
def layout(tmp_path):
    made = Layout(tmp_path)
    made.create()
    return made


def forge_foreign(layout, generation):
    """Let another host hold the lease."""
    name = dataclasses.replace(ProcessName.mine(), host="login2", boot="elsewhere")
    path = layout.lease / f"{generation:06d}.json"
    path.write_text(json.dumps(name.as_document()))
    return Lease(layout.lease, generation)


def job(number, state):
    return Job(number, "a manager", state, None, "", "")


def test_a_manager_on_another_host(layout):
    lease, said = forge_foreign(layout, 1), []

    def leave_when_asked():
        while not drain_requested(layout.lease, 1):
            time.sleep(0.01)
        time.sleep(0.5)
        lease.release()

    manager = threading.Thread(target=leave_when_asked)
    manager.start()
    leaving = Leaving(layout, said.append)
    leaving.wait()
    manager.join()
    assert leaving.manager.host == "login2"
    assert said[0].startswith("waiting for the manager to leave")


def test_one_that_gives_no_sign_of_life(layout, monkeypatch):
    monkeypatch.setattr(module, "EXPIRY_SECONDS", 0.5)
    forge_foreign(layout, 1)
    with pytest.raises(SilentManagerError, match="on login2 has given no sign of life"):
        Leaving(layout, lambda _: None).wait()


def test_one_that_begins_meanwhile_is_stopped_too(layout, monkeypatch):
    """A queued job is cancelled; one that runs may take the campaign first, and is asked then."""
    queue, cancelled = [job("4", "PD"), job("5", "R")], []

    def cancel(numbers):
        cancelled.extend(numbers)
        queue[:] = [each for each in queue if each.id not in numbers]

    def begin_and_leave():
        lease = forge_foreign(layout, 1)
        while not drain_requested(layout.lease, 1):
            time.sleep(0.01)
        queue.clear()
        lease.release()

    monkeypatch.setattr(module, "manager_jobs", lambda _: list(queue))
    monkeypatch.setattr(module.slurm_queue, "cancel", cancel)
    threading.Timer(0.5, begin_and_leave).start()
    leaving = Leaving(layout, lambda _: None)
    leaving.wait()
    assert cancelled == leaving.cancelled == ["4"]
    assert newest_generation(layout.lease) == 1


def test_a_job_that_never_begins_is_cancelled_in_the_end(layout, monkeypatch):
    queue = [job("5", "R")]
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(module, "manager_jobs", lambda _: list(queue))
    monkeypatch.setattr(module.slurm_queue, "cancel", lambda n: n and queue.clear())
    leaving = Leaving(layout, lambda _: None)
    leaving.wait()
    assert (leaving.manager, leaving.cancelled) == (None, ["5"])


def test_it_asks_whether_or_not_slurm_answers(layout, monkeypatch):
    """And does not claim that nobody follows."""
    lease = forge_foreign(layout, 1)

    def no_answer(_):
        if drain_requested(layout.lease, 1):
            lease.release()
        raise QueueError("squeue: no answer")

    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(module, "manager_jobs", no_answer)
    with pytest.raises(SilentQueueError, match=r"may still be queued.*squeue: no answer"):
        Leaving(layout, lambda _: None).wait()
    assert drain_requested(layout.lease, 1)
