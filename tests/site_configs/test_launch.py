"""Commands that start groups and trainings, and the environment that they see."""

import os

import pytest

from perrin.site_configs.launch import (
    find_program,
    group_launch,
    launch_environment,
    nodes_answer,
    nodes_ever_answered,
    training_launch,
)
from perrin.site_configs.site import Site, SiteError

LOCAL = Site(name="here", workers=2)


def cluster(**pools):
    shape = {"cores_per_node": 8, "nodes_per_block": 1, "interface": "ib0", "pmi": "pmix_v4"}
    return Site.model_validate({"name": "there", "slurm": shape | pools})


def options(command):
    return dict(word[2:].split("=") for word in command if "=" in word)


def test_a_group_here(monkeypatch, tmp_path):
    program = tmp_path / "mpiexec"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "elsewhere" / "python"))
    assert group_launch(LOCAL, 3) == [str(program), "-n", "3"]
    program.unlink()
    with pytest.raises(SiteError, match=r"mpiexec: not found .* `pip install mpich`"):
        find_program("mpiexec")


@pytest.mark.parametrize(("ranks", "nodes", "cores"), [(2, 2, 8), (3, 2, 4), (16, 2, 1), (5, 2, 2)])
def test_a_group_over_a_block(ranks, nodes, cores):
    command = group_launch(cluster(mpi={"nodes_per_block": 2}), ranks)
    assert command[0] == "srun"
    assert {"--overlap"} < set(command)
    assert options(command) == {
        "mpi": "pmix_v4",
        "kill-on-bad-exit": "1",
        "nodes": str(nodes),
        "ntasks": str(ranks),
        "cpus-per-task": str(cores),
    }


def test_groups_that_cannot_be():
    with pytest.raises(SiteError, match=r"mpi_ranks = 2 needs blocks .* \[slurm.mpi\]"):
        group_launch(cluster(), 2)
    with pytest.raises(SiteError, match=r"mpi_ranks = 9, but .* 8 cores; raise"):
        group_launch(cluster(mpi={}), 9)


def test_a_site_that_has_only_mpiexec():
    assert group_launch(cluster(mpi={}, launcher="mpiexec"), 4) == ["mpiexec", "-n", "4"]


@pytest.mark.parametrize(
    ("pool", "wanted", "nodes", "processes"),
    [
        ({"nodes_per_block": 2}, 2, 2, 2),
        ({"nodes_per_block": 2}, 5, 2, 6),
        ({"nodes_per_block": 2}, 1, 1, 1),
        ({"nodes_per_block": 2}, 1000, 2, 16),
        ({"nodes_per_block": 1}, 4, 1, 4),
        ({"nodes_per_block": 3, "gpus_per_node": 4}, 2, 3, 12),
        ({"nodes_per_block": 1, "gpus_per_node": 4}, 2, 1, 4),
    ],
)
def test_a_training_spreads_over_its_block(pool, wanted, nodes, processes):
    launch = training_launch(cluster(training=pool), wanted)
    assert (launch.nodes, launch.processes) == (nodes, processes)
    assert bool(launch.command) == (nodes > 1)
    if launch.command:
        assert launch.interface == "ib0"
        chosen = options(launch.command)
        assert (chosen["nodes"], chosen["ntasks"]) == (str(nodes), str(processes))
        assert chosen["mpi"] == "none"


@pytest.mark.parametrize("site", [LOCAL, cluster()])
def test_without_blocks_for_it_a_training_has_the_processes_it_wants(site):
    launch = training_launch(site, 4)
    assert (launch.command, launch.nodes, launch.processes) == ([], 1, 4)


def test_srun_does_not_take_the_step_it_is_in_for_options(monkeypatch):
    step = {"SLURM_CONF": "c", "SLURM_JOB_ID": "7", "SLURM_NTASKS": "1", "SLURMD_NODENAME": "n1"}
    monkeypatch.setattr(os, "environ", {**step, "HOME": "h", "PERRIN_BLOCK_END": "9"})
    kept = {"SLURM_CONF": "c", "SLURM_JOB_ID": "7", "HOME": "h", "PERRIN_BLOCK_END": "9"}
    assert launch_environment(["/usr/bin/srun", "-n2"]) == kept
    assert launch_environment(["mpiexec"]) == {**os.environ, "SLURM_OVERLAP": "1"}


def install_srun(directory, program):
    if program:
        (directory / "srun").write_text(f"#!/bin/sh\n{program}\n")
        (directory / "srun").chmod(0o755)


@pytest.fixture
def forgetful():
    nodes_ever_answered.cache_clear()
    yield
    nodes_ever_answered.cache_clear()


@pytest.mark.usefixtures("forgetful")
def test_nodes_answer_where_there_is_no_block(monkeypatch):
    monkeypatch.delenv("SLURM_JOB_NUM_NODES", raising=False)
    assert nodes_answer()


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize(
    ("first", "later", "answer"),
    [
        ("exit 0", "exit 0", True),
        ("exit 0", "exit 1", False),
        ("exit 1", "exit 1", True),
        (None, None, True),
    ],
)
def test_nodes_answer_as_srun_does(monkeypatch, tmp_path, first, later, answer):
    """Where a node has no srun, or none that ever works, nothing is known against the block."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SLURM_JOB_NUM_NODES", "2")
    install_srun(tmp_path, first)
    nodes_ever_answered()
    install_srun(tmp_path, later)
    assert nodes_answer() is answer
