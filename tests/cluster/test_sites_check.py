"""`perrin sites check` on a real Slurm cluster of two nodes."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from perrin.engines.compiled import cache_folder
from perrin.tests.cluster.slurm_cluster import wait_until
from perrin.tests.support.trial import PERRIN

SITE = """
executor = "{executor}"
[slurm]
partition = "{partition}"
max_blocks = 2
interface = "lo"
{more}
"""


@pytest.fixture
def start(cluster, tmp_path):
    """Start a check of a site in a directory of its own."""

    def run(executor="parsl", partition="main", more=""):
        site = SITE.format(executor=executor, partition=partition, more=more)
        (tmp_path / "pair.toml").write_text(site)
        kernels = str(cache_folder().parent)
        cache = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "NUMBA_CACHE_DIR": kernels}
        return subprocess.Popen(
            [PERRIN, "sites", "check", "pair.toml", "--json"],
            cwd=tmp_path,
            env={**os.environ, **cluster.environment, **cache},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


def answer(process, status):
    """Pool -> name -> finding."""
    out, err = process.communicate(timeout=240)
    assert process.returncode == status, out + err
    return {
        pool["pool"]: {finding["name"]: finding for finding in pool["findings"]}
        for pool in json.loads(out)["pools"]
    }


@pytest.mark.cluster
def test_every_pool_is_tried(start, tmp_path):
    more = "[slurm.mpi]\nnodes_per_block = 2\n[slurm.training]\nnodes_per_block = 2\n"
    found = answer(start("dask", more=more), 0)
    verdicts = {f["verdict"] for findings in found.values() for f in findings.values()}
    assert verdicts <= {"ok", "-"} | {"warn"}
    assert "2 processes on 2 nodes" in found["mpi"]["MPI"]["text"]
    assert "gloo sums over 2 processes on 2 nodes" in found["training"]["training"]["text"]
    assert found["workers"]["network"]["verdict"] == "ok"
    assert not list(tmp_path.glob("perrin-check-*"))
    assert len(list(tmp_path.glob("cache/perrin/sites/pair-*.json"))) == 1


def test_a_setup_that_breaks_python(start, tmp_path):
    process = start(more='setup = ["export PYTHONHOME=/nowhere"]')
    found = answer(process, 1)["workers"]["nodes"]
    assert found["verdict"] == "FAIL"
    assert "No module named 'encodings'" in found["text"]
    assert "slurm.setup" in found["advice"]
    assert list(tmp_path.glob("perrin-check-*/job.log")), "the log is kept"


def test_a_partition_that_does_not_exist(start, tmp_path):
    found = answer(start(partition="nope"), 1)["workers"]["queue"]
    assert "invalid partition specified: nope" in found["text"]
    assert not list(tmp_path.glob("perrin-check-*"))


@pytest.mark.cluster
def test_mpi_processes_that_do_not_find_each_other(start):
    found = answer(start(more='pmi = "none"\n[slurm.mpi]'), 1)
    assert found["mpi"]["MPI"]["verdict"] == "FAIL"
    assert "pmi2" in found["mpi"]["MPI"]["advice"]


@pytest.mark.cluster
def test_an_interrupt_cancels_the_job(start, cluster, tmp_path):
    process = start()
    wait_until(lambda: any(job.state == "RUNNING" for job in cluster.jobs()), 30, "the job runs")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=90)
    assert process.returncode == 130
    assert not list(tmp_path.glob("perrin-check-*"))
