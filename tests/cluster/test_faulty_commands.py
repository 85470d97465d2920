"""Commands fail on demand, and otherwise are the real ones."""

from __future__ import annotations

import os
import subprocess

import pytest

from perrin.tests.cluster.faulty_commands import faulty_commands
from perrin.tests.cluster.slurm_cluster import wait_until


@pytest.fixture
def commands(cluster, tmp_path):  # noqa: ARG001
    return faulty_commands(tmp_path / "commands")


@pytest.fixture
def call(cluster, commands):
    environment = os.environ | cluster.environment | {"PATH": commands.path}

    def call(*command):
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, cwd=cluster.directory
        )

    return call


def test_ok_calls_the_real_command(call):
    result = call("squeue", "--version")
    assert (result.returncode, result.stdout[:5]) == (0, "slurm")


def test_fail_does_not_reach_the_controller(call, commands, cluster):
    commands.set("sbatch", "fail")
    result = call("sbatch", "--wrap", "sleep 300")
    assert (result.returncode, result.stdout) == (1, "")
    assert "Unable to contact slurm controller" in result.stderr
    assert not cluster.jobs()
    assert commands.calls("sbatch") == ["fail"]


def test_accept_then_fail_submits_and_hides_the_id(call, commands, cluster):
    commands.set("sbatch", "accept-then-fail")
    result = call("sbatch", "--job-name=hidden", "--wrap", "sleep 300")
    assert (result.returncode, result.stdout) == (1, "")
    assert [job.name for job in cluster.jobs()] == ["hidden"]
    cluster.cancel_all()


def test_mode_may_change_while_a_process_keeps_calling(commands, cluster):
    commands.set("squeue", "fail")
    with subprocess.Popen(
        ["sh", "-c", "until squeue -h > out 2> err; do sleep 0.1; done"],
        env=os.environ | cluster.environment | {"PATH": commands.path},
        cwd=commands.folder,
    ) as caller:
        wait_until(lambda: "fail" in commands.calls("squeue"), 10, "a call fails")
        commands.set("squeue", "ok")
        assert caller.wait(10) == 0
