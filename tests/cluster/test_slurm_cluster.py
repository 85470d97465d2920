"""The private cluster does what Slurm does, and its faults are the real ones."""

from __future__ import annotations

import sys

import psutil
import pytest

from perrin.tests.cluster import slurm_cluster
from perrin.tests.cluster.slurm_cluster import SlurmCluster, SlurmClusterError, wait_until

FAMILY = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if depth := int(sys.argv[1]):
    subprocess.Popen([sys.executable, sys.argv[0], str(depth - 1)])
time.sleep(300)
"""


@pytest.fixture
def family(tmp_path):
    """A command: a parent, its child and its grandchild, all deaf to SIGTERM."""
    script = tmp_path / "family.py"
    script.write_text(FAMILY)
    return f"{sys.executable} {script} 2"


def processes_of(cluster, text, node=None):
    found = []
    for process in cluster.job_processes(node):
        try:
            if text in " ".join(process.cmdline()[1:]):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_step_runs_on_each_node(cluster):
    lines = cluster.command("srun", "-N2", "printenv", "SLURMD_NODENAME").stdout.split()
    assert sorted(lines) == ["n1", "n2"]


def test_job_tells_its_output_and_its_end(cluster):
    job = cluster.submit("--job-name=short", "--wrap", "sleep 1; echo done; exit 3")
    wait_until(lambda: "RUNNING" in {found.state for found in cluster.jobs()}, 10, "job runs")
    assert [(found.id, found.name) for found in cluster.jobs()] == [(job, "short")]
    wait_until(lambda: not cluster.jobs(), 10, "job ends")
    assert cluster.output(job) == "done\n"
    details = cluster.job_details(job)
    assert (details["JobState"], details["ExitCode"]) == ("FAILED", "3:0")


@pytest.mark.parametrize("launch", ["", pytest.param("srun ", marks=pytest.mark.cluster)])
def test_cancelled_job_loses_children_and_grandchildren(cluster, family, launch):
    job = cluster.submit("--wrap", launch + family)
    wait_until(lambda: len(processes_of(cluster, "family.py 0")) == 1, 10, "all three run")
    cluster.cancel(job)
    wait_until(lambda: not cluster.jobs(), 15, "job ends")
    assert not cluster.job_processes()
    assert cluster.job_details(job)["JobState"] == "CANCELLED"


def test_queue_survives_a_new_controller(cluster):
    jobs = [cluster.submit("--nodes=2", "--exclusive", "--wrap", "sleep 300") for _ in range(2)]
    wait_until(cluster.job_processes, 10, "first job runs")
    cluster.stop_slurmctld()
    with pytest.raises(SlurmClusterError, match="Unable to contact slurm controller"):
        cluster.jobs()
    cluster.start_slurmctld()
    states = {job.id: job.state for job in cluster.jobs()}
    assert states == dict(zip(jobs, ("RUNNING", "PENDING"), strict=True))
    cluster.cancel_all()


def test_node_set_down_fails_its_job(cluster, family):
    job = cluster.submit("--nodelist=n2", "--wrap", family)
    wait_until(lambda: processes_of(cluster, "family.py 0", "n2"), 10, "job runs")
    cluster.set_down("n2")
    wait_until(lambda: not cluster.jobs(), 15, "job ends")
    assert cluster.job_details(job)["JobState"] == "NODE_FAIL"
    assert cluster.nodes_state() == {"n1": "idle", "n2": "down"}
    cluster.resume("n2")
    wait_until(lambda: cluster.nodes_state()["n2"] == "idle", 10, "node is back")


@pytest.mark.cluster
def test_killed_node_is_found_dead(cluster):
    job = cluster.submit("--nodelist=n2", "--wrap", "sleep 300")
    wait_until(lambda: cluster.job_processes("n2"), 10, "job runs")
    cluster.kill_node("n2")
    assert not cluster.job_processes()
    wait_until(lambda: cluster.nodes_state()["n2"] == "down*", 40, "node is down")
    assert cluster.job_details(job)["JobState"] == "NODE_FAIL"


@pytest.mark.cluster
def test_job_outlives_its_slurmd_until_that_returns(cluster):
    job = cluster.submit("--nodelist=n2", "--wrap", "sleep 300")
    wait_until(lambda: cluster.job_processes("n2"), 10, "job runs")
    cluster.kill_slurmd("n2")
    wait_until(lambda: cluster.nodes_state()["n2"] == "down*", 40, "node is down")
    assert cluster.job_details(job)["JobState"] == "NODE_FAIL"
    assert cluster.job_processes("n2")
    cluster.start_slurmd("n2")
    wait_until(lambda: not cluster.job_processes(), 15, "Slurm ends what ran on")


@pytest.mark.cluster
def test_job_ends_at_its_walltime(cluster, family):
    job = cluster.submit("--wrap", family)
    wait_until(lambda: processes_of(cluster, "family.py 0"), 10, "job runs")
    cluster.expire(job)
    wait_until(lambda: not cluster.jobs(), 50, "job is ended")
    assert not cluster.job_processes()
    assert cluster.job_details(job)["JobState"] == "TIMEOUT"


def test_two_clusters_do_not_see_each_other(cluster, tmp_path):
    with SlurmCluster(tmp_path, nodes=3) as other:
        job = other.submit("--wrap", "sleep 300")
        wait_until(other.job_processes, 10, "job runs")
        assert set(other.nodes_state()) == {"n1", "n2", "n3"}
        assert [found.id for found in other.jobs()] == [job]
        assert not cluster.jobs()
        assert not cluster.job_processes()
    assert not other.job_processes()


def test_missing_tells_how_to_install(monkeypatch):
    monkeypatch.setattr(slurm_cluster, "SEARCH_PATH", "")
    assert "apt-get install slurmctld slurmd slurm-client munge" in SlurmCluster.missing()


def test_start_in_a_folder_too_deep_for_sockets(cluster, tmp_path):
    deep = tmp_path / ("deep" * 25)
    with SlurmCluster(deep, nodes=1) as other:
        assert other.command("srun", "hostname").stdout
    assert not cluster.jobs()


def test_start_finds_other_ports_when_they_are_taken(cluster, tmp_path, monkeypatch):
    taken = cluster.command("scontrol", "show", "config").stdout
    port = next(line.split()[-1] for line in taken.splitlines() if "SlurmctldPort" in line)
    free_ports = slurm_cluster.free_ports
    answers = iter([[int(port), *free_ports(1)], free_ports(2)])
    monkeypatch.setattr(slurm_cluster, "free_ports", lambda _: next(answers))
    with SlurmCluster(tmp_path, nodes=1) as other:
        assert other.nodes_state() == {"n1": "idle"}
    assert next(answers, None) is None


def test_failed_start_leaves_no_daemon(cluster, tmp_path, monkeypatch):
    def fail(node):
        raise KeyboardInterrupt(node)

    other = SlurmCluster(tmp_path)
    monkeypatch.setattr(other, "start_slurmd", fail)
    before = {process.pid for process in psutil.Process().children()}
    with pytest.raises(KeyboardInterrupt):
        other.start()
    assert {process.pid for process in psutil.Process().children()} == before
    assert cluster.nodes_state() == {"n1": "idle", "n2": "idle"}


def test_stop_without_start_is_harmless(tmp_path):
    SlurmCluster(tmp_path).stop()
