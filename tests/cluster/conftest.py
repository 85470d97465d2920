"""One private Slurm cluster for all tests of a process, found clean after each of them."""

from __future__ import annotations

import contextlib

import pytest

from perrin.tests.cluster.slurm_cluster import SlurmCluster, wait_until


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A cluster of two nodes; without Slurm the test is skipped."""
    if reason := SlurmCluster.missing():
        pytest.skip(reason)
    with SlurmCluster(tmp_path_factory.mktemp("slurm")) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_left(request):
    """After the test: undo its faults, and assert that it left no job and no process of one."""
    yield
    if "cluster" in request.fixturenames:
        assert_nothing_left(request.getfixturevalue("cluster"))


def assert_nothing_left(cluster):
    cluster.restore()
    with contextlib.suppress(TimeoutError):
        wait_until(lambda: not cluster.jobs() and not cluster.job_processes(), 15, "jobs end")
    jobs = cluster.jobs()
    processes = [process.as_dict(["pid", "cmdline"]) for process in cluster.job_processes()]
    cluster.cancel_all()
    cluster.kill_processes()
    assert not jobs
    assert not processes
