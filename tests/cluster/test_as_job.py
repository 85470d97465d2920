"""Managers that are Slurm jobs themselves: one follows the other, until nothing is left to do."""

import json
import os
import signal

import pytest

from perrin.campaign import job_names
from perrin.campaign.lease import newest_generation
from perrin.tests.cluster.slurm_cluster import wait_until
from perrin.tests.support.cluster_trial import write_campaign

pytestmark = pytest.mark.cluster
SHORT = {"time": 35.0, "segment_steps": 2000, "replicas": 4, "replicas_per_task": 1}
SLOW_BLOCKS = (
    "case $SLURM_JOB_NAME in *manager*) ;; *) until [ -e {mark} ]; do sleep 1; done ;; esac"
)


@pytest.fixture
def campaign(tmp_path, cluster):
    """Make campaigns whose managers live for so long each."""
    made = []

    def make(executor, walltime, **options):
        small = write_campaign(tmp_path, cluster, executor=executor, **options)
        with open(tmp_path / "private.toml", "a") as site:
            site.write(f'[slurm.manager]\nwalltime = "{walltime}"\n')
        made.append(small)
        return small

    yield make
    for each in made:
        each.close()


def submit(small):
    """Start the chain of managers; return the number of the first job."""
    submitted = small.call("run", "--as-job", "--yes", "--json")
    assert submitted.returncode == 0, submitted.stderr
    return int(json.loads(submitted.stdout)["job"])


def managers(cluster, small):
    """Jobs of managers, by number."""
    name = job_names.manager(small.layout)
    return {job.id: job for job in cluster.jobs() if job.name.startswith(name)}


def running(cluster, small):
    (job,) = (job.id for job in managers(cluster, small).values() if job.state == "RUNNING")
    return job


def generation(small):
    return newest_generation(small.layout.lease)


@pytest.mark.parametrize("executor", ["dask"])
@pytest.mark.xdist_group("managers")
def test_a_campaign_outlives_the_walltime_of_its_manager(
    campaign, cluster, undisturbed, tmp_path, executor
):
    """The blocks of the first manager do not begin in its time."""
    mark = tmp_path / "go"
    site = {"setup": [SLOW_BLOCKS.format(mark=mark)]}
    small = campaign(executor, "00:01:00", **SHORT | {"time": 20.0}, site=site)
    submit(small)
    wait_until(lambda: generation(small) >= 2, 120, "the first manager is followed")
    mark.touch()
    wait_until(lambda: not cluster.jobs(), 600, "the campaign ends")
    assert small.data() == undisturbed(small.plan)
    small.assert_nothing_left()
    log = small.call("log", "--lines", "1000").stdout
    assert "(its walltime is nearly over): 0/8 replicas" in log
    assert log.rstrip().endswith("8/8 replicas")
    assert not small.events("crashed")
    assert len(small.events("manager-ended")) == generation(small), "none died"
    outputs = [path.read_text() for path in small.layout.executor.glob("manager-*.out")]
    assert outputs == [""] * generation(small)


@pytest.mark.xdist_group("managers")
def test_killed_cancelled_and_stopped(campaign, cluster, undisturbed):
    """One that is killed, or warned by Slurm, is followed; one that is cancelled or stopped not."""
    small, completed = campaign("parsl", "00:20:00", **SHORT), {}
    first = submit(small)
    claim = small.wait_for_claims(beyond=1)[0]
    assert int(claim.block) not in managers(cluster, small), "a worker knows its own block"
    refused = small.call("run", "--as-job", "--yes")
    assert refused.returncode == 1
    assert "perrin stop" in refused.stderr
    (started,) = small.events("manager-started")
    os.kill(started["process"]["pid"], signal.SIGKILL)
    wait_until(lambda: first not in managers(cluster, small), 30, "its job ends")
    small.note_completed(completed)

    small.wait_for_generation(2, 60)
    small.wait_for_claims(beyond=1)
    cluster.command("scancel", "--batch", "--signal=USR1", str(running(cluster, small)))
    small.wait_for_generation(3, 60)
    small.wait_for_claims(beyond=1)
    cluster.cancel(running(cluster, small))
    wait_until(lambda: not cluster.jobs(), 60, "nobody follows whom the user cancels")
    assert generation(small) == 3

    submit(small)
    small.wait_for_generation(4, 60)
    small.wait_for_claims(beyond=1)
    stopped = small.call("stop", "--json")
    assert stopped.returncode == 0, stopped.stderr
    assert json.loads(stopped.stdout)["jobs_cancelled"]
    assert cluster.jobs() == []
    assert generation(small) == 4

    small.note_completed(completed)
    small.run()
    assert small.data() == undisturbed(small.plan)
    small.assert_not_recomputed(completed)
    small.assert_nothing_left()
    assert not small.events("crashed")
