"""Managers that are jobs: who follows whom, and when it is time to go."""

import os
import signal
import time

import pytest

from perrin.campaign import succession as module
from perrin.campaign.drain_signals import Cause, DrainSignals
from perrin.campaign.journal import Journal, deaths_in_a_row
from perrin.campaign.logbook import Logbook
from perrin.campaign.manager_job import time_to_leave
from perrin.campaign.succession import Succession
from perrin.site_configs.slurm_queue import QueueError


@pytest.fixture
def queue(monkeypatch):
    """A queue that says when job 7 ends, and takes or refuses what it is given."""

    class Queue:
        end = time.time() + 3600
        refuses = False
        cancelled = ()

        def end_of(self, job):
            assert job == "7"
            return self.end

        def submit(self):
            if self.refuses:
                raise QueueError("sbatch: too many jobs")
            return "8"

        def cancel(self, jobs):
            self.cancelled += tuple(jobs)

    mine = Queue()
    monkeypatch.setattr(module.slurm_queue, "end_of", mine.end_of)
    monkeypatch.setattr(module.slurm_queue, "cancel", mine.cancel)
    return mine


def succession(queue, tmp_path, leave_seconds=60.0):
    log = Logbook(tmp_path / "manager.log")
    return Succession("7", 3600.0, leave_seconds, queue.submit, log)


def test_a_manager_is_told_in_time(queue, tmp_path):
    """Also if the end of its job is moved towards it."""
    said, drained = [], []
    signals = DrainSignals(lambda: drained.append(time.time()), said.append)
    queue.end = time.time() + 61.0
    with signals.handled(), succession(queue, tmp_path) as mine:
        assert mine.successor == "8"
        deadline = time.monotonic() + 10.0
        while not drained and time.monotonic() < deadline:
            time.sleep(0.01)
    assert signals.cause is Cause.WALLTIME
    assert queue.end - 61.0 < drained[0] < queue.end - 58.0
    assert mine.seconds_left <= 0
    assert queue.cancelled == ()


def test_a_successor_may_be_refused_at_first(queue, tmp_path):
    queue.refuses = True
    with succession(queue, tmp_path) as mine:
        assert mine.successor is None
        assert "too many jobs" in (tmp_path / "manager.log").read_text()
        mine.cancel_successor()
        assert queue.cancelled == ()
        queue.refuses = False
        mine.ensure_successor()
        mine.ensure_successor()
    mine.cancel_successor()
    assert queue.cancelled == ("8",)


def test_there_is_time_for_a_segment_but_not_at_any_price():
    assert time_to_leave(36000, 10) == 140
    assert time_to_leave(36000, 1800) == 3720
    assert time_to_leave(60, 10) == 20


@pytest.mark.parametrize(
    ("signals", "cause"),
    [
        ([signal.SIGUSR1, signal.SIGTERM], Cause.WALLTIME),
        ([signal.SIGTERM, signal.SIGUSR1], Cause.TERMINATION),
        ([signal.SIGHUP, signal.SIGHUP, signal.SIGINT], Cause.HANGUP),
    ],
)
def test_the_first_signal_counts_and_two_of_impatience_are_needed(signals, cause):
    drained = []
    handler = DrainSignals(lambda: drained.append(1), lambda _: None)
    with handler.handled():
        for number in signals:
            os.kill(os.getpid(), number)
    assert (handler.cause, drained) == (cause, [1])


def test_a_second_interrupt_leaves_at_once():
    handler = DrainSignals(lambda: None, lambda _: None)
    with handler.handled():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)


def test_nohup_is_respected():
    previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        handler = DrainSignals(lambda: None, lambda _: None)
        with handler.handled():
            os.kill(os.getpid(), signal.SIGHUP)
        assert handler.cause is None
    finally:
        signal.signal(signal.SIGHUP, previous)


def manager(directory, generation, *events):
    journal = Journal(directory, generation)
    journal.record("manager-started", generation=generation)
    for name, details in events:
        journal.record(name, **details)
    journal.close()


def test_deaths_that_achieved_nothing_are_counted(tmp_path):
    """A manager that had a try published, or left in order, breaks the row."""
    published = ("try-ended", {"token": "a", "task": "b", "ending": "published"})
    lost = ("try-ended", {"token": "a", "task": "b", "ending": "lost"})
    manager(tmp_path, 1, lost)
    assert deaths_in_a_row(tmp_path) == 1
    manager(tmp_path, 2, published)
    assert deaths_in_a_row(tmp_path) == 0
    manager(tmp_path, 3)
    manager(tmp_path, 4, lost)
    assert deaths_in_a_row(tmp_path) == 2
    manager(tmp_path, 5, ("manager-ended", {}))
    assert deaths_in_a_row(tmp_path) == 0
