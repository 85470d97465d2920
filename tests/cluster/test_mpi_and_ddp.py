"""Groups and trainings over two real nodes of a block: srun, MPI by PMI-2, gloo.

What a worker does with a try, in a job of its own; executors have nothing to do with it.
"""

import dataclasses
import json
import sys

import pytest

from perrin.campaign.learning.training_task import TrainingTask, run_training_try
from perrin.campaign.lease import Lease
from perrin.campaign.outcome import Outcome
from perrin.campaign.store import Store
from perrin.campaign.tasks import Try
from perrin.ml.architecture import Architecture
from perrin.ml.settings import FunctionalSettings, TrainingSettings
from perrin.ml.trained import load_trained, member_files
from perrin.ml.training_job import Member
from perrin.site_configs.launch import training_launch
from perrin.tests.cluster.slurm_cluster import wait_until
from perrin.tests.support.profiles import viscous_profiles
from perrin.tests.support.trial import TEXT, Trial

SITE = """
name = "private"
[slurm]
cores_per_node = 2
interface = "lo"
[slurm.mpi]
nodes_per_block = 2
[slurm.training]
nodes_per_block = 2
"""
WORKER = """
import json, signal, sys
from pathlib import Path
from perrin.campaign import deadline
from perrin.campaign.learning.training_task import run_training_try
from perrin.campaign.worker import run_try
signal.signal(signal.SIGTERM, lambda *_: None)
deadline.PAUSE_SECONDS = 0
kind, attempt, outcome = sys.argv[1:]
run = {"group": run_try, "training": run_training_try}[kind]
Path(outcome).write_text(json.dumps(run(Path(attempt).read_text())))
"""


@pytest.fixture
def campaign(tmp_path):
    """A campaign for groups of three on a site of two-node blocks, with a lease."""
    (tmp_path / "private.toml").write_text(SITE)
    (tmp_path / "worker.py").write_text(WORKER)
    options = {"replicas": 2, "time": 2.0, "replicas_per_task": 4, "segment_steps": 1000}
    text = TEXT.format(**options, workers=1, executor="parsl")
    path = tmp_path / "small.toml"
    path.write_text(text + 'site = "private.toml"\nmpi_ranks = 3\n')
    made = Trial(path)
    made.layout.create()
    Lease.acquire(made.layout.lease)
    return made


class Block:
    """A job of two nodes with a worker on the first one, which runs one try."""

    def __init__(self, cluster, kind, attempt, directory):
        self._cluster = cluster
        self._outcome = directory / f"{attempt.token}.outcome"
        path = directory / f"{attempt.token}.try"
        path.write_text(attempt.to_json())
        program = f"{sys.executable} {directory / 'worker.py'}"
        self.job = cluster.submit(
            *("--nodes=2", "--ntasks-per-node=1", "--cpus-per-task=2"),
            *("--wrap", f"exec {program} {kind} {path} {self._outcome}"),
        )

    def wait_for_processes(self, program):
        """Wait until a program runs on both nodes."""

        def runs(node):
            processes = self._cluster.job_processes(node)
            return any(program in process.cmdline() for process in processes)

        wait_until(lambda: runs("n1") and runs("n2"), 30, f"{program} runs on two nodes")

    def outcome(self):
        """What the worker said, or None if it went with its block."""
        wait_until(lambda: not self._cluster.jobs(), 60, "the job ends")
        if not self._outcome.exists():
            print(self._cluster.output(self.job))
            return None
        return Outcome.from_document(json.loads(self._outcome.read_text()))


def group_task(campaign):
    store = Store.open(campaign.layout)
    store.read_checkpoints()
    (task,) = campaign.plan.tasks(campaign.plan.pending(store, ()), str(campaign.layout.root))
    return task


def test_a_group_over_two_nodes(cluster, campaign, undisturbed, tmp_path):
    task = group_task(campaign)
    assert (task.pool, task.ranks) == ("mpi", 3)
    block = Block(cluster, "group", Try(task, "token", 1), tmp_path)
    block.wait_for_processes("perrin.campaign.mpi_group")
    (claim,) = campaign.wait_for_claims()
    assert claim.block == str(block.job)
    assert block.outcome().ending == "published"
    assert campaign.data() == undisturbed(campaign.plan)
    campaign.assert_nothing_left()


def test_a_group_that_ends_with_its_block_is_nobodys_crash(cluster, campaign, tmp_path):
    """Slurm ends the processes first, and the worker, deaf to SIGTERM, two seconds later."""
    block = Block(cluster, "group", Try(group_task(campaign), "token", 1), tmp_path)
    block.wait_for_processes("perrin.campaign.mpi_group")
    campaign.wait_for_claims()
    cluster.cancel(block.job)
    outcome = block.outcome()
    assert outcome is None or outcome.ending == "drained"
    assert campaign.left_behind() == []
    assert group_task(campaign).sources


def training_task(campaign):
    profiles = viscous_profiles(6)
    profiles.save(campaign.layout.data_sets / "data.h5", "test")
    settings = TrainingSettings(epochs=2, batch_size=32, learning_rate=1e-3, validation=0.2)
    shape = Architecture.of(FunctionalSettings(window=1.0, filters=(4, 8), nodes=16), 0.2)
    launch = training_launch(campaign.plan.site, 2)
    return TrainingTask(
        directory=str(campaign.layout.root),
        title="training",
        member=Member("data", 1, 17, shape, settings, ("field0",)).document(),
        processes=launch.processes,
        nodes=launch.nodes,
        launch=launch.command,
        interface=launch.interface,
    )


def taken_away(task):
    """What was trained; it may then be trained again."""
    trained = load_trained(task.output)
    for path in member_files(task.output):
        path.unlink()
    return trained


def test_a_training_over_two_nodes(cluster, campaign, tmp_path):
    """Both nodes end with equal weights, which are those of a training on this host."""
    task = training_task(campaign)
    assert (task.nodes, task.processes) == (2, 2)
    block = Block(cluster, "training", Try(task, "step", 1), tmp_path)
    block.wait_for_processes("perrin.ml.train_member")
    outcome = block.outcome()
    assert outcome.ending == "published", outcome.failures
    step = taken_away(task).training
    assert len(step["parameters"]) == step["processes"] == 2
    assert len(set(step["parameters"])) == 1
    here = dataclasses.replace(task, nodes=1, launch=[], interface=None)
    assert here.name == task.name
    assert run_training_try(Try(here, "torchrun", 1).to_json())["ending"] == "published"
    assert taken_away(task).training["parameters"] == step["parameters"]
    campaign.assert_nothing_left()
