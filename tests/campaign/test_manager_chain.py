"""Managers that are jobs: when the next one is wanted, and when it must not begin."""

import os
import signal
import time
from types import SimpleNamespace

import pytest

from perrin.campaign import manager_job_entry, runner
from perrin.campaign import succession as module
from perrin.campaign.drain_signals import Cause
from perrin.campaign.layout import Layout
from perrin.campaign.logbook import Logbook
from perrin.campaign.progress import Silence
from perrin.campaign.succession import Succession
from perrin.site_configs.slurm_queue import QueueError


def wait_until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def cancelled(monkeypatch):
    """Numbers of the jobs that were cancelled."""
    numbers = []
    monkeypatch.setattr(module.slurm_queue, "end_of", lambda _: None)
    monkeypatch.setattr(module.slurm_queue, "cancel", numbers.extend)
    return numbers


@pytest.fixture
def succession(tmp_path, cancelled):
    assert cancelled == []
    return Succession("7", 3600.0, 60.0, lambda: "8", Logbook(tmp_path / "manager.log"))


@pytest.mark.parametrize(("error", "follows"), [(QueueError, True), (ValueError, False)])
def test_a_manager_without_slurm_is_followed(tmp_path, monkeypatch, succession, error, follows):
    def fail(*_, succession, **__):
        with succession:
            raise error("squeue: no answer")

    file = tmp_path / "small.toml"
    Layout.of(file).create()
    monkeypatch.setattr(manager_job_entry, "_succession", lambda *_: succession)
    monkeypatch.setattr(manager_job_entry, "run_campaign", fail)
    with pytest.raises(error):
        manager_job_entry.run(file, None, False, False)
    assert (succession.successor == "8") is follows


def test_the_successor_of_a_cancelled_manager_goes_before_it_drains(
    trial, monkeypatch, succession, cancelled
):
    """Slurm leaves it half a minute, and a segment may take longer."""

    class DrainingManager:
        draining = True

        def __init__(self, *_):
            pass

        def run(self):
            os.kill(os.getpid(), signal.SIGTERM)
            wait_until(lambda: cancelled == ["8"])
            return SimpleNamespace(
                **dict.fromkeys(("replicas_done", "replicas_total", "replicas_quarantined"), 0),
                stages=(),
            )

        def drain(self):
            pass

    monkeypatch.setattr(runner, "Manager", DrainingManager)
    departure = runner.run_campaign(trial().path, Silence(), succession=succession)
    assert departure.cause is Cause.TERMINATION
    assert not succession.goes_on
    assert succession.successor is None


@pytest.mark.parametrize("cause", [Cause.TERMINATION, Cause.WALLTIME])
def test_at_the_end_of_the_walltime_it_stays(tmp_path, cancelled, cause):
    late = Succession("7", 10.0, 60.0, lambda: "8", Logbook(tmp_path / "manager.log"))
    late.ensure_successor()
    late.asked_to_leave(cause)
    assert late.goes_on
    assert late.successor == "8"
    assert cancelled == []
