"""Training by real processes: torchrun, gloo, SIGKILL."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch

from perrin.ml.architecture import Architecture
from perrin.ml.settings import FunctionalSettings, TrainingSettings
from perrin.ml.tensor_file import read_tensors, write_tensors
from perrin.ml.trained import load_trained
from perrin.ml.training_job import Member, TrainingJob

SETTINGS = TrainingSettings(epochs=3, batch_size=32, learning_rate=1e-3, validation=0.2)
FUNCTIONAL = FunctionalSettings(window=1.0, filters=(4, 8), nodes=16)


@dataclass
class Bench:
    """A directory with a data set, and trainings in it."""

    path: Path
    started: list = field(default_factory=list)

    def member(self, **changes):
        settings = SETTINGS.model_copy(update=changes)
        shape = Architecture.of(FUNCTIONAL, 0.2)
        return Member("data", 1, 17, shape, settings, ("field0",))

    def job(self, name, member, resume=(), checkpoint_seconds=0.0):
        scratch = self.path / name
        scratch.mkdir(exist_ok=True)
        job = TrainingJob(
            member=member,
            data=str(self.path / "data.h5"),
            output=str(self.path / f"{name}.json"),
            checkpoint=str(self.path / f"{name}.checkpoint"),
            resume=tuple(map(str, resume)),
            scratch=str(scratch),
            token=name,
            fingerprint="here",
            checkpoint_seconds=checkpoint_seconds,
        )
        job.save(scratch / "job.json")
        return job

    def start(self, job, processes=2):
        launcher = subprocess.Popen(
            [
                *(sys.executable, "-m", "perrin.campaign.learning.torchrun"),
                *(str(os.getpid()), str(processes), str(Path(job.scratch) / "job.json")),
            ],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(launcher)
        return launcher

    def train(self, job, processes=2):
        launcher = self.start(job, processes)
        output, _ = launcher.communicate(timeout=120)
        assert launcher.returncode == 0, output
        return load_trained(Path(job.output))


@pytest.fixture(scope="module")
def bench(tmp_path_factory, make_profiles):
    bench = Bench(tmp_path_factory.mktemp("training"))
    make_profiles(6).save(bench.path / "data.h5", "test")
    yield bench
    for launcher in bench.started:
        if launcher.poll() is None:
            launcher.kill()
        launcher.wait()
        launcher.stdout.close()


@pytest.fixture(scope="module")
def undisturbed(bench):
    return bench.train(bench.job("undisturbed", bench.member(), checkpoint_seconds=1e9))


def reached(job):
    """Epoch and batch of a checkpoint."""
    position = read_tensors(Path(job.checkpoint))[1]["position"]
    return position["epoch"], position["batch"]


def wait_for_middle_of_epoch(job, launcher):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert launcher.poll() is None, "it ended before it could be killed"
        if Path(job.checkpoint).exists() and reached(job)[0] >= 1 and reached(job)[1] > 0:
            return
        time.sleep(0.005)
    raise TimeoutError("no checkpoint in the middle of an epoch")


def weights(trained):
    return trained.functional.state_dict()


def assert_equal(first, second):
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_killed_in_mid_epoch_and_resumed_ends_with_the_same_weights(bench, undisturbed):
    job = bench.job("killed", bench.member())
    launcher = bench.start(job)
    wait_for_middle_of_epoch(job, launcher)
    os.killpg(launcher.pid, signal.SIGKILL)
    launcher.communicate()
    assert not Path(job.output).exists()
    epoch, batch = reached(job)
    assert batch > 0
    resumed = bench.train(bench.job("resumed", bench.member(), [job.checkpoint], 1e9))
    assert_equal(weights(resumed), weights(undisturbed))
    starts = [(run["epoch"], run["batch"]) for run in resumed.training["runs"]]
    assert starts == [(0, 0), (epoch, batch)]
    losses = [[record["loss"] for record in t.history] for t in (resumed, undisturbed)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)


def test_processes_end_with_equal_parameters_and_learn(undisturbed):
    assert undisturbed.training["processes"] == 2
    assert len(undisturbed.training["parameters"]) == 2
    assert len(set(undisturbed.training["parameters"])) == 1
    losses = [record["loss"] for record in undisturbed.history]
    assert losses[-1] < 0.5 * losses[0]
    assert all(record["validation"] > 0 for record in undisturbed.history)


def test_the_number_of_processes_changes_only_rounding(bench, undisturbed):
    alone = bench.train(bench.job("alone", bench.member(processes=1)), processes=1)
    assert alone.member == undisturbed.member
    for name, value in weights(alone).items():
        torch.testing.assert_close(value, weights(undisturbed)[name], rtol=2e-3, atol=2e-4)


def test_told_to_stop_it_leaves_a_checkpoint(bench):
    job = bench.job("stopped", bench.member(epochs=1000), checkpoint_seconds=1e9)
    (Path(job.scratch) / "stop").touch()
    launcher = bench.start(job)
    assert launcher.wait(60) == 0
    assert not Path(job.output).exists()
    assert reached(job) > (0, 0)


def test_a_diverging_member_says_so(bench):
    job = bench.job("diverging", bench.member(learning_rate=1e6))
    launcher = bench.start(job)
    output, _ = launcher.communicate(timeout=60)
    assert launcher.returncode != 0
    assert "member 1 diverged in epoch" in output
    assert "lower learning.training.learning_rate" in output
    assert not Path(job.output).exists()


def test_unusable_checkpoints_are_passed_over_and_named(bench, undisturbed):
    job = bench.job("sound", bench.member(epochs=2), checkpoint_seconds=0.0)
    other = bench.member(epochs=2)
    foreign, damaged = bench.path / "foreign.checkpoint", bench.path / "damaged.checkpoint"
    document = {"member": undisturbed.member, "position": {"epoch": 9, "batch": 0}}
    write_tensors(foreign, weights(undisturbed), document, "test")
    damaged.write_bytes(foreign.read_bytes()[:-7])
    job = bench.job("sound", other, [foreign, damaged])
    (run,) = bench.train(job, processes=1).training["runs"]
    assert (run["epoch"], run["batch"]) == (0, 0)
    complaints = json.dumps(run["unusable"])
    assert "another training: settings is" in complaints
    assert "not a whole tensor file" in complaints
