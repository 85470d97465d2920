"""Interchanges of Parsl that go while they are asked, as when another manager takes over."""

import os
import signal
from threading import Timer

import pytest
from parsl.dataflow.dflow import DataFlowKernel

from perrin.campaign.executors import parsl_answers, parsl_cleanup
from perrin.campaign.executors.adaptor import ExecutorError
from perrin.campaign.executors.parsl_adaptor import ParslAdaptor
from perrin.campaign.executors.parsl_pools import ParslPools
from perrin.site_configs.site import Site
from perrin.site_configs.slurm import Slurm


# What Parsl was about when it is left alone stays open until the process ends
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interchange_that_dies_while_it_is_asked(tmp_path, monkeypatch):
    """A stopped one lets the question wait, as long as it takes to be killed."""
    monkeypatch.setattr(parsl_cleanup, "GRACE_SECONDS", 0.5)
    adaptor = ParslAdaptor(Site(name="here", workers=1), tmp_path)
    interchange, block = adaptor.processes()
    os.kill(interchange.pid, signal.SIGSTOP)
    Timer(1.0, interchange.kill_tree).start()
    adaptor.shutdown()
    assert not interchange.is_alive()
    assert not block.is_alive()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interchange_does_not_outlive_a_clean_up_that_fails(tmp_path, monkeypatch):
    adaptor = ParslAdaptor(Site(name="here", workers=1), tmp_path)
    interchange, _ = adaptor.processes()
    monkeypatch.setattr(DataFlowKernel, "cleanup", lambda _: 1 / 0)
    monkeypatch.setattr(parsl_cleanup, "GRACE_SECONDS", 0.5)
    adaptor.shutdown()
    assert not interchange.is_alive()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interchange_that_does_not_answer_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(parsl_answers, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(parsl_cleanup, "GRACE_SECONDS", 0.5)
    slurm = Slurm(interface="lo")
    pools = ParslPools(Site(name="there", slurm=slurm), slurm, tmp_path)
    assert pools.loads() == {}
    (interchange,) = pools.processes()
    os.kill(interchange.pid, signal.SIGSTOP)
    with pytest.raises(ExecutorError, match=r"has not answered for 0\.5 s; start the campaign"):
        pools.loads()
    interchange.kill_tree()
    pools.shutdown()
    assert not interchange.is_alive()
